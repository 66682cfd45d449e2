"""Intervals of time as an algebra: half-open [start, end), in whole milliseconds since 1970 in UTC."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Intervals:
    """A set of instants, as the intervals that make it up: in order, none empty, none touching the next.

    Two sets of the same instants are equal, however they came about.
    """

    parts: tuple[Stretch, ...] = ()

    def __post_init__(self) -> None:
        if any(start >= end for start, end in self.parts) or any(a[1] >= b[0] for a, b in pairwise(self.parts)):
            raise ValueError("intervals are in order, not empty, and apart; make them with Intervals.of")

    @classmethod
    def of(cls, stretches: Iterable[Stretch]) -> "Intervals":
        """The instants in any of some stretches, in any order, which may overlap; one that ends before it begins or as
        it begins holds none."""
        merged: list[Stretch] = []
        for start, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    def __or__(self, other: "Intervals") -> "Intervals":
        """The instants in either."""
        return Intervals.of((*self.parts, *other.parts))

    def __and__(self, other: "Intervals") -> "Intervals":
        """The instants in both."""
        return Intervals(tuple(self._shared(other)))

    def __sub__(self, other: "Intervals") -> "Intervals":
        """The instants in this one that are not in the other."""
        if not self.parts:
            return self
        return self & other.complement(self.parts[0][0], self.parts[-1][1])

    def complement(self, start: int, end: int) -> "Intervals":
        """The instants of [start, end) that are not in it."""
        inside = [part for part in self.parts if part[1] > start and part[0] < end]
        starts = (start, *(last for _, last in inside))
        ends = (*(first for first, _ in inside), end)
        return Intervals.of(zip(starts, ends, strict=True))

    def first(self, length: int) -> "Intervals":
        """So many milliseconds of it, the earliest."""
        kept: list[Stretch] = []
        for start, end in self.parts:
            if length <= 0:
                break
            kept.append((start, min(end, start + length)))
            length -= end - start
        return Intervals.of(kept)

    @property
    def total(self) -> int:
        """How long it is altogether."""
        return sum(end - start for start, end in self.parts)

    def __contains__(self, instant: int) -> bool:
        return any(start <= instant < end for start, end in self.parts)

    def _shared(self, other: "Intervals") -> Iterator[Stretch]:
        """What two ordered sets share, in one pass over both."""
        mine, theirs = iter(self.parts), iter(other.parts)
        one, two = next(mine, None), next(theirs, None)
        while one is not None and two is not None:
            start, end = max(one[0], two[0]), min(one[1], two[1])
            if start < end:
                yield start, end
            if one[1] < two[1]:
                one = next(mine, None)
            else:
                two = next(theirs, None)
