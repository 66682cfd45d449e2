"""How a cadence keeps its schedule at an instant: what is owed and for how long, what was missed, what comes next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checks.readiness.standing import grace
from checks.slots import Cadence, Slot


class Keeping(StrEnum):
    """How a cadence's schedule stands."""

    KEPT = "kept"
    DUE = "due"
    PAUSED = "paused"
    OVERDUE = "overdue"
    NEVER = "never"

    @property
    def is_sound(self) -> bool:
        """Whether it is as it should be."""
        return self in (Keeping.KEPT, Keeping.DUE, Keeping.PAUSED)

    @property
    def meaning(self) -> str:
        """One sentence for people who read a page."""
        return _MEANINGS[self]


_MEANINGS = {
    Keeping.KEPT: "Every slot that has begun is filled.",
    Keeping.DUE: "A slot has begun and is not filled yet, and its grace is not over.",
    Keeping.PAUSED: "Nothing is owed now, by a pause that is on record.",
    Keeping.OVERDUE: "A slot was not filled within its grace.",
    Keeping.NEVER: "No slot was ever collected.",
}


@dataclass(frozen=True, slots=True)
class CalendarRecord:
    """What is on record of a cadence's calendar: the slots that began and hold nothing, oldest first, and the rest.

    `newest` is the newest slot that somebody collected, `missed` how many were put on record as missed, ever, and
    `last_missed` the newest of these, newest first. `stages` are those of the last run that came to its end, with the
    seconds that each took.
    """

    cadence: Cadence
    unfilled: tuple[Slot, ...] = ()
    newest: Slot | None = None
    missed: int = 0
    last_missed: tuple[Slot, ...] = ()
    last_sealed: datetime | None = None
    stages: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cadence at an instant; `owed` are the slots that have begun and that nobody filled, oldest first."""

    record: CalendarRecord
    owed: tuple[Slot, ...]
    paused: bool
    as_of: datetime

    @classmethod
    def of(cls, record: CalendarRecord, *, as_of: datetime, excused: Callable[[Slot], bool]) -> "Schedule":
        """What is left of a record once the slots are left out that a pause excuses."""
        owed = tuple(slot for slot in record.unfilled if not excused(slot))
        return cls(record, owed, excused(Slot.current(record.cadence, as_of)), as_of)

    @property
    def cadence(self) -> Cadence:
        return self.record.cadence

    @property
    def overdue(self) -> tuple[Slot, ...]:
        """What is owed for longer than the grace: from then on the evidence before it is stale."""
        return tuple(slot for slot in self.owed if self.as_of - slot.at > grace(self.cadence))

    @property
    def owed_for(self) -> timedelta | None:
        """Since when the oldest owed slot waits; `None` if nothing is owed."""
        return self.as_of - self.owed[0].at if self.owed else None

    @property
    def next(self) -> Slot:
        """The next slot of the calendar."""
        return Slot(Slot.current(self.cadence, self.as_of).end, self.cadence)

    @property
    def keeping(self) -> Keeping:
        """The worst that can be said; what was never collected is not excused by being due."""
        if self.record.newest is None:
            return Keeping.NEVER
        if self.overdue:
            return Keeping.OVERDUE
        if self.paused:
            return Keeping.PAUSED
        return Keeping.DUE if self.owed else Keeping.KEPT
