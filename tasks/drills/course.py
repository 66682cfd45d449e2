"""The course of one drill: what was declared, which steps were run, how long each part took, how it ended."""

import os
import pwd
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.evidence.records import Instant, Record
from checks.kinds.drill import Drill
from tasks.collectors.collector import Clock


class StepFacts(Record):
    """One thing that was set going; `ended` is false where it had to be stopped, `cause` says why it failed."""

    name: str
    shown: str
    began: float
    seconds: float
    ended: bool
    succeeded: bool
    cause: str | None = None


class Part(Record):
    """How long one part of a drill took, counted from the declared instant."""

    name: str
    began: float
    seconds: float


class DrillFacts(Record):
    """A drill as it went, beside what the system answered meanwhile."""

    environment: str
    executor: str
    declared_at: Instant
    abort_condition: str
    declared: tuple[str, ...]
    steps: tuple[StepFacts, ...] = ()
    parts: tuple[Part, ...] = ()
    dry_run: bool = False
    aborted: str | None = None
    interrupted: str | None = None
    leftovers: str | None = None
    leftovers_cause: str | None = None

    def step(self, name: str) -> StepFacts | None:
        """The step of that name, `None` where it was never run."""
        return next((step for step in self.steps if step.name == name), None)


@dataclass(slots=True)
class Course:
    """Notes a drill's course while it goes on; time runs from the moment it is made."""

    check: Drill
    environment: str
    declared: tuple[str, ...]
    now: Clock
    monotonic: Callable[[], float] = time.monotonic
    steps: list[StepFacts] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    aborted: str | None = None
    interrupted: str | None = None
    leftovers: str | None = None
    leftovers_cause: str | None = None
    declared_at: datetime = field(init=False)
    _zero: float = field(init=False)

    def __post_init__(self) -> None:
        self.declared_at = self.now().astimezone(UTC)
        self._zero = self.monotonic()

    def elapsed(self) -> float:
        """Seconds since the drill was declared."""
        return self.monotonic() - self._zero

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Times a part, also when it ends in an error."""
        began = self.elapsed()
        try:
            yield
        finally:
            self.parts.append(Part(name=name, began=began, seconds=self.elapsed() - began))

    def relabel(self, name: str) -> None:
        """Counts everything so far as one part of that name: a clean-up is no step of the drill."""
        self.steps[:] = [step.model_copy(update={"name": f"{name} {step.name}"}) for step in self.steps]
        self.parts[:] = [part for part in self.parts if part.name == name]

    def facts(self) -> DrillFacts:
        """Everything so far."""
        return DrillFacts(
            environment=self.environment,
            executor=executor(),
            declared_at=self.declared_at,
            abort_condition=abort_condition(self.check),
            declared=self.declared,
            steps=tuple(self.steps),
            parts=tuple(sorted(self.parts, key=lambda part: part.began)),
            aborted=self.aborted,
            interrupted=self.interrupted,
            leftovers=self.leftovers,
            leftovers_cause=self.leftovers_cause,
        )


def abort_condition(check: Drill) -> str:
    """The condition under which a drill breaks off, in words that follow `after`."""
    unhealthy, whole = check.abort.unhealthy_for.total_seconds(), check.abort.after.total_seconds()
    return f"{unhealthy:g} s without a healthy answer, or {whole:g} s in all"


def executor() -> str:
    """Who carries a drill out: the user, the machine and the process."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"
