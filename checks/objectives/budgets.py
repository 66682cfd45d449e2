"""Error budgets: the failures that an objective allows over its window, and what is left of them."""

from dataclasses import dataclass
from fractions import Fraction

from checks.objectives.shares import Kept


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """What a target allows of what was counted; all of it exact.

    Where it is not certain what kept the limit, the budget has been spent by as much as possible in `remaining_least`.
    A target of 1 allows nothing, so that the first failure has spent infinitely much of it.
    """

    target: Fraction
    kept: Kept

    @property
    def allowed(self) -> Fraction:
        """How many events may fail."""
        return (1 - self.target) * self.kept.total

    @property
    def remaining(self) -> Fraction | None:
        """The unspent share if everything doubtful was good; negative once overspent, `None` if nothing happened."""
        return self._left(self.kept.high)

    @property
    def remaining_least(self) -> Fraction | None:
        """The unspent share if everything doubtful was bad."""
        return self._left(self.kept.low)

    def _left(self, good: Fraction) -> Fraction | None:
        if not self.allowed:
            return None
        return 1 - (self.kept.total - good) / self.allowed
