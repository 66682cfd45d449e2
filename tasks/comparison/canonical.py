"""One form for each value whatever side it came from, so that equal means `==` and nothing else.

Two canonical values of one kind are equal exactly if the values are: NaN equals NaN and differs from null, −0 is 0, 1.0
is 1.00, an instant is the same in every zone, JSON objects have no order. Text that is no value of the kind becomes
`Unreadable`.
"""

import math
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import Enum
from typing import Any, cast
from uuid import UUID

from tasks.comparison import instants, json_values
from tasks.comparison.errors import SideError
from tasks.comparison.kinds import TIMES, Kind
from tasks.comparison.numerals import numeral, plain
from tasks.comparison.rules import ColumnRule, Whitespace

Canonical = Hashable
Read = Callable[[Any], Canonical]

_TRUE, _FALSE = {"t", "true", "1"}, {"f", "false", "0"}
_UUID = re.compile(r"\{?(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}\}?")
BLANKS = " \t\n\r\f\v"
_EXACT = Context(prec=200_000)


class NotFinite(Enum):
    """Numbers that are not: each equals itself."""

    NAN = "NaN"
    INFINITY = "Infinity"
    MINUS_INFINITY = "-Infinity"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Text that is no value of the kind it was read as; equal only to the same text, and `shown` as the side has it."""

    text: str
    shown: str | None = field(default=None, compare=False)


def reader(kind: Kind, rule: ColumnRule, own: Kind, element: Kind | None = None) -> Read:
    """A function from a side's raw value to the canonical one.

    `own` is the kind that the side declares, `element` that of an array's elements.
    """
    read = READERS[kind]
    if kind is Kind.ARRAY and element is not None:
        read = _array_of(element)
    if kind is Kind.TIMESTAMP and rule.zone_utc:
        read = instants.utc
    if kind is Kind.JSON and own is not Kind.JSON:
        read = json_values.from_array if own is Kind.ARRAY else json_values.from_text
    steps = [step for step in (_text_step(kind, rule), _round_step(kind, rule), _cut_step(kind, rule)) if step]
    empty_is_null = rule.null_equals_empty

    def canonical(raw: Any) -> Canonical:
        if raw is None or (empty_is_null and raw == ""):
            return None
        try:
            value = read(raw)
            for step in steps:
                value = step(value)
        except (ValueError, InvalidOperation, OverflowError, TypeError):
            return Unreadable(str(raw), _words(raw))
        return None if empty_is_null and value == "" else value

    return canonical


def number(raw: Any) -> Canonical:
    """An exact number: `int` or `Decimal`, which are equal and hash alike whatever their scale."""
    if isinstance(raw, bool):
        raise TypeError("a truth value is no number")
    if isinstance(raw, int):
        return raw
    value = raw if isinstance(raw, Decimal) else Decimal(repr(raw) if isinstance(raw, float) else numeral(raw))
    if value.is_finite():
        return value
    if value.is_nan():
        if isinstance(raw, str) and raw.rstrip()[-1] not in "nN":
            raise ValueError("digits after NaN")
        return NotFinite.NAN
    return NotFinite.INFINITY if value > 0 else NotFinite.MINUS_INFINITY


def floating(raw: Any) -> Canonical:
    """A binary float."""
    if isinstance(raw, bool):
        raise TypeError("a truth value is no number")
    value = raw if isinstance(raw, float) else float(raw if isinstance(raw, int | Decimal) else numeral(raw))
    return NotFinite.NAN if math.isnan(value) else value


def boolean(raw: Any) -> Canonical:
    """A truth value, also from 0 and 1 and the words of PostgreSQL and JSON."""
    if isinstance(raw, str):
        word = raw.strip().lower()
        if word in _FALSE or word in _TRUE:
            return word in _TRUE
    elif raw in (0, 1):
        return bool(raw)
    raise ValueError("neither true nor false")


def text(raw: Any) -> Canonical:
    """Text, character by character; numbers, truth values and documents as JSON and SQL write them. Bytes are none."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, Decimal):
        return plain(raw)
    if isinstance(raw, bytes | bytearray | memoryview):
        return bytes(raw)
    return json_values.shown(json_values.freeze(raw)) if json_values.is_document(raw) else str(raw)


def octets(raw: Any) -> Canonical:
    r"""Bytes, also from PostgreSQL's `\x…`."""
    if isinstance(raw, str):
        if not raw.startswith("\\x"):
            raise ValueError("not hexadecimal")
        return bytes.fromhex(raw[2:])
    return bytes(raw)


def uuid(raw: Any) -> Canonical:
    """A UUID, also from its text in either case."""
    if isinstance(raw, UUID):
        return raw
    if not _UUID.fullmatch(str(raw)):
        raise ValueError("no UUID")
    return UUID(raw)


READERS: dict[Kind, Read] = {
    Kind.BOOLEAN: boolean,
    Kind.INTEGER: number,
    Kind.NUMERIC: number,
    Kind.FLOAT: floating,
    Kind.TEXT: text,
    Kind.BYTES: octets,
    Kind.TIMESTAMP: instants.instant,
    Kind.LOCAL_TIMESTAMP: instants.local,
    Kind.DATE: instants.day,
    Kind.TIME: instants.time_of_day,
    Kind.INTERVAL: instants.interval,
    Kind.UUID: uuid,
    Kind.JSON: json_values.document,
    Kind.ARRAY: json_values.array,
    Kind.OTHER: text,
}


def _array_of(element: Kind) -> Read:
    """Arrays whose elements are read as their kind, however a side writes them."""
    if element is Kind.OTHER:
        return json_values.array
    if element is Kind.JSON:
        return lambda raw: json_values.array(raw, written=json_values.loaded)
    read = READERS[element]

    def one(raw: Any) -> Any:
        value = read(raw)
        number = isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value))
        return value if number and element not in TIMES else shown(value, element)

    return lambda raw: json_values.array(raw, one, written=str)


def _text_step(kind: Kind, rule: ColumnRule) -> Read | None:
    """Case and blanks, for text."""
    if kind is not Kind.TEXT or not (rule.about_text or rule.padded):
        return None

    def step(value: str | bytes) -> Canonical:
        if isinstance(value, bytes):
            return value
        if rule.padded:
            value = value.rstrip(" ")
        if rule.whitespace is not Whitespace.EXACT:
            value = value.strip(BLANKS)
        if rule.whitespace is Whitespace.COLLAPSE:
            value = re.sub(f"[{BLANKS}]+", " ", value)
        return value.lower() if rule.ignore_case else value

    return step


def _round_step(kind: Kind, rule: ColumnRule) -> Read | None:
    """Rounding of finite numbers, half away from zero as in SQL."""
    if rule.round_to is None or kind not in (Kind.INTEGER, Kind.NUMERIC):
        return None
    places = rule.round_to
    quantum = Decimal(1).scaleb(-places)

    def step(value: Any) -> Canonical:
        if not isinstance(value, int | Decimal):
            return cast("Canonical", value)
        try:
            return Decimal(value).quantize(quantum, rounding=ROUND_HALF_UP, context=_EXACT)
        except InvalidOperation:
            if int(Decimal(value).as_tuple().exponent) < -places:
                raise
            return value  # as it is, for only the zeros of 1e999999 are too many to write out

    return step


def _cut_step(kind: Kind, rule: ColumnRule) -> Read | None:
    """Instants cut to the digits of a second that the coarser side keeps."""
    if rule.second_digits is None or kind not in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.TIME):
        return None
    grain: int = 10 ** (instants.DIGITS - rule.second_digits)

    def step(value: Any) -> Canonical:
        if not isinstance(value, int):
            return cast("Canonical", value)
        if kind is Kind.TIME and value < 0:  # a span, of which the digits are cut all the same
            return value + -value % grain
        return value - value % grain

    return step


def _words(raw: Any) -> str | None:
    """What only JSON has, in its words; nothing of what is written as it is."""
    return str(text(raw)) if isinstance(raw, bool) or json_values.is_document(raw) else None


def shown(value: Canonical, kind: Kind) -> str | int | float | bool | None:
    """A canonical value as a report shows it."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, NotFinite):
        return value.value
    if isinstance(value, Unreadable):
        return value.shown or value.text
    if kind in TIMES:
        return instants.shown(value, kind)
    if kind in (Kind.JSON, Kind.ARRAY):
        return json_values.shown(value)
    if isinstance(value, int | float):
        return value if math.isfinite(value) else NotFinite(f"{value}".replace("inf", "Infinity")).value
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Decimal | UUID):
        return plain(value) if isinstance(value, Decimal) else str(value)
    raise SideError(f"a value of kind {kind} cannot be shown")
