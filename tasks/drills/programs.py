"""Runs a database's own programs: without a shell, under a time limit, in an environment that holds nothing else."""

import asyncio
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from checks.errors import CollectionError
from tasks.drills.finishing import to_the_end

_KEPT = 4_000_000
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """How a program ended. Of very long output the middle is left out, and the gap says how much that was."""

    exit_code: int
    seconds: float
    stdout: bytes = b""
    stderr: bytes = b""
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not self.timed_out

    @property
    def complaint(self) -> str:
        """The first line of what it said of its failure."""
        if self.timed_out:
            return f"it was stopped after {self.seconds:.0f} s, its time limit"
        lines = self.stderr.decode(errors="replace").splitlines()
        telling = [line for line in lines if "error:" in line or "ERROR:" in line or "FATAL:" in line]
        return (telling or [line for line in lines if line.strip()] or [f"it ended with {self.exit_code}"])[0].strip()


@dataclass(frozen=True, slots=True)
class Programs:
    """Where PostgreSQL's programs are: in a folder that the catalogue names, else on the machine's path."""

    folder: Path | None = None

    def path(self, name: str) -> str:
        """A program's absolute path; one that is not there is an error, since nothing can be asked without it."""
        found = shutil.which(name, path=str(self.folder) if self.folder else None)
        if found is None:
            where = self.folder or "the machine's path"
            raise CollectionError(f"{name} is not in {where}; install PostgreSQL's programs, or name their folder")
        return str(Path(found).resolve())

    async def version(self, name: str) -> str:
        """The version a program says it has, such as `18.6`."""
        told = await run([self.path(name), "--version"], seconds=30)
        match = re.search(rb"\) (\d+\S*)", told.stdout)
        if match is None:
            raise CollectionError(f"{name} --version did not say a version: {told.complaint}")
        return match[1].decode()


async def run(
    command: Sequence[str],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    kept: int = _KEPT,
    folder: Path | None = None,
    each: Callable[[bytes], None] | None = None,
) -> ProgramRun:
    """Runs a program to its end, or ends it at its time limit or when the caller is cancelled.

    `each` is given every piece of its standard output, of which nothing is kept then.
    """
    plain = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **(environment or {})}
    began = time.monotonic()
    program = await start(command, environment=plain, output=asyncio.subprocess.PIPE, folder=folder)
    try:
        async with asyncio.timeout(seconds):
            heard = await asyncio.gather(
                _hear(program.stdout, kept) if each is None else _pass_on(program.stdout, each),
                _hear(program.stderr, kept),
                program.wait(),
            )
    except TimeoutError:
        return ProgramRun(-1, time.monotonic() - began, timed_out=True)
    finally:
        await _end(program)
    return ProgramRun(heard[2], time.monotonic() - began, heard[0], heard[1])


async def start(
    command: Sequence[str], *, environment: Mapping[str, str], output: int, folder: Path | None = None
) -> asyncio.subprocess.Process:
    """Starts a program in a session of its own; `output` takes both its streams.

    Whoever is cancelled meanwhile waits until it has started and then ends it: asyncio would end the program alone,
    and wait for whatever that had started itself.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await to_the_end(_end_once_started(starting))
        raise


async def _hear(stream: asyncio.StreamReader | None, kept: int) -> bytes:
    """Everything a program says, as far as it fits: the first half of the room, and the last."""
    head, tail, left_out = bytearray(), bytearray(), 0
    while stream is not None and (piece := await stream.read(_PIECE)):
        room = kept // 2 - len(head)
        head += piece[:room] if room > 0 else b""
        tail += piece[max(room, 0) :]
        if len(tail) > kept:
            left_out += len(tail) - kept // 2
            del tail[: len(tail) - kept // 2]
    gap = f"\n[{left_out} bytes left out]\n".encode() if left_out else b""
    return bytes(head + gap + tail)


async def _pass_on(stream: asyncio.StreamReader | None, each: Callable[[bytes], None]) -> bytes:
    while stream is not None and (piece := await stream.read(_PIECE)):
        each(piece)
    return b""


async def _end_once_started(starting: asyncio.Future[asyncio.subprocess.Process]) -> None:
    await _end(await starting)


async def _end(program: asyncio.subprocess.Process) -> None:
    """Ends what is left of a program and of what it started."""
    if program.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        await to_the_end(program.wait())
