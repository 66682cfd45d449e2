"""Whether two canonical values are equal under a column's tolerance."""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

from tasks.comparison import instants
from tasks.comparison.kinds import Kind
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import Tolerance

Same = Callable[[Any, Any], bool]
_WIDE = Context(prec=200_000)


def same(column: Compared) -> Same | None:
    """The test of a column with a tolerance; `None` where plain equality is the test."""
    tolerance = column.rule.tolerance
    if tolerance is None:
        return None
    if tolerance.time is not None:
        grain = instants.DAY if column.kind is Kind.DATE else 1
        return _within_time(instants.nanoseconds(tolerance.time), grain)
    return within(tolerance)


def _within_time(bound: int, grain: int) -> Same:
    def test(left: Any, right: Any) -> bool:
        if isinstance(left, int) and isinstance(right, int):
            return abs(left - right) * grain <= bound
        return bool(left == right)

    return test


def within(tolerance: Tolerance) -> Same:
    """The test of two numbers against an absolute or relative bound."""
    absolute = tolerance.absolute
    relative = tolerance.relative

    def test(left: Any, right: Any) -> bool:
        if left == right:
            return True
        one, other = _decimal(left), _decimal(right)
        if one is None or other is None:
            return False
        apart = _WIDE.abs(_WIDE.subtract(one, other))
        if absolute is not None and apart <= absolute:
            return True
        return relative is not None and apart <= _WIDE.multiply(relative, max(_WIDE.abs(one), _WIDE.abs(other)))

    return test


def _decimal(value: Any) -> Decimal | None:
    """The value as a finite decimal, by the shortest text of a float; `None` for what is no finite number."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    elif isinstance(value, int):
        value = Decimal(value)
    return value if isinstance(value, Decimal) and value.is_finite() else None
