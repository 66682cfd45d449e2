"""Histograms: how many observations kept a limit, by counting buckets; nothing is interpolated.

With a bucket that ends at the limit the number is exact. Without one it is bracketed by the buckets on both sides.
Whatever lies over the last finite bound kept no limit, though a quantile function would answer with that bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nextafter

import numpy as np

from checks.objectives.progress import Instants, Marks, Numbers, Progress, Readings, running, summed

Layout = tuple[float, float]
"""The bounds of the bucket that a limit falls into; both are the limit itself where a bucket ends there."""


@dataclass(frozen=True, slots=True, eq=False)
class AtLimit:
    """One histogram, reading by reading, seen from a limit: how many kept it for certain, may have, and are in all.

    Readings with the same number in `layout` have the limit in the same bucket. `born` is when the process behind each
    reading began, where it tells.
    """

    instants: Instants
    low: Numbers
    high: Numbers
    total: Numbers
    layout: Instants
    born: Instants | None = None


@dataclass(frozen=True, slots=True, eq=False)
class KeptProgress:
    """How many observations of one histogram had certainly kept a limit by each instant, may have, and there were."""

    low: Progress
    high: Progress
    total: Progress
    resets: int


def classic(buckets: Mapping[float, Readings], limit: float) -> AtLimit:
    """A classic histogram: its cumulative buckets by their upper bounds, in the unit of the limit.

    Raises `ValueError` where they are no histogram: without +Inf, falling, or counting no number.
    """
    for bound, readings in sorted(buckets.items()):
        if readings.trouble is not None:
            raise ValueError(f"has a bucket up to {bound:g} that {readings.trouble}")
    bounds = np.array(sorted(buckets))
    instants, counts = _aligned([buckets[bound] for bound in bounds.tolist()])
    if not len(bounds) or bounds[-1] != inf or bool(np.isnan(counts[:, -1]).any()):
        raise ValueError("has no +Inf bucket")
    if bool((counts < np.fmax.accumulate(counts, axis=1)).any()):
        raise ValueError("has a bucket that counts less than the one below it")
    low, below = _outermost(counts, bounds <= limit, last=True)
    high, above = _outermost(counts, (limit <= bounds) & (bounds < inf), last=False)
    low = np.where(below < 0, 0.0, low)
    high = np.where(above < 0, low, high)
    return AtLimit(instants, low, high, counts[:, -1], below * (len(bounds) + 1) + above, buckets[inf].born)


@dataclass(frozen=True, slots=True)
class NativeBucket:
    """One bucket of a native histogram: observations between two bounds; which of them it includes is `rule`.

    Prometheus numbers the four: 0 the right one, 1 the left one, 2 neither, 3 both.
    """

    rule: int
    left: float
    right: float
    count: float

    @property
    def largest(self) -> float:
        """The largest value that it may hold."""
        return self.right if self.rule in (0, 3) else nextafter(self.right, -inf)

    @property
    def smallest(self) -> float:
        """The smallest value that it may hold."""
        return self.left if self.rule in (1, 3) else nextafter(self.left, inf)


@dataclass(frozen=True, slots=True)
class NativeReading:
    """A native histogram at an instant (ms): its count, and its buckets, which are not cumulative."""

    at: int
    count: float
    buckets: tuple[NativeBucket, ...]

    def at_limit(self, limit: float) -> tuple[float, float, Layout]:
        """How many certainly kept the limit, how many may have, and the bucket that it falls into.

        Raises `ValueError` where it counts no number, or its buckets hold more than it counts.
        """
        if not all(isfinite(number) and number >= 0 for number in (self.count, *(one.count for one in self.buckets))):
            raise ValueError("has a bucket that counts no number")
        if sum(bucket.count for bucket in self.buckets) > self.count:
            raise ValueError("has more in its buckets than it counts")
        low = sum(bucket.count for bucket in self.buckets if bucket.largest <= limit)
        astride = [bucket for bucket in self.buckets if bucket.smallest <= limit < bucket.largest < inf]
        layout = (astride[0].left, astride[0].right) if astride else (limit, limit)
        return low, low + sum(bucket.count for bucket in astride), layout


def native(readings: Sequence[NativeReading], limit: float) -> AtLimit:
    """A native histogram, whose buckets may change their width from one reading to the next."""
    seen = [reading.at_limit(limit) for reading in readings]
    numbers = {layout: number for number, layout in enumerate(dict.fromkeys(layout for *_, layout in seen))}
    return AtLimit(
        np.array([reading.at for reading in readings], np.int64),
        np.array([low for low, _, _ in seen], np.float64),
        np.array([high for _, high, _ in seen], np.float64),
        np.array([reading.count for reading in readings], np.float64),
        np.array([numbers[layout] for *_, layout in seen], np.int64),
    )


def kept_progress(found: AtLimit, *, appeared: bool = False) -> KeptProgress:
    """The progress of one histogram without its resets, which its total tells for all of its buckets.

    Where its buckets changed between two readings, only what both allow for is known of the time in between. Raises
    `ValueError` where a bucket falls and the histogram was not begun anew.
    """
    counted = Readings(found.instants, found.total, found.born)
    if (trouble := counted.trouble) is not None:
        raise ValueError(trouble)
    resets, grown = counted.resets, np.diff(found.total)
    same = np.diff(found.layout) == 0
    low = np.where(same, np.diff(found.low), np.maximum(found.low[1:] - found.high[:-1], 0))
    high = np.where(same, np.diff(found.high), np.minimum(found.high[1:] - found.low[:-1], grown))
    if bool((~resets & ((low < 0) | (high < low) | (grown < high))).any()):
        raise ValueError("has a bucket that counts less than before, and was not begun anew")
    return KeptProgress(
        Progress(found.instants, summed(found.low, low, resets, appeared=appeared)),
        Progress(found.instants, summed(found.high, high, resets, appeared=appeared)),
        Progress(found.instants, running(found.total, resets, appeared=appeared)),
        int(resets.sum()),
    )


def _aligned(columns: Sequence[Readings]) -> tuple[Instants, Numbers]:
    """All instants, and a row of counts for each; NaN where a column has no reading then."""
    instants = np.unique(np.concatenate([np.empty(0, np.int64), *(each.instants for each in columns)]))
    counts = np.full((len(instants), len(columns)), np.nan)
    for number, column in enumerate(columns):
        counts[np.searchsorted(instants, column.instants), number] = column.values
    return instants, counts


def _outermost(counts: Numbers, allowed: Marks, *, last: bool) -> tuple[Numbers, Instants]:
    """In each row the count in the last (or first) allowed column that has one, and which; −1 where none has."""
    there = ~np.isnan(counts) & allowed
    column = there.shape[1] - 1 - there[:, ::-1].argmax(axis=1) if last else there.argmax(axis=1)
    return counts[np.arange(len(counts)), column], np.where(there.any(axis=1), column, -1)
