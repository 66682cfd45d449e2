"""The figures of availability: time down, excluded and unknown, and the shares that they leave."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from checks.deploys import DeployWindow
from checks.epoch import milliseconds_of
from checks.exclusions import SEEN, Earlier, Exclusions, exclusions
from checks.intervals import Intervals
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow, VersionSeen

_NO_EXCLUSIONS = Exclusions(Intervals(), 0, False, (), (), (), ())  # noqa: FBT003 (its fields in their order)


@dataclass(frozen=True, slots=True)
class Availability:
    """One subject over its window, as sets of instants.

    `unknown` is when nobody looked and no outage was going on. `excluded` is what counts of announced downtime.
    """

    window: Intervals
    down: Intervals
    unseen: Intervals
    excluded: Intervals

    @property
    def unknown(self) -> Intervals:
        return self.unseen - self.down

    @property
    def uptime(self) -> Fraction | None:
        """The share of what is known and not excluded in which it was up; `None` where nothing is left."""
        return self._share(self.down - self.excluded, self.window - self.excluded - self.unknown)

    @property
    def uptime_with_deploys(self) -> Fraction | None:
        """The same with nothing excluded."""
        return self._share(self.down, self.window - self.unknown)

    @property
    def best(self) -> Fraction | None:
        """The uptime if all that is unknown was up."""
        return self._share(self.down - self.excluded, self.window - self.excluded)

    @property
    def coverage(self) -> Fraction:
        """The share of the window of which anything is known."""
        return 1 - Fraction(self.unseen.total, self.window.total) if self.window.total else Fraction(0)

    @staticmethod
    def _share(down: Intervals, of: Intervals) -> Fraction | None:
        return 1 - Fraction(down.total, of.total) if of.total else None


def availability(
    check: AvailabilityCheck, row: AvailabilityRow, read: Earlier | None = None
) -> tuple[Availability, Exclusions]:
    """The figures of a row, and what was excluded; `read` is how the ledger was found last time."""
    since, until = milliseconds_of(row.start), milliseconds_of(row.end)
    window = Intervals.of([(since, until)])
    excluded = _NO_EXCLUSIONS
    if check.exclude is not None:
        windows = [*row.windows, *(seen_deploys(row) if check.exclude.seen else ())]
        excluded = exclusions(windows, check.exclude, since=since, until=until, read=read)
    down, unseen = Intervals.of(row.down) & window, Intervals.of(row.unknown) & window
    return Availability(window, down, unseen, excluded.counted), excluded


def unannounced(row: AvailabilityRow) -> list[str]:
    """Changes of the version that was seen with no deploy in the ledger that covers them, in words."""
    changes = [pair for pair in pairwise(row.versions) if not _covered(row, *pair)]
    return [f"{before.version} to {after.version}" for before, after in changes]


def seen_deploys(row: AvailabilityRow) -> list[DeployWindow]:
    """The deploys that show only in the version: from the last look at the old one to the first at the new one."""
    return [
        DeployWindow(
            id=f"{SEEN}{after.first}",
            kind="deploy",
            start=before.last,
            end=after.first,
            by="the evidence",
            reason=f"{before.version} to {after.version}",
            version=after.version,
        )
        for before, after in pairwise(row.versions)
        if before.last < after.first and not _covered(row, before, after)
    ]


def _covered(row: AvailabilityRow, before: VersionSeen, after: VersionSeen) -> bool:
    """Whether a window of the ledger and the time of the change, from the last look to the first, share an instant."""
    return any(one.start <= after.first and (one.end is None or one.end >= before.last) for one in row.windows)
