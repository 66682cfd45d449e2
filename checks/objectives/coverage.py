"""Coverage: how much of a window was observed, where its gaps are, and what so many samples can show at all."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from functools import cache

import numpy as np

from checks.objectives.progress import Instants

_GAP = 2
"""Times the interval: where nothing is observed for longer than that, nothing is known."""
_CONFIDENCE = Fraction(95, 100)
_DIGITS = 50


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was observed of a window; instants and durations are in milliseconds, gaps are (from, to)."""

    start: int
    end: int
    gaps: tuple[tuple[int, int], ...]
    samples: int
    newest: int | None

    @property
    def share(self) -> Fraction:
        """The observed share; an empty window was not observed at all."""
        length = self.end - self.start
        return 1 - Fraction(sum(to - since for since, to in self.gaps), length) if length > 0 else Fraction(0)

    @property
    def longest_gap(self) -> int:
        """The longest time of which nothing is known."""
        return max((to - since for since, to in self.gaps), default=0)

    def __add__(self, later: "Coverage") -> "Coverage":
        """Both windows as one, where the later one begins as this one ends; a gap across that is one gap."""
        newest = self.newest if later.newest is None else later.newest
        gaps = self.gaps + later.gaps
        if self.gaps and later.gaps and self.gaps[-1][1] == later.gaps[0][0]:
            gaps = (*self.gaps[:-1], (self.gaps[-1][0], later.gaps[0][1]), *later.gaps[1:])
        return Coverage(self.start, later.end, gaps, self.samples + later.samples, newest)


def coverage(instants: Instants, start: int, end: int, *, interval: int) -> Coverage:
    """How a window (start, end] was observed at instants, in any order, that ought to be `interval` apart.

    An observation from just before the window still speaks for its beginning.
    """
    seen = np.unique(instants[(instants > start - _GAP * interval) & (instants <= end)])
    inside = int((seen > start).sum())
    if not len(seen):
        return Coverage(start, end, ((start, end),), 0, None)
    since = seen if seen[0] <= start else np.concatenate(([start], seen))
    to = np.append(since[1:], end)
    wide = to - since > _GAP * interval
    gaps = tuple(zip(np.maximum(since[wide], start).tolist(), to[wide].tolist(), strict=True))
    return Coverage(start, end, gaps, inside, int(seen[-1]))


@cache
def fewest_samples(target: Fraction) -> int | None:
    """How many samples, none of them bad, show a target with 95 % confidence; none can show that nothing ever fails.

    The lower bound for n good ones of n is the p with p^n = 5 % (Clopper and Pearson).
    """
    if target >= 1:
        return None
    if target <= 0:
        return 1
    with localcontext() as context:
        context.prec = _DIGITS
        needed = _decimal(1 - _CONFIDENCE).ln() / _decimal(target).ln()
        return max(int(needed.to_integral_value(ROUND_CEILING)), 1)


def most_shown(samples: int) -> float:
    """The highest target that so many samples can show, if none of them is bad."""
    return float(1 - _CONFIDENCE) ** (1 / samples) if samples > 0 else 0.0


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)
