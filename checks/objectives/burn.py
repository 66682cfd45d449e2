"""Burn rates: how much faster than sustainable an error budget is spent, over pairs of a long and a short window."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from checks.objectives.shares import Kept
from checks.outcome import Outcome


@dataclass(frozen=True, slots=True)
class BurnPair:
    """Two windows that must both burn faster than `factor` before anybody is told."""

    factor: Fraction
    long: timedelta
    short: timedelta


_SHARES = (
    (Fraction(2, 100), timedelta(hours=1), timedelta(minutes=5)),
    (Fraction(5, 100), timedelta(hours=6), timedelta(minutes=30)),
    (Fraction(10, 100), timedelta(days=1), timedelta(hours=2)),
    (Fraction(10, 100), timedelta(days=3), timedelta(hours=6)),
)
"""Which share of the whole budget may be gone after each long window."""
_SLOWEST = Fraction(9, 10)
_TICK = timedelta(microseconds=1)


def burn_pairs(window: timedelta) -> tuple[BurnPair, ...]:
    """The pairs for an objective's window: for 30 days 14.4, 6, 3 and 1; for 28 days 13.44, 5.6, 2.8 and 0.933.

    For a shorter window there are fewer: a pair that would tell of a budget that lasts beyond the window is none.
    """
    found = (BurnPair(share * Fraction(window // _TICK, long // _TICK), long, short) for share, long, short in _SHARES)
    return tuple(pair for pair in found if pair.factor >= _SLOWEST)


@dataclass(frozen=True, slots=True)
class Burn:
    """What one pair shows: at least and at most this rate, over the long window and the short one."""

    pair: BurnPair
    target: Fraction
    long: Kept
    short: Kept

    def verdict(self, *, fewest: int) -> Outcome:
        """FAIL if both windows certainly burn, PASS if one of them certainly does not; else nobody can tell.

        Fewer events than `fewest` in the long window decide nothing, and no traffic is no burning and no keeping.
        """
        if self.long.contradiction or self.short.contradiction:
            return Outcome.ERROR
        if self.long.total < max(fewest, 1):
            return Outcome.INCONCLUSIVE
        over = [self._is_over(window) for window in (self.long, self.short)]
        if False in over:
            return Outcome.PASS
        return Outcome.FAIL if all(over) else Outcome.INCONCLUSIVE

    def rates(self, window: Kept) -> tuple[Fraction, Fraction] | None:
        """The least and the most that a window burns; `None` where nothing happened in it or nothing may fail."""
        if window.most is None or window.least is None or self.target >= 1:
            return None
        return (1 - window.most) / (1 - self.target), (1 - window.least) / (1 - self.target)

    def _is_over(self, window: Kept) -> bool | None:
        rates = self.rates(window)
        if rates is None or rates[0] <= self.pair.factor < rates[1]:
            return None
        return rates[0] > self.pair.factor
