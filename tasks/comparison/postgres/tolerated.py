"""Columns with a tolerance: their numbers travel beside the hash of the others, since closeness does not hash.

Null, NaN and the infinities are close to nothing but themselves, so they are hashed. Every other value travels as a
float: a decimal scaled by its declared places, an instant in microseconds, which floats hold exactly up to 2⁵³. Where a
float could be wrong about which side of the bound a pair lies on, only the rows themselves can tell.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tasks.comparison.amounts import WIDE
from tasks.comparison.kinds import Kind
from tasks.comparison.postgres.hashes import canonical_sql
from tasks.comparison.resolve import Compared
from tasks.comparison.side import Selected
from tasks.comparison.sides.postgresql import interval_sql

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
EXACT = 2.0**52
"""Differences of whole numbers up to here are exact."""
LARGE = 1e150
"""Numbers from here on are left to the rows, so that nothing overflows."""
ERROR = 16 * float(np.finfo(np.float64).eps)
_INSTANTS = {Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.TIME}
_SCALED = re.compile(r"numeric\(\d+,(\d+)\)")
_TINY, _HUGE = "'1e-150'::numeric", "'1e150'::numeric"
_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Tolerated:
    """One column with a tolerance; `place` is its place among the compared values."""

    place: int
    column: Compared

    @property
    def digits(self) -> int | None:
        """The decimal places after which numbers are whole; `None` where nobody knows them."""
        kind = self.column.kind
        if kind in _INSTANTS or kind is Kind.INTERVAL:
            return 6
        if kind in (Kind.DATE, Kind.INTEGER):
            return 0
        if kind is not Kind.NUMERIC:
            return None
        places = [_places(one) for one in (self.column.left, self.column.right)]
        known = [place for place in places if place is not None and place <= _MOST_DIGITS]
        return max(known) if len(known) == len(places) else None

    def plain_sql(self, one: Selected) -> str:
        """The SQL of: this value may be close to another; null where the value is null."""
        value, kind = canonical_sql(self.column, one), self.column.kind
        if kind in (Kind.NUMERIC, Kind.FLOAT):
            return f"({value} > '-Infinity' and {value} < 'Infinity')"
        if kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.DATE, Kind.INTERVAL):
            return f"isfinite({value})"
        return f"{value} is not null"

    def number_sql(self, one: Selected) -> str:
        """The value as a float: 0 where it is compared by hash, NaN where no float is near it."""
        return f"case when {self.plain_sql(one)} then {self._number(one)} else 0 end::float8"

    def _number(self, one: Selected) -> str:
        value, kind = canonical_sql(self.column, one), self.column.kind
        if kind in _INSTANTS:
            return f"round(date_part('epoch', {value}) * 1000000)"
        if kind is Kind.INTERVAL:
            return f"(({interval_sql(value)}) * 1000000)::float8"
        if kind is Kind.DATE:
            return f"({value} - date '2000-01-01')::float8"
        if kind is not Kind.NUMERIC:
            return value
        scaled = f"({value} * {10**self.digits})" if self.digits else value
        near = f"{value} = 0 or abs({value}) between {_TINY} and {_HUGE}"
        return f"(case when {near} then {scaled} else 'NaN' end)::float8"

    def close(self, left: Floats, right: Floats) -> tuple[Truths, Truths]:
        """Which pairs are surely within the tolerance, and for which the numbers cannot tell."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self._close(left, right)

    def _close(self, left: Floats, right: Floats) -> tuple[Truths, Truths]:
        largest = np.maximum(np.abs(left), np.abs(right))
        apart = np.abs(np.where(largest < LARGE, left - right, np.nan))
        within, beyond = np.zeros(len(left), bool), ~np.isnan(apart)
        for limit, error in self._limits(largest):
            within |= apart <= limit - error
            beyond &= apart > limit + error
        return within, ~(within | beyond)

    def _limits(self, largest: Floats) -> list[tuple[Floats | float, Floats]]:
        """Each bound in the unit of the numbers, and how wrong the difference from it may be."""
        error = largest * ERROR
        rule = self.column.rule.tolerance
        found: list[tuple[Floats | float, Floats]] = []
        bound = self._bound()
        if bound is not None:
            whole = largest <= EXACT if self.digits is not None else np.zeros(len(largest), bool)
            limit = math.floor(bound) if self.digits is not None else bound
            found.append(
                (np.where(whole, float(limit), float(bound)), np.where(whole, 0.0, error + float(bound) * ERROR))
            )
        if rule is not None and rule.relative is not None:
            found.append((largest * float(rule.relative), error * max(1.0, float(rule.relative))))
        return found

    def _bound(self) -> Decimal | None:
        """The absolute bound, or the one in time, in the unit of the numbers."""
        rule = self.column.rule.tolerance
        if rule is None:
            return None
        if rule.time is not None:
            seconds = Decimal(rule.time.days * 86_400 + rule.time.seconds) + Decimal(rule.time.microseconds).scaleb(-6)
            return seconds / 86_400 if self.column.kind is Kind.DATE else seconds.scaleb(6)
        return None if rule.absolute is None else WIDE.scaleb(rule.absolute, self.digits or 0)


def _places(one: Selected) -> int | None:
    """The declared decimal places of a column."""
    if one.column.kind is Kind.INTEGER:
        return 0
    declared = _SCALED.fullmatch(one.column.declared)
    return int(declared[1]) if declared else None
