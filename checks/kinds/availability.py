"""Availability: the share of its time in which something that is looked at again and again was up."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from checks.catalog import Check, Name, Text
from checks.deploys import DeployWindow
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.exclusions import ExclusionRules
from checks.kinds.objective_metrics import Share
from checks.objectives.coverage import fewest_samples
from checks.objectives.shares import exact
from checks.places import Place
from checks.runs import Confirm

Stretch = tuple[int, int]
_HOUR = timedelta(hours=1)


class AvailabilityExpectation(Record):
    """What has to be observed to decide anything: the share of the window, and so many looks in it.

    By default as many looks as can show the target at all, if none of them is bad: 2,995 for 99.9 %.
    """

    coverage: Share = exact("99%")
    samples: Annotated[int, Field(ge=1)] | None = None


class AvailabilityCheck(Check):
    """Holds the share of a window in which a pulsed check was not down against a target.

    `of` is that check; it is down when any of its subjects is, and `each` names those that get a verdict of their own.
    Downtime that the deploy `ledger` announced does not count, by the rules of `exclude`; with `exclude: null` all
    counts. Without a place the ledger of this installation is read.
    """

    kind: Literal["availability"] = "availability"
    of: Name
    each: tuple[Text, ...] = ()
    target: Share
    time_window: Annotated[Duration, Field(ge=_HOUR)] = parse_duration("30d")
    confirm: Confirm = Confirm()
    exclude: ExclusionRules | None = ExclusionRules()
    ledger: Place | None = None
    expect: AvailabilityExpectation = AvailabilityExpectation()

    @property
    def looks_at(self) -> tuple[str, ...]:
        return (self.of,)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.ledger.source,) if self.ledger else ()

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.id, *self.each)

    @property
    def samples(self) -> int:
        """How many looks can decide."""
        return self.expect.samples or fewest_samples(self.target) or 1


class VersionSeen(Record):
    """A version, and the first and the last look that saw it; milliseconds since 1970."""

    version: str
    first: int
    last: int


class AvailabilityRow(EvidenceRow):
    """What is known of one subject over the window; intervals are half-open, in milliseconds since 1970.

    `down` are its confirmed outages, `unknown` the times without any look. `windows` are those of the ledger that reach
    into the window, `problems` the lines of it that say nothing; `ledger_missing` says why it could not be read.
    `boundaries` are digests of the ledger up to the end of each of its newest lines, by their size.
    """

    start: Instant
    end: Instant
    looks: int
    unseen: int
    longest_gap: float | None = None
    down: tuple[Stretch, ...] = ()
    unknown: tuple[Stretch, ...] = ()
    windows: tuple[DeployWindow, ...] = ()
    problems: tuple[str, ...] = ()
    versions: tuple[VersionSeen, ...] = ()
    ledger_missing: str | None = None
    ledger_size: int = 0
    boundaries: tuple[tuple[int, str], ...] = ()
