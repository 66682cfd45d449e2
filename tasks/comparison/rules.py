"""What may differ without being a difference: tolerances and rules for each column."""

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from checks.timespans import duration_words
from tasks.comparison.errors import RequestError
from tasks.comparison.instants import DIGITS
from tasks.comparison.kinds import Kind

MOST_PLACES = 2_000
"""PostgreSQL rounds to no more."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two values may lie apart; one of the bounds is enough.

    `relative` is a share of the larger magnitude. Null, NaN and infinity are within no tolerance but of themselves.
    """

    absolute: Decimal | None = None
    relative: Decimal | None = None
    time: timedelta | None = None

    def __post_init__(self) -> None:
        bounds = [self.absolute, self.relative, self.time.total_seconds() if self.time is not None else None]
        if all(bound is None for bound in bounds):
            raise RequestError("a tolerance needs a bound: absolute, relative or time")
        if any(bound is not None and not (math.isfinite(bound) and bound >= 0) for bound in bounds):
            raise RequestError("a tolerance is a finite number and not negative")

    @property
    def words(self) -> str:
        """The bounds in words."""
        said = [f"{self.absolute}"] if self.absolute is not None else []
        said += [f"{self.relative} of the larger"] if self.relative is not None else []
        said += [duration_words(self.time)] if self.time is not None else []
        return f"within {' or '.join(said)}"


class Whitespace(StrEnum):
    """What blanks mean in text: everything, nothing at the ends, or one blank for any run of them."""

    EXACT = "exact"
    TRIM = "trim"
    COLLAPSE = "collapse"


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How one column is compared; the default is value by value.

    `kind` reads both sides as that kind. `round_to` rounds numbers half away from zero to so many decimal places.
    `second_digits` cuts instants to so many digits of a second, for sides that keep fewer. `zone_utc` reads a local
    timestamp as UTC, which makes it comparable with an instant. `padded` is not for a user to say: text of one side is
    filled up with blanks (`char(n)`), so that blanks at the end count on neither.
    """

    tolerance: Tolerance | None = None
    kind: Kind | None = None
    round_to: int | None = None
    second_digits: int | None = None
    ignore_case: bool = False
    whitespace: Whitespace = Whitespace.EXACT
    null_equals_empty: bool = False
    zone_utc: bool = False
    padded: bool = False

    def __post_init__(self) -> None:
        if self.second_digits is not None and not 0 <= self.second_digits <= DIGITS:
            raise RequestError(f"times are cut to 0 to {DIGITS} digits of a second, not to {self.second_digits}")
        if self.round_to is not None and abs(self.round_to) > MOST_PLACES:
            raise RequestError(f"numbers are rounded to at most {MOST_PLACES} places, not to {self.round_to}")

    @property
    def about_text(self) -> bool:
        """Whether it says what counts in text."""
        return self.ignore_case or self.whitespace is not Whitespace.EXACT

    @property
    def exact(self) -> bool:
        """Whether values are compared as they are, but for the blanks that fill up a `char(n)`."""
        return replace(self, padded=False) == EXACTLY

    @property
    def words(self) -> str:
        """The rule in words; none where values are compared as they are."""
        said = [
            (f"read as {self.kind}", self.kind is not None),
            (self.tolerance.words if self.tolerance else "", self.tolerance is not None),
            (f"rounded to {self.round_to} decimals", self.round_to is not None),
            (f"cut to {self.second_digits} digits of a second", self.second_digits is not None),
            ("case ignored", self.ignore_case),
            ("blanks at the ends ignored", self.whitespace is Whitespace.TRIM),
            ("any blanks are one", self.whitespace is Whitespace.COLLAPSE),
            ("null equals empty", self.null_equals_empty),
            ("local time is UTC", self.zone_utc),
            ("blanks at the end do not count, as in char(n)", self.padded),
        ]
        return ", ".join(word for word, is_so in said if is_so)


EXACTLY = ColumnRule()
