"""Forms: SQL for each compared value such that equal forms mean equal values, on whatever two sides it stands.

The other direction may fail, and then the form is *odd*: it starts with `ODD`, or `odd` says when. Values whose
forms differ and are odd are compared again one by one; a form that were equal for unequal values would be a lie, so
whatever is not plainly one value (a number with an exponent, text in another zone) is odd.
"""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from tasks.comparison.duck.types import kind_of, literal
from tasks.comparison.files import lines
from tasks.comparison.kinds import Kind
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import ColumnRule, Whitespace

ODD = "chr(1)"
_INTEGER = "^(0|-?[1-9][0-9]*)$"
_NUMBER = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$"
_FLOAT = "^-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?$"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_STAMP = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?"
_ZONE = "(Z|[-+]([01][0-9]|2[0-3])(:[0-5][0-9])?)"
_CLOCK = "^([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\\.[0-9]{1,6})?$"
_HEXADECIMAL = {
    Kind.UUID: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    Kind.BYTES: "^\\\\x([0-9a-fA-F]{2})*$",
}
_SIGNED = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
_DIGITS = {"UBIGINT": 20} | dict.fromkeys(_SIGNED, 19)
_NATIVE = {
    Kind.BOOLEAN,
    Kind.INTEGER,
    Kind.NUMERIC,
    Kind.FLOAT,
    Kind.TEXT,
    Kind.BYTES,
    Kind.TIMESTAMP,
    Kind.LOCAL_TIMESTAMP,
    Kind.DATE,
    Kind.TIME,
    Kind.UUID,
}

WHOLE = {Kind.JSON, Kind.INTEGER, Kind.NUMERIC, Kind.TEXT}
"""Kinds of which a whole number without zeros before it is one form as it is written."""


class Style(StrEnum):
    """How a side holds a value: in a type of its own, as text, or as the JSON text of a member of `line`."""

    TYPED = "typed"
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Held:
    """A value of one side as SQL over its relation, with the type DuckDB has for it.

    `name` is the member's in JSON. `plain` is its text where a line shows at once that it is a whole number, else null,
    and `quick` is that text too in a relation of which all lines show it.
    """

    sql: str
    declared: str
    style: Style
    name: str = ""
    plain: str | None = None
    quick: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form as SQL; `odd` is SQL about `{form}`: when equal values may have unequal forms, `None` for never.

    `plain` is the form of most values where it is not null, found at less cost than `sql`; `quick` is the form of all
    in a relation of which none is.
    """

    sql: str
    odd: str | None = None
    plain: str | None = None
    quick: str | None = None


class UnfitError(Exception):
    """No form is known for a pair of values; another way compares them."""


def forms(column: Compared, left: Held, right: Held) -> tuple[Form, Form]:
    """The forms of a compared column on both sides."""
    left, right = filled(column.rule, left), filled(column.rule, right)
    if left.style is right.style is Style.TYPED:
        native = _native(column, left, right)
        if native is not None:
            return native
    return text_form(column.kind, column.rule, left), text_form(column.kind, column.rule, right)


def filled(rule: ColumnRule, held: Held) -> Held:
    """A value that is null where it is empty text, if a rule takes them for the same."""
    if not rule.null_equals_empty or held.style is Style.TYPED:
        return held
    empty = literal('""' if held.style is Style.JSON else "")
    return replace(held, sql=f"nullif({held.sql}, {empty})")


def _native(column: Compared, left: Held, right: Held) -> tuple[Form, Form] | None:
    """DuckDB's own values, where both sides have one type or fit into one."""
    kind, rule = column.kind, column.rule
    kinds = {kind_of(left.declared), kind_of(right.declared)}
    if kind in (Kind.INTEGER, Kind.NUMERIC) and kinds <= {Kind.INTEGER, Kind.NUMERIC}:
        shared = _shared_number(left.declared, right.declared)
        if shared is None:
            return None
        return _rounded(left, shared, rule), _rounded(right, shared, rule)
    if rule.second_digits is not None or rule.round_to is not None or kinds != {kind}:
        return None
    if left.declared != right.declared or kind not in _NATIVE:
        return None
    if kind is Kind.TEXT:
        return _steps(left.sql, rule), _steps(right.sql, rule)
    return Form(left.sql), Form(right.sql)


def _rounded(held: Held, shared: str, rule: ColumnRule) -> Form:
    value = f"cast({held.sql} as {shared})"
    return Form(value if rule.round_to is None else f"round({value}, {rule.round_to})")


def _shared_number(left: str, right: str) -> str | None:
    """The exact type that holds both."""
    if left in _SIGNED and right in _SIGNED:
        return "BIGINT"
    parts = [_digits(declared) for declared in (left, right)]
    if None in parts:
        return None
    whole = max(part[0] for part in parts if part)
    scale = max(part[1] for part in parts if part)
    return f"DECIMAL({whole + scale}, {scale})" if whole + scale <= 38 else None


def _digits(declared: str) -> tuple[int, int] | None:
    if declared.startswith("DECIMAL("):
        width, scale = map(int, declared[8:-1].split(","))
        return width - scale, scale
    return (_DIGITS[declared], 0) if declared in _DIGITS else None


def text_form(kind: Kind, rule: ColumnRule, held: Held) -> Form:
    """The form as text: what the value is, in one way of writing."""
    if rule.round_to is not None or (rule.second_digits is not None and kind is Kind.TIME):
        raise UnfitError(f"{kind.value} is rounded")
    if held.plain is not None and kind in WHOLE:
        return replace(text_form(kind, rule, replace(held, plain=None)), plain=held.plain, quick=held.quick)
    if held.style is Style.JSON and kind is Kind.JSON:
        return _with_odd(_member(held))
    if held.style is not Style.TYPED:
        return _of_text(kind, rule, held)
    own = kind_of(held.declared)
    exact = {Kind.INTEGER, Kind.NUMERIC}
    if own is not kind and not (own in exact and kind in exact) and not (own is Kind.LOCAL_TIMESTAMP and rule.zone_utc):
        raise UnfitError(f"{held.declared} is compared as {kind.value}")
    return _of_typed(kind, rule, held)


def _of_typed(kind: Kind, rule: ColumnRule, held: Held) -> Form:
    value, text = held.sql, f"cast({held.sql} as varchar)"
    if kind is Kind.TEXT:
        return _steps(text, rule)
    if kind is Kind.NUMERIC or (kind is Kind.INTEGER and held.declared.startswith("DECIMAL")):
        return Form(stripped(text))
    if kind is Kind.FLOAT:
        return Form(f"cast({value} + 0.0 as varchar)")
    if kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP):
        if held.declared.endswith("_NS"):
            raise UnfitError("timestamps in nanoseconds")
        return _with_odd(
            f"coalesce({_cut(f'epoch_us({value})', rule)}, case when {value} is not null then {ODD} || {text} end)"
        )
    if kind is Kind.TIME:
        return Form(stripped(text))
    if kind is Kind.BYTES:
        return Form(f"'\\x' || lower(hex({value}))")
    if kind in (Kind.JSON, Kind.ARRAY):
        return _with_odd(f"{ODD} || {text}")
    if kind is Kind.INTERVAL:
        raise UnfitError("intervals")
    return Form(text)


def _of_text(kind: Kind, rule: ColumnRule, held: Held) -> Form:
    """The form of text or of a member; what is not plainly the kind is odd."""
    if held.style is Style.JSON:
        return _with_odd(_json_as(kind, rule, held))
    if kind is Kind.TEXT:
        return _steps(held.sql, rule)
    return _with_odd(f"coalesce({_plain(kind, rule, held.sql)}, {ODD} || {held.sql})")


def _plain(kind: Kind, rule: ColumnRule, value: str) -> str:
    """The form where text is plainly of a kind, else null."""
    if kind is Kind.INTEGER:
        return _where(value, _INTEGER, value)
    if kind is Kind.NUMERIC:
        return _where(value, _NUMBER, _decimal(value))
    if kind is Kind.FLOAT:
        return _where(value, _FLOAT, f"cast(try_cast({value} as double) + 0.0 as varchar)")
    if kind is Kind.BOOLEAN:
        words = f"lower({value})"
        return (
            f"case when {words} in ('t', 'true', '1') then 'true' when {words} in ('f', 'false', '0') then 'false' end"
        )
    if kind is Kind.DATE:
        return _where(value, _DATE, f"cast(try_cast({value} as date) as varchar)")
    if kind is Kind.TIMESTAMP:
        zone = f"{_ZONE}?$" if rule.zone_utc else f"{_ZONE}$"
        return _where(value, _STAMP + zone, _cut(f"epoch_us(try_cast({value} as timestamptz))", rule))
    if kind is Kind.LOCAL_TIMESTAMP:
        return _where(value, _STAMP + "$", _cut(f"epoch_us(try_cast({value} as timestamp))", rule))
    if kind is Kind.TIME:
        return _where(value, _CLOCK, stripped(value))
    if kind in _HEXADECIMAL:
        return _where(value, _HEXADECIMAL[kind], f"lower({value})")
    return "null"


def _where(value: str, pattern: str, form: str) -> str:
    return f"case when {_matches(value, pattern)} then {form} end"


def _matches(value: str, pattern: str) -> str:
    return f"regexp_matches({value}, '{pattern}')"


def _cut(micros: str, rule: ColumnRule) -> str:
    """Microseconds as text, cut to the digits of a second that count."""
    if rule.second_digits is None or rule.second_digits >= 6:
        return f"cast({micros} as varchar)"
    grain = 10 ** (6 - rule.second_digits)
    return f"cast({micros} - (({micros} % {grain}) + {grain}) % {grain} as varchar)"


def stripped(text: str) -> str:
    """A decimal without zeros at its end; only for text without an exponent."""
    return f"case when contains({text}, '.') then rtrim(rtrim({text}, '0'), '.') else {text} end"


def _decimal(text: str) -> str:
    """A decimal without zeros at its end, and without a sign where it is zero."""
    return f"case {stripped(text)} when '-0' then '0' else {stripped(text)} end"


def _steps(value: str, rule: ColumnRule) -> Form:
    """Case and blanks of text; letters beyond ASCII keep their case here, which makes them odd."""
    odd = None
    if rule.padded:
        value = f"rtrim({value}, ' ')"
    blanks = "' ' || chr(9) || chr(10) || chr(13) || chr(12) || chr(11)"
    if rule.whitespace is not Whitespace.EXACT:
        value = f"trim({value}, {blanks})"
    if rule.whitespace is Whitespace.COLLAPSE:
        value = f"regexp_replace({value}, '[ \\t\\n\\r\\f\\v]+', ' ', 'g')"
    if rule.ignore_case:
        odd = "length({form}) <> strlen({form})"
        value = f"translate({value}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
    return Form(f"nullif({value}, '')" if rule.null_equals_empty else value, odd)


def _with_odd(sql: str) -> Form:
    return Form(sql, f"starts_with({{form}}, {ODD})")


def _member(held: Held) -> str:
    """A member's JSON text; a real number only where the line shows that DuckDB's float lost nothing of it."""
    value = held.sql
    nested = f"{ODD} || case when regexp_matches({value}, '[0-9][.eE]') then line else {value} end"
    return (
        f"case when {lines.named_twice(held.name)} then {ODD} || line when {value} is null then null"
        f" when left({value}, 1) in ('{{', '[') then {nested}"
        f" when left({value}, 1) = '\"' or {value} in ('true', 'false') or {_matches(value, _INTEGER)} then {value}"
        f" when {_confirmed(held)} then {_decimal(value)} else {ODD} || line end"
    )


def _confirmed(held: Held, *, padded: bool = True) -> str:
    """Whether the one place in a line that names the member goes on with this very number, perhaps zeros after it."""
    value, quoted_name = held.sql, json.dumps(held.name, ensure_ascii=False)
    name = literal(f"{quoted_name}:")
    after = f"strpos(line, {name}) + {len(quoted_name) + 1}"
    tail = f"ltrim(substr(line, {after}, length({value}) + 40), ' ')"
    rest = f"ltrim(substr({tail}, length({value}) + 1), '0')"
    at_once = f"contains(line, {name} || {value} || ',') or contains(line, {name} || {value} || '}}')"
    later = f"contains(line, {name}) and starts_with({tail}, {value}) and left({rest}, 1) in (',', '}}', ' ')"
    found = f"({at_once} or ({later}))" if padded else f"({at_once})"
    return f"(contains({value}, '.') and not contains({value}, 'e') and {found} and {lines.named_once(held.name)})"


def _json_as(kind: Kind, rule: ColumnRule, held: Held) -> str:
    """A member read as another kind: strings by their text, numbers and truth values where the kind has them."""
    value = held.sql
    inside = f"({value} ->> '$')"
    steps = _steps(inside, rule)
    from_string = steps.sql if kind is Kind.TEXT else f"coalesce({_plain(kind, rule, inside)}, {ODD} || line)"
    if steps.odd:
        from_string = f"case when {steps.odd.format(form=inside)} then {ODD} || line else {from_string} end"
    others = f"{ODD} || line"
    if kind is Kind.BOOLEAN:
        others = f"case when {value} in ('true', 'false') then {value} else {others} end"
    elif kind is Kind.TEXT:
        shown = f"{value} in ('true', 'false') or {_matches(value, _INTEGER)} or {_confirmed(held, padded=False)}"
        others = f"case when {shown} then {value} else {others} end"
    elif kind is Kind.FLOAT:
        others = f"coalesce({_plain(kind, rule, value)}, {others})"
    elif kind in (Kind.INTEGER, Kind.NUMERIC):
        whole = _matches(value, _INTEGER)
        others = f"case when {whole} or {_confirmed(held)} then {_plain(kind, rule, value)} else {others} end"
        others = f"coalesce({others}, {ODD} || line)"
    return (
        f"case when {lines.named_twice(held.name)} then {ODD} || line when {value} is null then null"
        f" when left({value}, 1) = '\"' then {from_string} else {others} end"
    )
