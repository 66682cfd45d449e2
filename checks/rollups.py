"""Roll-ups: what many samples of a series come to, so that nobody has to read them all again.

Roll-ups of neighbouring spans merge into the one that the samples of both would give: the merge is associative, and
knows of counter resets and of holes across the border.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce

import numpy as np

from checks.samples import Samples, SampleState

_LARGEST = 1e290
"""No number beyond it counts as finite: sums of such numbers may be infinite, and differences of those no number."""


class Span(IntEnum):
    """The lengths of roll-ups, in milliseconds; each begins at a multiple of its length since 1970 in UTC."""

    HOUR = 3_600_000
    DAY = 86_400_000

    def floor(self, instant: int) -> int:
        """The beginning of the span that holds a millisecond."""
        return instant // self * self

    def ceil(self, instant: int) -> int:
        """The beginning of the first span that does not begin before a millisecond."""
        return -(-instant // self) * self


@dataclass(frozen=True, slots=True)
class Rollup:
    """What the samples of one series over a span come to; instants and durations are in milliseconds.

    `good`, `bad` and `unjudged` samples were observed, `unseen` ones observed nothing; `odd` of the observed had no
    finite value. `total`, `least`, `most`, `first` and `last` are of the finite values, `None` where there was none.
    `increase` is that of a counter: a value below the one before it is a reset, after which it counted from zero.
    `first_at` and `last_at` are of observations; a hole lies between two of them that are more than twice `every`
    apart. What lies between the ends of the span and the first and last observation is for the reader to judge.
    """

    every: int = 1
    good: int = 0
    bad: int = 0
    unjudged: int = 0
    unseen: int = 0
    odd: int = 0
    total: float = 0.0
    least: float | None = None
    most: float | None = None
    first_at: int | None = None
    last_at: int | None = None
    first: float | None = None
    last: float | None = None
    increase: float = 0.0
    resets: int = 0
    longest_gap: int = 0
    holes: int = 0
    unknown: int = 0

    @property
    def seen(self) -> int:
        """How many samples observed something."""
        return self.good + self.bad + self.unjudged

    @property
    def count(self) -> int:
        """How many samples there are."""
        return self.seen + self.unseen

    @property
    def mean(self) -> float | None:
        """The mean of the finite values."""
        return self.total / (self.seen - self.odd) if self.seen > self.odd else None


def rollup_of(samples: Samples) -> Rollup:
    """What samples come to; of none, an empty roll-up."""
    if not len(samples):
        return Rollup()
    seen = samples.seen
    states = np.bincount(samples.states, minlength=len(SampleState)).tolist()
    instants, values = samples.instants[seen], samples.values[seen]
    finite = values[np.abs(values) <= _LARGEST]
    steps, gaps = np.diff(finite), np.diff(instants)
    holes = gaps[gaps > 2 * samples.every]
    fallen = steps < 0
    return Rollup(
        every=samples.every,
        good=states[SampleState.GOOD],
        bad=states[SampleState.BAD],
        unjudged=states[SampleState.SEEN],
        unseen=states[SampleState.UNSEEN],
        odd=len(values) - len(finite),
        total=float(finite.sum()),
        least=float(finite.min()) if len(finite) else None,
        most=float(finite.max()) if len(finite) else None,
        first_at=int(instants[0]) if len(instants) else None,
        last_at=int(instants[-1]) if len(instants) else None,
        first=float(finite[0]) if len(finite) else None,
        last=float(finite[-1]) if len(finite) else None,
        increase=float(np.where(fallen, finite[1:], steps).sum()),
        resets=int(fallen.sum()),
        longest_gap=int(gaps.max(initial=0)),
        holes=len(holes),
        unknown=int(holes.sum()),
    )


def merged(left: Rollup, right: Rollup) -> Rollup:
    """What the samples of two neighbouring spans come to, the earlier one first."""
    if not left.count:
        return right
    if not right.count:
        return left
    every = max(left.every, right.every)
    gap = right.first_at - left.last_at if left.last_at is not None and right.first_at is not None else 0
    hole = gap if gap > 2 * every else 0
    step = right.first - left.last if left.last is not None and right.first is not None else 0.0
    fell = step < 0 and right.first is not None
    return Rollup(
        every=every,
        good=left.good + right.good,
        bad=left.bad + right.bad,
        unjudged=left.unjudged + right.unjudged,
        unseen=left.unseen + right.unseen,
        odd=left.odd + right.odd,
        total=left.total + right.total,
        least=min(_known(left.least, right.least), default=None),
        most=max(_known(left.most, right.most), default=None),
        first_at=left.first_at if left.first_at is not None else right.first_at,
        last_at=right.last_at if right.last_at is not None else left.last_at,
        first=left.first if left.first is not None else right.first,
        last=right.last if right.last is not None else left.last,
        increase=left.increase + right.increase + (right.first if fell and right.first is not None else step),
        resets=left.resets + right.resets + fell,
        longest_gap=max(left.longest_gap, right.longest_gap, gap),
        holes=left.holes + right.holes + (hole > 0),
        unknown=left.unknown + right.unknown + hole,
    )


def merged_all(rollups: Iterable[Rollup]) -> Rollup:
    """What the samples of neighbouring spans come to, in their order; of none, an empty roll-up."""
    return reduce(merged, rollups, Rollup())


def by_span(samples: Samples, span: Span) -> Iterator[tuple[int, Rollup]]:
    """The roll-up of each span that holds samples, with its beginning."""
    starts = np.unique(samples.instants // span) * span
    for start in starts.tolist():
        yield start, rollup_of(samples.between(start, start + span))


def _known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]
