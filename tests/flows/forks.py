"""The command line in processes of its own, forked from one that has everything imported: each starts at once, and can
be killed at any step of its work, or stop there until a test lets it go on.
"""

import multiprocessing
import os
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

from checks.errors import StoreError

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.flows.forks_preloaded"])
PATIENCE = 400
"""Seconds after which a process that has not ended fails its test."""


class Step(NamedTuple):
    """A step of a run: its module (or `module:Class`), its name, and for the how manieth time.

    `when` is `before` or `after` it; or `unanswered`: it is done, and fails as if nobody had said so.
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


class Halted:
    """A run that has stopped at a step, and goes on when it is told to."""

    def __init__(self, run: Run, step: Step) -> None:
        self._run = run
        self._began, self._go, reached = FORKING.Event(), FORKING.Event(), FORKING.Event()
        self._process = FORKING.Process(target=_command, args=(run, self._began, step, reached, self._go))
        self._process.start()
        assert reached.wait(PATIENCE), "it never came there"

    def goes_on(self) -> None:
        self._go.set()

    def ends(self) -> Ended:
        return end_of(self._process, self._run)


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
    from prefect.settings import PREFECT_API_URL, temporary_settings

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
    with temporary_settings({PREFECT_API_URL: run.environment["PREFECT_API_URL"]}):
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
        if calls == step.nth and step.when == "unanswered":
            raise StoreError("the server closed the connection unexpectedly")
        return done

    setattr(holder, step.name, stepped)
