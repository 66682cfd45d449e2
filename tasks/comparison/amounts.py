"""Amounts that are added up: exact decimals of any length, never floats."""

from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from tasks.comparison.canonical import Canonical, NotFinite, Unreadable, number
from tasks.comparison.errors import TypesError

WIDE = Context(prec=200_000)


def amount_of(raw: Any, name: str) -> Decimal:
    """A number as an exact decimal, a float by its shortest text; null is nothing, and what is no number is refused."""
    value = raw if isinstance(raw, NotFinite | Unreadable) else _number(raw)
    if not isinstance(value, int | Decimal):
        raise TypesError(f"column {name} cannot be summed: it holds a value that is no finite number")
    return Decimal(value)


def _number(raw: Any) -> Canonical:
    try:
        return 0 if raw is None else number(raw)
    except (ValueError, TypeError, InvalidOperation):
        return Unreadable(str(raw))


def times(raw: Any, rows: int) -> Canonical:
    """So many equal amounts together, to the last digit; what is no finite number stays, to be refused by name."""
    value = _number(raw)
    return WIDE.multiply(Decimal(value), rows) if isinstance(value, int | Decimal) else value


def plus(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, to the last digit."""
    total = Decimal(0)
    for amount in amounts:
        total = WIDE.add(total, amount)
    return total
