"""The command line in processes of its own, forked from one that has everything imported: each starts at once, and can
be killed at any step of its work, or stop there until a test lets it go on.
"""

import multiprocessing
import os
import re
import signal
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, NamedTuple

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.flows.forks_preloaded"])
_LOGGED = re.compile(r"\d\d:\d\d:\d\d\.\d{3} \| ")
PATIENCE = 400
"""Seconds after which a process that has not ended fails its test."""


class Step(NamedTuple):
    """A step of a run: its module (or `module:Class`), its name, and for the how manieth time.

    `when` is `before` or `after` it.
    """

    owner: str
    name: str
    when: str
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A command line, what it finds in its environment, what time it is, and where it says what it has to say.

    `patches` are other values of constants, by module and name.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    at: datetime
    said: Path
    patches: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, the signal negated if one ended it, and all that it wrote to a terminal."""

    code: int
    said: str

    @property
    def last(self) -> str:
        """The last line that is not Prefect's, which may log what it still has to do once all is said."""
        return [line for line in self.said.splitlines() if not _LOGGED.match(line)][-1]


def ended(run: Run, *, killed_at: Step | None = None, killed_after: float | None = None) -> Ended:
    """Runs to the end, or to the step or the moment (seconds from its beginning) at which it is killed."""
    began = FORKING.Event()
    process = FORKING.Process(target=_command, args=(run, began, killed_at))
    process.start()
    if killed_after is not None:
        assert began.wait(PATIENCE)
        process.join(killed_after)
        process.kill()
    return end_of(process, run)


class Started:
    """A run in a process of its own, which goes on by itself until it ends or is killed."""

    def __init__(self, run: Run, step: Step | None = None) -> None:
        self._run = run
        # Kept for as long as the process may still be opening them.
        self._began, self._reached, self._go = FORKING.Event(), FORKING.Event(), FORKING.Event()
        self._process = FORKING.Process(target=_command, args=(run, self._began, step, self._reached, self._go))
        self._process.start()

    def lasts(self, seconds: float) -> bool:
        """Whether it has not ended after so many seconds more; it is not waited for once it has."""
        self._process.join(seconds)
        return self._process.exitcode is None

    @property
    def said(self) -> str:
        """What it has written to a terminal so far."""
        return self._run.said.read_text()

    def kill(self) -> None:
        self._process.kill()

    def ends(self) -> Ended:
        return end_of(self._process, self._run)


class Halted(Started):
    """A run that has stopped at a step, and goes on when it is told to."""

    def __init__(self, run: Run, step: Step) -> None:
        super().__init__(run, step)
        while not self._reached.wait(0.5):
            assert self.lasts(0), f"it ended before it came there: {self.ends().said}"

    def goes_on(self) -> None:
        self._go.set()


def end_of(process: BaseProcess, run: Run) -> Ended:
    process.join(PATIENCE)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise AssertionError(f"it did not end within {PATIENCE} s")
    return Ended(process.exitcode, run.said.read_text() if run.said.exists() else "")


def _command(run: Run, began: Event, step: Step | None, reached: Event | None = None, go: Event | None = None) -> None:
    """What the process does: the command line as a person would start it, at another time."""
    os.environ.update(run.environment)
    _write_to(run.said)
    from prefect import settings

    from flows import wiring
    from flows.__main__ import main
    from tasks.sealing.keys import DevelopmentKeyWarning

    started = datetime.now(run.at.tzinfo)
    wiring.now = lambda: run.at + (datetime.now(run.at.tzinfo) - started)
    warnings.simplefilter("ignore", DevelopmentKeyWarning)
    for path, value in run.patches.items():
        module, _, name = path.rpartition(".")
        setattr(import_module(module), name, value)
    if step is not None:
        _arm(step, reached, go)
    sys.argv = ["readiness", *run.arguments]
    began.set()
    given = {getattr(settings, name): value for name, value in run.environment.items() if name.startswith("PREFECT_")}
    with settings.temporary_settings(given):
        try:
            main()
        except Exception:  # noqa: BLE001 (as the interpreter does at its end)
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
            sys.exit(1)


def _write_to(said: Path) -> None:
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(descriptor, stream)


def _arm(step: Step, reached: Event | None, go: Event | None) -> None:
    """Puts an end, or a stop, before or after one call of a step."""
    module, _, kind = step.owner.partition(":")
    holder = getattr(import_module(module), kind) if kind else import_module(module)
    real, calls = getattr(holder, step.name), 0

    def halt() -> None:
        if reached is None or go is None:
            os.kill(os.getpid(), signal.SIGKILL)
            return
        reached.set()
        go.wait(PATIENCE)

    def stepped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == step.nth and step.when == "before":
            halt()
        done = real(*args, **kwargs)
        if calls == step.nth and step.when == "after":
            halt()
        return done

    setattr(holder, step.name, stepped)
