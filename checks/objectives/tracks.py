"""Tracks: the progress of good events and of all events, so that any window over them is two look-ups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from checks.objectives.coverage import Coverage
from checks.objectives.histograms import KeptProgress
from checks.objectives.progress import Instants, Marks, Numbers, Progress, Readings
from checks.objectives.shares import Kept, sum_trouble

Test = Callable[[Numbers], Marks]


class Track(Protocol):
    """What one subject's good and total events came to, at any time."""

    def by(self, edges: Instants) -> tuple[Numbers, Numbers, Numbers]:
        """How many events were certainly good by each of several instants, possibly good, and how many there were."""
        ...

    def over(self, start: int, end: int) -> Kept:
        """What was good in the window (start, end]."""
        ...

    def trouble(self, start: int, end: int) -> str | None:
        """Why its parts do not belong together, in words; `None` where they do."""
        ...


@dataclass(frozen=True, slots=True)
class RatioTrack:
    """Counters of a total, and of its good or its bad part; where both are there they have to add up."""

    total: tuple[Progress, ...]
    good: tuple[Progress, ...] | None = None
    bad: tuple[Progress, ...] | None = None

    def by(self, edges: Instants) -> tuple[Numbers, Numbers, Numbers]:
        total = _sum(self.total, edges)
        good = total - _sum(self.bad, edges) if self.good is None and self.bad is not None else _sum(self.good, edges)
        return good, good, total

    def over(self, start: int, end: int) -> Kept:
        return _kept(self, start, end)

    def trouble(self, start: int, end: int) -> str | None:
        edges = np.array([start, end], np.int64)
        good, bad, total = (float(np.diff(_sum(part, edges))[0]) for part in (self.good, self.bad, self.total))
        if self.good is None or self.bad is None:
            return Kept.of(good + bad, good + bad, total).contradiction
        return sum_trouble(good, bad, total)


@dataclass(frozen=True, slots=True)
class HistogramTrack:
    """Histograms of several series, seen from one limit."""

    parts: tuple[KeptProgress, ...]

    def by(self, edges: Instants) -> tuple[Numbers, Numbers, Numbers]:
        low, high, total = (
            _sum([getattr(part, name) for part in self.parts], edges) for name in ("low", "high", "total")
        )
        return low, high, total

    def over(self, start: int, end: int) -> Kept:
        return _kept(self, start, end)

    def trouble(self, start: int, end: int) -> str | None:
        return self.over(start, end).contradiction


def looks(series: Sequence[Readings], good: Test, *, holds: Callable[[Instants], Instants], unit: int) -> RatioTrack:
    """The looks at gauges, each weighed by the time since the one before it, in units of so many milliseconds.

    `holds` says, for each instant, how far back a look can speak for; what is farther from the one before it speaks for
    nothing. The first look has nothing before it.
    """
    total, kept = [], []
    for one in series:
        since = np.diff(one.instants, prepend=one.instants[:1])
        weights = np.where(since <= holds(one.instants), since, 0) / unit
        total.append(Progress(one.instants, weights.cumsum()))
        kept.append(Progress(one.instants, (weights * good(one.values)).cumsum()))
    return RatioTrack(tuple(total), good=tuple(kept))


def slices(counters: Sequence[Progress], seen: Coverage, length: int, good: Test) -> RatioTrack:
    """Each slice of time (ms) as an event, by what was counted in it; one with a gap in it is no event.

    Slices end where the window ends; what is left at its beginning is none.
    """
    edges = np.arange(seen.end, seen.start - 1, -length, dtype=np.int64)[::-1]
    counted = np.diff(_sum(counters, edges))
    known = np.ones(len(counted), np.bool_)
    for since, to in seen.gaps:
        known &= (edges[1:] <= since) | (to <= edges[:-1])
    ends = edges[1:]
    total = Progress(ends, known.cumsum().astype(np.float64))
    return RatioTrack((total,), good=(Progress(ends, (known & good(counted)).cumsum().astype(np.float64)),))


def _kept(track: Track, start: int, end: int) -> Kept:
    low, high, total = (float(np.diff(part)[0]) for part in track.by(np.array([start, end], np.int64)))
    return Kept.of(low, high, total)


def _sum(parts: Sequence[Progress] | None, edges: Instants) -> Numbers:
    found = np.zeros(len(edges))
    for part in parts or ():
        found += part.by(edges)
    return found
