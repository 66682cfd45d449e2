"""A 64-bit hash of a row as one SQL expression that two servers agree on, from their own hashes of each value.

Their hashes serve hash joins, where a collision costs time and nothing else. Here it would hide a difference, so every
rule below that looks odd closes a hole: integers and instants are folded to 32 bits, `numeric` hashes without its sign
and NaN and infinities as one value, an enum hashes its object id, `jsonb` and arrays hash shapes alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from tasks.comparison.errors import ConnectionLostError, SideError, TimeLimitError
from tasks.comparison.kinds import Kind
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import ColumnRule, Whitespace
from tasks.comparison.side import Selected
from tasks.comparison.sides.postgresql import PostgresSide, double_sql, interval_sql, value_sql

BITS = 64
_SMALL = ("smallint", "integer")
_BLANKS = r"E' \t\n\r\f\v'"
_PLAIN = r"'(\.[0-9]*[1-9])0+(?![0-9])|\.0+(?![0-9])', '\1', 'g'"
_PERHAPS_BEYOND_JSONB = r"\\u(0000|[dD][89a-fA-F])|[eE][-+]?[0-9]{4}|[0-9]{255}"
_ELEMENTS = {
    Kind.INTEGER,
    Kind.NUMERIC,
    Kind.FLOAT,
    Kind.TEXT,
    Kind.BOOLEAN,
    Kind.UUID,
    Kind.TIMESTAMP,
    Kind.LOCAL_TIMESTAMP,
    Kind.DATE,
    Kind.TIME,
    Kind.BYTES,
}


@dataclass(frozen=True, slots=True)
class Hashing:
    """The seeds of one run: both sides use the same, and nobody can construct a collision for them beforehand."""

    salt: bytes

    def seed(self, place: int, use: str) -> str:
        """A 64-bit constant for the column at a place, as SQL."""
        return _constant(self._digest(place, use))

    def number(self, place: int, use: str) -> int:
        """The same constant without a sign."""
        return int.from_bytes(self._digest(place, use).digest())

    def _digest(self, place: int, use: str) -> blake2b:
        return blake2b(f"{place}:{use}".encode(), key=self.salt, digest_size=8)

    def unless(self, plain: str, place: int, hashed: str) -> str:
        """A hash that is one and the same wherever a condition holds: the value is compared in another way there."""
        return f"case when {plain} then {self.seed(place, 'elsewhere')} else {hashed} end"

    def row(self, columns: tuple[Compared, ...], chosen: tuple[Selected, ...], *, first: int = 0) -> str:
        """The hash of some columns together; `first` is the place of the first of them."""
        hashes = (self.value(place, *one) for place, one in enumerate(zip(columns, chosen, strict=True), start=first))
        return " # ".join(hashes)

    def value(self, place: int, column: Compared, one: Selected) -> str:
        """The hash of one value; null has a value of its own."""
        hashed = hash_sql(column, one, self.seed(place, "value"))
        nullable = one.column.nullable or column.rule.null_equals_empty
        return f"coalesce({hashed}, {self.seed(place, 'null')})" if nullable else hashed


def _constant(digest: blake2b) -> str:
    """A digest of 64 bits as an SQL constant."""
    return f"'{int.from_bytes(digest.digest(), signed=True)}'::int8"


def unfit(column: Compared) -> str | None:
    """Why a column cannot be hashed on the servers, or `None` when it can."""
    own, other = column.left.column, column.right.column
    if column.rule.second_digits is not None:
        return f"column {column.name} is cut to digits of a second"
    if column.rule.kind is not None:
        return f"column {column.name} is read as {column.kind.value} by rule"
    elements = {side.element for side in (own, other)}
    if column.kind is Kind.ARRAY and not elements <= _ELEMENTS:
        return f"column {column.name} is an array of a kind that servers hash loosely"
    return None


def unfit_json(side: PostgresSide, one: Selected) -> str | None:
    """Why JSON that is kept as text cannot be hashed: `jsonb` holds neither every escape nor every number."""
    if one.column.declared != "json":
        return None
    value, table = value_sql(one), side.relation.sql
    beyond = f"case when {value}::text ~ '{_PERHAPS_BEYOND_JSONB}' then {value}::jsonb is null end"
    unfit = None
    side.session.execute("savepoint hashes")
    try:
        side.session.one(f"select count(*) filter (where {beyond}) from {table}")  # noqa: S608 — names are quoted
    except (ConnectionLostError, TimeLimitError):
        raise
    except SideError as error:
        side.session.execute("rollback to hashes")
        unfit = f"column {one.name} is no jsonb: {error}"
    side.session.execute("release hashes")
    return unfit


def hash_sql(column: Compared, one: Selected, seed: str) -> str:
    """The seeded hash of a value that is not null."""
    if column.kind is Kind.INTEGER and {column.left.column.declared, column.right.column.declared} <= set(_SMALL):
        return f"hashint4extended({value_sql(one)}::int4, {seed})"
    return _HASHES[column.kind](canonical_sql(column, one), seed, one)


def canonical_sql(column: Compared, one: Selected) -> str:
    """The value with the column's rule applied, in the type that both sides are hashed in."""
    value, rule = value_sql(one), column.rule
    if column.kind is Kind.TEXT:
        return _text(f"{value}::text", rule)
    if column.kind is Kind.NUMERIC:
        exact = f"{value}::text::numeric" if one.column.kind is Kind.FLOAT else f"{value}::numeric"
        return exact if rule.round_to is None else f"round({exact}, {rule.round_to})"
    if column.kind is Kind.INTEGER:
        return f"{value}::int8" if rule.round_to is None else f"round({value}::numeric, {rule.round_to})::int8"
    if rule.null_equals_empty and column.kind in (Kind.JSON, Kind.OTHER):
        return f"nullif({value}::jsonb, '\"\"')" if column.kind is Kind.JSON else f"nullif({value}::text, '')"
    return double_sql(one) if column.kind is Kind.FLOAT else value


def _text(value: str, rule: ColumnRule) -> str:
    """Text by its characters: a collation may take other text for the same or for nothing, and know no patterns."""
    if rule.ignore_case:
        value = f"lower({value})"
    value = f'({value} collate "C")'
    if rule.padded:
        value = f"rtrim({value}, ' ')"
    if rule.whitespace is not Whitespace.EXACT:
        value = f"btrim({value}, {_BLANKS})"
    if rule.whitespace is Whitespace.COLLAPSE:
        value = f"regexp_replace({value}, E'[ \\t\\n\\r\\f\\v]+', ' ', 'g')"
    return f"nullif({value}, '')" if rule.null_equals_empty else value


def _integer(value: str, seed: str, one: Selected) -> str:  # noqa: ARG001 — one signature for all kinds
    """The server folds 64 bits to 32 before it hashes, so that 1 and 2³² collide; the value itself is in the seed."""
    return f"hashint8extended({value}, {value} # {seed})"


def _numeric(value: str, seed: str, one: Selected) -> str:  # noqa: ARG001
    """The server hashes the digits of a `numeric` and not its sign; another seed tells −1 from 1.

    NaN and the infinities hash to the very seed: their text is hashed instead. A hash is asked for that, not the value,
    because whatever reads a `numeric` unpacks it first.
    """
    hashed = f"hash_numeric_extended({value}, case when {value} >= 0 then {seed} else ~{seed} end)"
    return f"coalesce(nullif(nullif({hashed}, {seed}), ~{seed}), hashtextextended({value}::text, {seed}))"


def _instant(value: str, seed: str, one: Selected) -> str:
    """Near instants by `near_instant`; the others by their text, which takes longer.

    Not by their seconds: those of the last 29 years that there are come without their microseconds. Both of the
    server's types have the text of UTC here, the one by itself and the other by its zone.
    """
    near = f"{value} >= '1700-01-01' and {value} < '2200-01-01'"
    local = f"({value} at time zone interval '0')" if one.column.kind is Kind.TIMESTAMP else value
    far = f"hashtextextended({local}::text, {seed})"
    return f"case when {near} then {near_instant(local, seed)} else {far} end"


def near_instant(value: str, seed: str) -> str:
    """The hash of a timestamp, which the server folds to 32 bits as it does integers, without regard to its sign.

    The span of 2³² microseconds that it lies in is in its seed, and in that one's which half of time it lies in. Spans
    begin before the first value, as not all servers agree on what lies before.
    """
    half = f"case when {value} >= '2000-01-01' then {seed} else ~{seed} end"
    span = f"date_bin('4294.967296 s', {value}, timestamp '1429-02-23 00:24:50.518016')"
    return f"timestamp_hash_extended({value}, timestamp_hash_extended({span}, {half}))"


def _json(value: str, seed: str, one: Selected) -> str:  # noqa: ARG001
    """The server's own hash knows equal numbers, and neither empty containers nor moves by 32 places; its text does.

    In the text trailing zeros are cut from what looks like a decimal, also inside strings, which the first hash tells.
    """
    text = f"{value}::jsonb::text"
    return f"(jsonb_hash_extended({value}::jsonb, {seed}) # hashtextextended({_plain(text)}, {seed}))"


def _array(value: str, seed: str, one: Selected) -> str:
    """The text of an array shows its bounds and every element; the server's hash ignores bounds and folds elements."""
    if one.column.element is Kind.FLOAT:
        shape = f"hashtextextended(coalesce(array_dims({value}), ''), {seed})"
        doubles = value if one.column.declared == "double precision[]" else f"{value}::text::float8[]"
        return f"(hash_array_extended({doubles}, {seed}) # {shape})"
    text = f"{value}::text[]::text" if one.column.element is Kind.TEXT else f"{value}::text"
    return f'hashtextextended({_plain(text) if one.column.element is Kind.NUMERIC else text} collate "C", {seed})'


def _plain(text: str) -> str:
    """Text with trailing zeros cut from decimals."""
    return f"case when {text} like '%.%' then regexp_replace({text}, {_PLAIN}) else {text} end"


def _native(call: str) -> Callable[[str, str, Selected], str]:
    return lambda value, seed, one: call.format(value=value, seed=seed)  # noqa: ARG005


_HASHES: dict[Kind, Callable[[str, str, Selected], str]] = {
    Kind.BOOLEAN: _native("hashint4extended({value}::int4, {seed})"),
    Kind.INTEGER: _integer,
    Kind.NUMERIC: _numeric,
    Kind.FLOAT: _native("hashfloat8extended({value}, {seed})"),
    Kind.TEXT: _native("hashtextextended({value}, {seed})"),
    Kind.BYTES: _native("hash_array_extended(array[{value}], {seed})"),
    Kind.TIMESTAMP: _instant,
    Kind.LOCAL_TIMESTAMP: _instant,
    Kind.DATE: _native("hash_array_extended(array[{value}], {seed})"),
    Kind.TIME: _native("hashfloat8extended(date_part('epoch', {value}), {seed})"),
    Kind.INTERVAL: lambda value, seed, one: _numeric(f"({interval_sql(value)})", seed, one),
    Kind.UUID: _native("uuid_hash_extended({value}, {seed})"),
    Kind.JSON: _json,
    Kind.ARRAY: _array,
    Kind.OTHER: _native("hashtextextended({value}::text, {seed})"),
}
