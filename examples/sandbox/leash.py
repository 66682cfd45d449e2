"""Runs a program that ends when its keeper does, even when the keeper is killed."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from examples.sandbox.errors import SandboxError
from examples.sandbox.interruption import undisturbed

_GRACE_SECONDS = 10.0
_TAIL_CHARACTERS = 400


class Leashed:
    """A running program, and a watchdog that waits on a pipe which only the keeper holds open.

    Whatever ends the keeper closes the pipe, and then the watchdog asks the program to end. Both stand in sessions of
    their own, so that Ctrl-C reaches the keeper alone and things stop in order.
    """

    def __init__(self, command: Sequence[str], *, log: Path, end: signal.Signals, env: Mapping[str, str] | None = None):
        self._end = end
        self._log = log
        with log.open("ab") as output, undisturbed():
            self._program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(env or {})},
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
            self._watchdog = subprocess.Popen(
                ["sh", "-c", 'read _; kill -s "$1" "$2"', "watchdog", end.name.removeprefix("SIG"), str(self.pid)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._program.pid

    @property
    def has_ended(self) -> bool:
        """Whether the program has ended, by itself or because somebody ended it."""
        return self._program.poll() is not None

    def check(self) -> None:
        """Raises, with the last words of its log, if the program has ended by itself."""
        code = self._program.poll()
        if code is not None:
            words = " ".join(self._log.read_text(errors="replace")[-_TAIL_CHARACTERS:].split())
            raise SandboxError(f"{self._log.stem} ended with {code}: {words}")

    def stop(self) -> int:
        """Asks the program to end, kills it if it will not, and returns its exit code."""
        self._program.send_signal(self._end)
        try:
            code = self._program.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._program.kill()
            code = self._program.wait()
        self._watchdog.kill()
        self._watchdog.communicate()
        return code
