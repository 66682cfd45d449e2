"""Shares: how much of what was counted kept a limit, and what that says of a target.

Shares are exact fractions: a target of 0.999 is met by 999 of 1,000, whatever binary arithmetic makes of it.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from checks.outcome import Outcome


def exact(number: float | str) -> Fraction:
    """A number as it is written: 0.999 is 999/1000, and `99.9%` is too."""
    text = str(number).strip()
    return exact(text.removesuffix("%")) / 100 if text.endswith("%") else Fraction(Decimal(text))


@dataclass(frozen=True, slots=True)
class Kept:
    """Of `total` events at least `low` and at most `high` kept a limit.

    The two differ where nobody can tell, as between two buckets of a histogram.
    """

    low: Fraction
    high: Fraction
    total: Fraction

    @classmethod
    def of(cls, low: float, high: float, total: float) -> "Kept":
        return cls(Fraction(low), Fraction(high), Fraction(total))

    def __add__(self, other: "Kept") -> "Kept":
        return Kept(self.low + other.low, self.high + other.high, self.total + other.total)

    @property
    def contradiction(self) -> str | None:
        """Why these cannot be counts of one thing, in words; `None` where they can."""
        if self.total < 0 or self.low < 0:
            return "fewer than none were counted"
        if self.high > self.total:
            return f"{_count(self.high)} of only {_count(self.total)}: the two were not counted alike"
        return None if self.low <= self.high else "at least more kept it than at most"

    @property
    def least(self) -> Fraction | None:
        """The share that certainly kept it; `None` where nothing happened."""
        return self.low / self.total if self.total else None

    @property
    def most(self) -> Fraction | None:
        """The share that may have kept it; `None` where nothing happened."""
        return self.high / self.total if self.total else None

    def verdict(self, target: Fraction, *, fewest: int = 1) -> Outcome:
        """Whether a share of at least `target` kept it; over fewer events than `fewest`, nobody can tell."""
        if self.contradiction:
            return Outcome.ERROR
        if self.least is None or self.most is None or self.total < fewest or (self.least < target <= self.most):
            return Outcome.INCONCLUSIVE
        return Outcome.PASS if self.least >= target else Outcome.FAIL


NOTHING = Kept(Fraction(0), Fraction(0), Fraction(0))


def good_of(bad: float, total: float) -> Kept:
    """What is left of a total without the bad."""
    return Kept.of(total - bad, total - bad, total)


def sum_trouble(good: float, bad: float, total: float) -> str | None:
    """Why parts are none of a total: they have to add up to it."""
    if Fraction(good) + Fraction(bad) == Fraction(total):
        return None
    return f"{_count(Fraction(good))} good and {_count(Fraction(bad))} bad do not add up to {_count(Fraction(total))}"


def _count(number: Fraction) -> str:
    return f"{float(number):,.12g}"
