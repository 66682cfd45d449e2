"""Programs of one's own: started beside this one, and ended with all that they started."""

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from checks.errors import OperationError

_GRACE_SECONDS = 30.0
"""How long a program has to end by itself: a run that is told to end undoes first what a drill has changed."""
_TAIL_CHARACTERS = 400


class Program:
    """A program in a session of its own, so that Ctrl-C reaches its keeper alone and things end in order.

    Whatever ends the keeper also closes a pipe on which a watchdog waits, and then that asks the program to end.
    """

    def __init__(self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._log = log
        self._command = command

    def __enter__(self) -> Self:
        with self._log.open("ab") as output:
            self._program = subprocess.Popen(  # noqa: S603 (its keeper names it)
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(  # noqa: S603 (a fixed command)
            ["/bin/sh", "-c", 'read _; kill -s TERM "$1"', "watchdog", str(self._program.pid)],
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Asks the program and what it runs to end, and kills what does not, with everything below.

        Runs of flows stand in sessions of their own, and a worker that is asked to end would wait for them. What a run
        has started itself, such as a server for a rehearsal, the run ends.
        """
        below = _below(self._program.pid)
        for one in _below(self._program.pid, recursive=False):
            with suppress(psutil.NoSuchProcess):
                one.terminate()
        self._program.terminate()
        _, left = psutil.wait_procs(below, timeout=_GRACE_SECONDS)
        try:
            self._program.wait(_GRACE_SECONDS if not left else 0)
        except subprocess.TimeoutExpired:
            left += _below(self._program.pid)
            self._program.kill()
            self._program.wait()
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self._watchdog.kill()
        self._watchdog.communicate()

    @property
    def ended(self) -> int | None:
        """Its exit code; none while it runs."""
        return self._program.poll()

    def demand_running(self) -> None:
        """Raises, with the last words of its log, if the program has ended by itself."""
        code = self.ended
        if code is not None:
            words = " ".join(self._log.read_text(errors="replace")[-_TAIL_CHARACTERS:].split())
            raise OperationError(f"{self._name} ended by itself with {code}; {self._log} says: … {words}")


def _below(pid: int, *, recursive: bool = True) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=recursive)
    except psutil.NoSuchProcess:
        return []
