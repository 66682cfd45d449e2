"""Triggers that send a signal to a process on this machine and wait for its end."""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from checks.kinds.drill import SendSignal
from tasks.collectors.sources import FolderAccess
from tasks.drills.triggers.trigger import Pulled

_GLANCE_SECONDS = 0.01
_ENDED = frozenset("ZX")


@dataclass(frozen=True, slots=True)
class SignalTrigger:
    """One signal to one process; it is done when the process is no more."""

    access: FolderAccess
    declared: SendSignal

    @property
    def shown(self) -> str:
        return f"SIG{self.declared.signal} to the process in {self.declared.process}"

    async def pull(self) -> Pulled:
        number = signal.Signals[f"SIG{self.declared.signal}"]
        try:
            process = int(self.access.path(self.declared.process.path).read_text(encoding="ascii"))
            identity = _identity(process) if process > 1 else None
            if identity is None:
                return Pulled(ended=True, succeeded=False, cause=f"no process {process} is running")
            os.kill(process, number)
        except (OSError, ValueError) as error:
            return Pulled(ended=True, succeeded=False, cause=f"{self.declared.process}: {error}")
        return await self._gone(process, identity)

    async def _gone(self, process: int, identity: str) -> Pulled:
        """Waits for the end; the process that gets the same number later is another one."""
        limit = self.declared.within.total_seconds()
        deadline = time.monotonic() + limit
        while _identity(process) == identity:
            if time.monotonic() > deadline:
                cause = f"process {process} still runs {limit:g} s after SIG{self.declared.signal}"
                return Pulled(ended=False, succeeded=False, cause=cause)
            await asyncio.sleep(_GLANCE_SECONDS)
        return Pulled(ended=True, succeeded=True)


def _identity(process: int) -> str | None:
    """When a living process was started, in the kernel's own count; one that only waits to be reaped has ended."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    state, *rest = told.rpartition(")")[2].split()
    return None if state in _ENDED else rest[18]
