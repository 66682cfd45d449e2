"""What may differ without being a difference: tolerances and rules for each column."""

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from tasks.comparison.errors import RequestError
from tasks.comparison.kinds import Kind


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
    timestamp as UTC, which makes it comparable with an instant.
    """

    tolerance: Tolerance | None = None
    kind: Kind | None = None
    round_to: int | None = None
    second_digits: int | None = None
    ignore_case: bool = False
    whitespace: Whitespace = Whitespace.EXACT
    null_equals_empty: bool = False
    zone_utc: bool = False


EXACTLY = ColumnRule()
