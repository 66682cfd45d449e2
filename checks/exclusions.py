"""Exclusions: how much of announced downtime counts, and everything that is wrong with how it was announced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from checks.deploys import DeployWindow
from checks.durations import Duration, parse_duration
from checks.intervals import Intervals
from checks.records import Record

_MILLISECOND = timedelta(milliseconds=1)
_CLOCKS = 60_000
"""Milliseconds by which the clocks of a pipeline and of the observer may differ."""


SEEN = "seen "
"""How the id of a window begins that no ledger holds."""


class ExclusionRules(Record):
    """How much announced downtime counts as none: at most `cap` over the whole window, and `longest` for each.

    An entry that appears more than `backdated` after its beginning counts for nothing: whoever sees an outage could
    announce it afterwards. With `seen`, changes of the version that evidence saw count as deploys without an entry.
    """

    cap: Duration = parse_duration("4h")
    longest: Duration = parse_duration("1h")
    backdated: Duration = parse_duration("10m")
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What counts, and by their ids the windows that lie over others, in the future, never ended, or came too late.

    `asked` is how long all of them are together; beyond the cap the later ones do not count.
    """

    counted: Intervals
    asked: int
    over_cap: bool
    overlapping: tuple[str, ...]
    ahead: tuple[str, ...]
    unclosed: tuple[str, ...]
    backdated: tuple[str, ...]


def exclusions(
    windows: Sequence[DeployWindow], rules: ExclusionRules, *, since: int, until: int, read: "Earlier | None" = None
) -> Exclusions:
    """What of the announced windows counts in [since, until); `until` is now.

    Maintenance that is yet to come is no mistake, a deploy that is yet to come is. `read` is how the ledger was found
    last time, which shows what was announced afterwards.
    """
    longest = rules.longest // _MILLISECOND
    late = tuple(one.id for one in windows if read is not None and read.shows_late(one, rules))
    timely = [one for one in windows if one.id not in late and one.start <= until + _CLOCKS]
    stretches = [(one.start, min(one.end if one.end is not None else until, one.start + longest)) for one in timely]
    inside = Intervals.of(stretches) & Intervals.of([(since, until)])
    counted = inside.first(rules.cap // _MILLISECOND)
    return Exclusions(
        counted=counted,
        asked=inside.total,
        over_cap=counted != inside,
        overlapping=tuple(_overlapping(one for one in timely if one.start < until and _end(one, until) > since)),
        ahead=tuple(one.id for one in windows if one.kind == "deploy" and one.start > until + _CLOCKS),
        unclosed=tuple(one.id for one in timely if one.end is None and until - one.start > longest),
        backdated=late,
    )


@dataclass(frozen=True, slots=True)
class Earlier:
    """How far the ledger had been written when it was read before, and when that was, in milliseconds."""

    size: int
    at: int

    def shows_late(self, window: DeployWindow, rules: ExclusionRules) -> bool:
        """Whether a window was not there then, though it had begun well before."""
        is_new = window.offset >= self.size and not window.id.startswith(SEEN)
        return is_new and window.start < self.at - rules.backdated // _MILLISECOND


def _end(window: DeployWindow, until: int) -> int:
    return until if window.end is None else window.end


def _overlapping(windows: Iterable[DeployWindow]) -> Iterable[str]:
    """The ids of windows that begin before the one before them ends; such time counts once."""
    ordered = sorted(windows, key=lambda one: (one.start, one.id))
    for before, after in pairwise(ordered):
        if before.end is None or after.start < before.end:
            yield f"{before.id} and {after.id}"
