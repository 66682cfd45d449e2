"""Rollback drills: can the release that runs be replaced by the one before, in time, and put back again?"""

from typing import Literal

from checks.catalog import Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import Record
from checks.kinds.drill import Drill, DrillRow, Trigger


class RollbackExpectation(Record):
    """The trigger to the first of the consecutive healthy answers from the old version takes at most `within`."""

    within: Duration = parse_duration("60s")


class RollbackCheck(Drill):
    """Rolls the running release back by `back`, and forward again by `forward`.

    The old version is `to`, or any other than the one that ran before.
    """

    kind: Literal["rollback"] = "rollback"
    back: Trigger
    forward: Trigger
    to: Text | None = None
    expect: RollbackExpectation = RollbackExpectation()

    @property
    def triggers(self) -> tuple[Record, ...]:
        return (self.back, self.forward)


class RollbackRow(DrillRow):
    """A rollback drill.

    `disturbed` says whether any answer after the trigger differed from those before it. `back` and `forward` columns
    tell how the triggers ended; `rollback_seconds` and `forward_seconds` run to the first of the consecutive healthy
    answers from the version that was meant.
    """

    back_ended: bool | None = None
    back_succeeded: bool | None = None
    back_cause: str | None = None
    forward_ended: bool | None = None
    forward_succeeded: bool | None = None
    forward_cause: str | None = None
    disturbed: bool | None = None
    answers: int | None = None
    rolled_back_cause: str | None = None
    rollback_seconds: float | None = None
    forward_seconds: float | None = None
