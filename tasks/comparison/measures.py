"""What items without a common key are paired by: amounts and times, how near they must be and how near they are."""

from dataclasses import dataclass
from decimal import Decimal

from tasks.comparison import instants
from tasks.comparison.amounts import WIDE
from tasks.comparison.canonical import NotFinite, Unreadable, number
from tasks.comparison.pairing import Values
from tasks.comparison.rules import Tolerance

SCALE = 1_000_000
"""Steps between a pair that is equal and one at the bound of its tolerance."""
_MORE = Decimal("1.000001")


@dataclass(frozen=True, slots=True)
class Measure:
    """One column by which items are paired: its place among the values, and how far two of its values may lie apart."""

    place: int
    tolerance: Tolerance | None
    day: bool = False
    """Whether its values count days, which a tolerance in time does not."""

    def number(self, row: Values) -> Decimal | None:
        """The value as a finite number; `None` for what is none, which is close to nothing."""
        raw = row[self.place]
        if raw is None or isinstance(raw, bool | str | NotFinite | Unreadable):
            return None
        value = number(raw)
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def reach(self, value: Decimal) -> Decimal:
        """How far a value can be from one that it may be paired with; perhaps some more."""
        bound = self.tolerance
        if bound is None:
            return Decimal(0)
        widths = [self._absolute(bound) or Decimal(0)]
        if bound.relative is not None:
            # |a − b| ≤ r·max(|a|, |b|) allows |b| up to |a| / (1 − r), so that the distance is at most r·|a| / (1 − r).
            least = 1 - bound.relative
            widths.append(WIDE.abs(value) * bound.relative / least * _MORE if least > 0 else Decimal("Infinity"))
        return max(widths)

    def share(self, left: Decimal, right: Decimal) -> int:
        """How much of its tolerance the distance of two values takes, in steps of `SCALE`."""
        if left == right or self.tolerance is None:
            return 0
        relative = self.tolerance.relative
        widths = [self._absolute(self.tolerance), relative and relative * max(abs(left), abs(right))]
        apart = abs(WIDE.subtract(left, right))
        return max(1, min(int(apart / width * SCALE) for width in widths if width))

    def _absolute(self, bound: Tolerance) -> Decimal | None:
        if bound.time is None:
            return bound.absolute
        return Decimal(instants.nanoseconds(bound.time)) / (instants.DAY if self.day else 1)
