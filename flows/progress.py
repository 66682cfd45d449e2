"""Progress of a run: told to whoever listens, in the terminal or in Prefect's own pages."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from checks.findings import Judgement
from checks.slots import Slot
from tasks.showing import move_progress, show_progress

STAGES = ("collect", "judge", "render", "store", "seal", "publish")
"""The stages of a run, in order."""


class Listener(Protocol):
    """Somebody who wants to see a run advance."""

    def began(self, slot: Slot, checks: int) -> None: ...

    def reached(self, slot: Slot, stage: str, detail: str) -> None: ...

    def judged(self, slot: Slot, judgements: Sequence[Judgement]) -> None: ...


class NobodyListens:
    """What a run talks to when no terminal is there."""

    def began(self, slot: Slot, checks: int) -> None:
        """Nothing to show."""

    def reached(self, slot: Slot, stage: str, detail: str) -> None:
        """Nothing to show."""

    def judged(self, slot: Slot, judgements: Sequence[Judgement]) -> None:
        """Nothing to show."""


LISTENER: ContextVar[Listener] = ContextVar("LISTENER", default=NobodyListens())  # noqa: B039 (it holds no state)


class Stopwatch:
    """How many seconds each stage of a run took, from the end of the one before it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._last = clock()

    def ended(self, stage: str) -> None:
        """A stage is done now."""
        now = self._clock()
        self.seconds[stage] = now - self._last
        self._last = now


@dataclass(slots=True)
class Progress:
    """A run's progress, as an artifact for ops and a line for the terminal.

    `artifact` is `None` once Prefect did not answer: then it is not asked again in this run.
    """

    slot: Slot
    artifact: UUID | None
    listener: Listener
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def reach(self, stage: str, detail: str = "") -> None:
        """Says that a stage is done."""
        self.stopwatch.ended(stage)
        share = (STAGES.index(stage) + 1) / len(STAGES)
        if self.artifact and not move_progress(self.artifact, 100 * share, f"{self.slot.label}: {stage} done"):
            self.artifact = None
        self.listener.reached(self.slot, stage, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Runs inside tell their progress to a listener."""
    token = LISTENER.set(listener)
    try:
        yield
    finally:
        LISTENER.reset(token)


def tell(what: str) -> None:
    """Says something at once, also out of a signal's handler: straight to standard error, past every buffer."""
    os.write(2, f"{what}\n".encode())


def begin(slot: Slot, checks: int) -> Progress:
    """Starts telling the progress of one run."""
    artifact = show_progress(f"{slot.cadence}-progress", f"{slot.label}: {checks} checks")
    listener = LISTENER.get()
    listener.began(slot, checks)
    return Progress(slot, artifact, listener)
