"""Numbers in text as databases write them: Python's own readers take more."""

from decimal import Decimal
from typing import Any

MOST_DIGITS = 20_000


def numeral(raw: Any) -> str:
    """The text of a number, refused where it has underscores or the digits of other scripts."""
    text = str(raw)
    if "_" in text or not text.isascii():
        raise ValueError("not the digits of a number")
    return text


def plain(number: int | Decimal) -> str:
    """A number as digits alone, as databases write it; one that would fill pages keeps its exponent."""
    return f"{number:f}" if isinstance(number, Decimal) and abs(number.adjusted()) < MOST_DIGITS else str(number)
