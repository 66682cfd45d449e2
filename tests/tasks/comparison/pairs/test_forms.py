"""Forms of values in DuckDB: equal ones mean equal values, and differing ones are odd wherever the values may be equal.

Each case is judged twice: by the forms, and by the canonical values that the reference way would read.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tasks.comparison import ColumnRule, Kind, Whitespace
from tasks.comparison.canonical import reader
from tasks.comparison.duck.forms import Form, Held, Style, UnfitError, forms
from tasks.comparison.duck.types import kind_of, read_sql
from tasks.comparison.files.lines import members
from tasks.comparison.json_values import parsed
from tasks.comparison.kinds import Column
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import EXACTLY
from tasks.comparison.side import Selected

EQUAL, APART, BY_VALUE = "equal", "apart", "by value"
Value = tuple[str, str | None]
"""How a side holds it (a type of DuckDB, `text` or `json`), and its literal, text, or member of a line."""
Case = tuple[Kind, ColumnRule, Value, Value, str]


def text(value: str | None) -> Value:
    return ("text", value)


def member(value: str | None) -> Value:
    return ("json", value)


def typed(declared: str, value: str | None) -> Value:
    return (declared, value)


UTC, NO_CASE = ColumnRule(zone_utc=True), ColumnRule(ignore_case=True)
TRIM, COLLAPSE = ColumnRule(whitespace=Whitespace.TRIM), ColumnRule(whitespace=Whitespace.COLLAPSE)
EMPTY, MILLIS, CENTS = ColumnRule(null_equals_empty=True), ColumnRule(second_digits=3), ColumnRule(round_to=2)
STAMPED = "TIMESTAMP WITH TIME ZONE"
EARLY = "1960-01-01 00:00:00.001"
NOON = "2024-03-01 12:00:00"
ID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"

NATIVE: list[Case] = [
    (Kind.INTEGER, EXACTLY, typed("TINYINT", "-1"), typed("BIGINT", "-1"), EQUAL),
    (Kind.INTEGER, EXACTLY, typed("UINTEGER", "4294967295"), typed("INTEGER", "-1"), APART),
    (Kind.INTEGER, EXACTLY, typed("UBIGINT", "18446744073709551615"), typed("BIGINT", "-1"), APART),
    (Kind.NUMERIC, EXACTLY, typed("DECIMAL(9,2)", "1.50"), typed("DECIMAL(20,4)", "1.5"), EQUAL),
    (Kind.NUMERIC, EXACTLY, typed("DECIMAL(9,2)", "1.50"), typed("DECIMAL(20,4)", "1.5001"), APART),
    (Kind.NUMERIC, EXACTLY, typed("DECIMAL(38,0)", "1"), typed("DECIMAL(38,37)", "1"), EQUAL),
    (Kind.NUMERIC, EXACTLY, typed("DECIMAL(38,0)", "10"), typed("DECIMAL(38,36)", "1"), APART),
    (Kind.NUMERIC, EXACTLY, typed("INTEGER", "7"), typed("DECIMAL(5,2)", "7"), EQUAL),
    (Kind.NUMERIC, CENTS, typed("DECIMAL(9,3)", "0.125"), typed("DECIMAL(9,3)", "0.130"), EQUAL),
    (Kind.NUMERIC, CENTS, typed("DECIMAL(9,3)", "-0.125"), typed("DECIMAL(9,3)", "-0.130"), EQUAL),
    (Kind.NUMERIC, CENTS, typed("DECIMAL(9,3)", "0.124"), typed("DECIMAL(9,3)", "0.130"), APART),
    (Kind.FLOAT, EXACTLY, typed("DOUBLE", "0.0"), typed("DOUBLE", "-0.0"), EQUAL),
    (Kind.FLOAT, EXACTLY, typed("DOUBLE", "nan"), typed("DOUBLE", "nan"), EQUAL),
    (Kind.FLOAT, EXACTLY, typed("DOUBLE", "nan"), typed("DOUBLE", None), APART),
    (Kind.FLOAT, EXACTLY, typed("FLOAT", "0.1"), typed("DOUBLE", "0.1"), EQUAL),
    (Kind.FLOAT, EXACTLY, typed("FLOAT", "-0.0"), typed("DOUBLE", "0"), EQUAL),
    (Kind.FLOAT, EXACTLY, typed("FLOAT", "0.25"), typed("DOUBLE", "0.5"), APART),
    (Kind.TEXT, EXACTLY, typed("VARCHAR", "é"), typed("VARCHAR", "e\u0301"), APART),
    (Kind.TEXT, EXACTLY, typed("ENUM('a','b')", "a"), typed("ENUM('b','a')", "a"), EQUAL),
    (Kind.TEXT, EXACTLY, typed("ENUM('a','b')", "a"), typed("ENUM('b','a')", "b"), APART),
    (Kind.TEXT, TRIM, typed("VARCHAR", "\t\n\r\f\v a b"), typed("VARCHAR", "a b "), EQUAL),
    (Kind.TEXT, TRIM, typed("VARCHAR", "\u00a0a"), typed("VARCHAR", "a"), APART),
    (Kind.TEXT, TRIM, typed("VARCHAR", "a  b"), typed("VARCHAR", "a b"), APART),
    (Kind.TEXT, COLLAPSE, typed("VARCHAR", " a\t\n\r\f\v b"), typed("VARCHAR", "a b"), EQUAL),
    (Kind.TEXT, COLLAPSE, typed("VARCHAR", "a\tb  c"), typed("VARCHAR", "a b c"), EQUAL),
    (Kind.TEXT, COLLAPSE, typed("VARCHAR", "ab"), typed("VARCHAR", "a b"), APART),
    (Kind.TEXT, NO_CASE, typed("VARCHAR", "ABCXYZ"), typed("VARCHAR", "abcxyz"), EQUAL),
    (Kind.TEXT, NO_CASE, typed("VARCHAR", "Äb"), typed("VARCHAR", "äB"), BY_VALUE),
    (Kind.TEXT, EMPTY, typed("VARCHAR", ""), typed("VARCHAR", None), EQUAL),
    (Kind.TEXT, EXACTLY, typed("VARCHAR", ""), typed("VARCHAR", None), APART),
    (Kind.TIMESTAMP, EXACTLY, typed(STAMPED, f"{NOON}+00"), typed(STAMPED, "2024-03-01 13:00+01"), EQUAL),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP", NOON), typed(STAMPED, "2024-03-01 13:00+01"), EQUAL),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP", NOON), typed(STAMPED, f"{NOON}+01"), APART),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP", "infinity"), typed(STAMPED, "infinity"), EQUAL),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP", "infinity"), typed(STAMPED, None), BY_VALUE),
    (Kind.TEXT, EMPTY, typed("ENUM('a')", "a"), typed("ENUM('a')", "a"), EQUAL),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP", None), typed(STAMPED, None), EQUAL),
    (Kind.LOCAL_TIMESTAMP, EXACTLY, typed("TIMESTAMP_MS", NOON), typed("TIMESTAMP", NOON), EQUAL),
    (Kind.LOCAL_TIMESTAMP, MILLIS, typed("TIMESTAMP", f"{NOON}.1239"), typed("TIMESTAMP_MS", f"{NOON}.123"), EQUAL),
    (Kind.LOCAL_TIMESTAMP, MILLIS, typed("TIMESTAMP", f"{EARLY}9"), typed("TIMESTAMP", EARLY), EQUAL),
    (Kind.LOCAL_TIMESTAMP, MILLIS, typed("TIMESTAMP", f"{NOON}.124"), typed("TIMESTAMP", f"{NOON}.123"), APART),
    (Kind.INTEGER, EXACTLY, typed("BIGINT", None), typed("BIGINT", "0"), APART),
    (Kind.JSON, EXACTLY, typed("JSON", '{"a": 1, "b": 2}'), typed("JSON", '{"b": 2, "a": 1.0}'), BY_VALUE),
    (Kind.ARRAY, EXACTLY, typed("INTEGER[]", "[1, 2]"), typed("BIGINT[]", "[2, 1]"), BY_VALUE),
]  # fmt: skip
WRITTEN: list[Case] = [
    (Kind.INTEGER, EXACTLY, text("7"), typed("BIGINT", "7"), EQUAL),
    (Kind.INTEGER, EXACTLY, text("007"), typed("BIGINT", "7"), BY_VALUE),
    (Kind.INTEGER, EXACTLY, text("-0"), typed("BIGINT", "0"), BY_VALUE),
    (Kind.INTEGER, EXACTLY, text("7.0"), text("7"), BY_VALUE),
    (Kind.INTEGER, EXACTLY, text(None), typed("BIGINT", "0"), APART),
    (Kind.INTEGER, EXACTLY, text("7"), typed("DECIMAL(9,2)", "7.00"), EQUAL),
    (Kind.NUMERIC, EXACTLY, text("1.50"), typed("DECIMAL(9,3)", "1.5"), EQUAL),
    (Kind.NUMERIC, EXACTLY, text("100"), typed("DECIMAL(9,2)", "100"), EQUAL),
    (Kind.NUMERIC, EXACTLY, text("100"), text("1"), APART),
    (Kind.NUMERIC, EXACTLY, text("-0.00"), typed("DECIMAL(9,2)", "0"), EQUAL),
    (Kind.NUMERIC, EXACTLY, text("1e2"), text("100"), BY_VALUE),
    (Kind.NUMERIC, EXACTLY, text("1.50"), text("1.51"), APART),
    (Kind.NUMERIC, EXACTLY, text("00.5"), text("0.5"), BY_VALUE),
    (Kind.FLOAT, EXACTLY, text("0.10"), typed("DOUBLE", "0.1"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("1e2"), typed("DOUBLE", "100"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("-0"), typed("DOUBLE", "0"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("1e999"), typed("DOUBLE", "infinity"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("NaN"), typed("DOUBLE", "nan"), BY_VALUE),
    (Kind.BOOLEAN, EXACTLY, text("T"), typed("BOOLEAN", "true"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, text("1"), text("true"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, text("0"), text("f"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, text("False"), typed("BOOLEAN", "false"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, text("t"), text("f"), APART),
    (Kind.BOOLEAN, EXACTLY, text(" true"), text("t"), BY_VALUE),
    (Kind.DATE, EXACTLY, text("2024-02-29"), typed("DATE", "2024-02-29"), EQUAL),
    (Kind.DATE, EXACTLY, text("2024-02-30"), typed("DATE", "2024-03-01"), BY_VALUE),
    (Kind.DATE, EXACTLY, text("2024-02-29 00:00"), typed("DATE", "2024-02-29"), BY_VALUE),
    (Kind.TIMESTAMP, EXACTLY, text(f"{NOON}Z"), typed(STAMPED, f"{NOON}+00"), EQUAL),
    (Kind.TIMESTAMP, EXACTLY, text("2024-03-01T17:30:00+05:30"), text(f"{NOON}.000Z"), EQUAL),
    (Kind.TIMESTAMP, EXACTLY, text(NOON), text(f"{NOON}Z"), BY_VALUE),
    (Kind.TIMESTAMP, UTC, text(NOON), text(f"{NOON}Z"), EQUAL),
    (Kind.TIMESTAMP, EXACTLY, text(f"{NOON}.0000001Z"), text(f"{NOON}Z"), BY_VALUE),
    (Kind.TIMESTAMP, EXACTLY, text(f"{NOON}Z"), text(f"{NOON}.000001Z"), APART),
    (Kind.LOCAL_TIMESTAMP, EXACTLY, text(NOON), typed("TIMESTAMP", NOON), EQUAL),
    (Kind.LOCAL_TIMESTAMP, EXACTLY, text(f"{NOON}Z"), typed("TIMESTAMP", NOON), BY_VALUE),
    (Kind.LOCAL_TIMESTAMP, MILLIS, text(f"{NOON}.1239"), typed("TIMESTAMP", f"{NOON}.123"), EQUAL),
    (Kind.TIME, EXACTLY, text("12:00:00.500"), typed("TIME", "12:00:00.5"), EQUAL),
    (Kind.TIME, EXACTLY, text("12:00:10"), text("12:00:1"), BY_VALUE),
    (Kind.TIME, EXACTLY, text("12:00"), typed("TIME", "12:00:00"), BY_VALUE),
    (Kind.TIME, EXACTLY, text("12:00:00"), typed("TIME", "12:00:00.1"), APART),
    (Kind.UUID, EXACTLY, text(ID.upper()), typed("UUID", ID), EQUAL),
    (Kind.UUID, EXACTLY, text(ID.replace("-", "")), typed("UUID", ID), BY_VALUE),
    (Kind.BYTES, EXACTLY, typed("BLOB", "\\x00\\xFF"), typed("BLOB", "\\x00\\xFE"), APART),
    (Kind.BYTES, EXACTLY, text("\\x00ff"), typed("BLOB", "\\x00\\xFF"), EQUAL),
    (Kind.BYTES, EXACTLY, text("\\x00FF"), typed("BLOB", "\\x00\\xFF"), EQUAL),
    (Kind.BYTES, EXACTLY, text("\\x"), typed("BLOB", "\\x00"), APART),
    (Kind.BYTES, EXACTLY, text("\\x00 ff"), typed("BLOB", "\\x00\\xFF"), BY_VALUE),
    (Kind.TEXT, NO_CASE, typed("VARCHAR", "ABC"), text("abc"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("0"), typed("DOUBLE", "-0.0"), EQUAL),
    (Kind.FLOAT, EXACTLY, text("+-1"), typed("DOUBLE", "-1"), BY_VALUE),
    (Kind.LOCAL_TIMESTAMP, ColumnRule(second_digits=9), text(f"{NOON}.5"), typed("TIMESTAMP", f"{NOON}.500"), EQUAL),
    (Kind.TEXT, NO_CASE, text("ABC"), typed("VARCHAR", "abc"), EQUAL),
    (Kind.TEXT, EMPTY, text(""), typed("VARCHAR", None), EQUAL),
    (Kind.INTEGER, EMPTY, text(""), typed("BIGINT", None), EQUAL),
    (Kind.DATE, EMPTY, text(""), typed("DATE", None), EQUAL),
    (Kind.INTEGER, EMPTY, text(""), typed("BIGINT", "0"), APART),
    (Kind.DATE, EXACTLY, text(""), typed("DATE", None), BY_VALUE),
    (Kind.TIMESTAMP, EXACTLY, text(f"{NOON}+99:99"), typed(STAMPED, "2024-02-26 07:21:00+00"), BY_VALUE),
    (Kind.TIMESTAMP, EXACTLY, text("2024-03-01 24:00:00Z"), typed(STAMPED, "2024-03-02 00:00:00+00"), EQUAL),
    (Kind.LOCAL_TIMESTAMP, EXACTLY, text("2024-03-01 12:00:60"), text("2024-03-01 12:01:00"), BY_VALUE),
    (Kind.TIME, EXACTLY, text("12:00:60"), text("12:01:00"), BY_VALUE),
    (Kind.FLOAT, EXACTLY, text("1_000"), typed("DOUBLE", "1000"), BY_VALUE),
]  # fmt: skip
LINES: list[Case] = [
    (Kind.JSON, EXACTLY, member("1.10"), member("1.1"), EQUAL),
    (Kind.JSON, EXACTLY, member(" 1.10 "), member("1.1"), EQUAL),
    (Kind.JSON, EXACTLY, member('1.1, "w": 2'), member("1.1"), EQUAL),
    (Kind.JSON, EXACTLY, member('1.1, "w": {"v":1.15}'), member("1.1"), BY_VALUE),
    (Kind.JSON, EXACTLY, member("1.11"), member("1.110"), EQUAL),
    (Kind.JSON, EXACTLY, member("1.1"), member("1.2"), APART),
    (Kind.JSON, EXACTLY, member("7.0"), member("7"), EQUAL),
    (Kind.JSON, EXACTLY, member("-0.0"), member("0"), EQUAL),
    (Kind.JSON, EXACTLY, member("9007199254740993.5"), member("9007199254740994.0"), BY_VALUE),
    (Kind.JSON, EXACTLY, member("1.5e30"), member(f"15{'0' * 29}"), BY_VALUE),
    (Kind.JSON, EXACTLY, member("1e2"), member("100"), BY_VALUE),
    (Kind.JSON, EXACTLY, member("0.1000000000000000055"), member("0.1"), BY_VALUE),
    (Kind.JSON, EXACTLY, member("true"), member("1"), APART),
    (Kind.JSON, EXACTLY, member('"1"'), member("1"), APART),
    (Kind.JSON, EXACTLY, member('"ä"'), member('"\\u00e4"'), EQUAL),
    (Kind.JSON, EXACTLY, member("null"), member(None), EQUAL),
    (Kind.JSON, EXACTLY, member('{"a": 1, "b": 2}'), member('{"b": 2, "a": 1}'), BY_VALUE),
    (Kind.JSON, EXACTLY, member('[{"a": 0.30}]'), member('[{"a": 0.3}]'), BY_VALUE),
    (Kind.JSON, EXACTLY, member("[0.1000000000000000055]"), member("[0.1]"), BY_VALUE),
    (Kind.JSON, EXACTLY, member('1, "v": 2'), member("1"), BY_VALUE),
    (Kind.JSON, EXACTLY, member('null, "v": 2'), member(None), BY_VALUE),
    (Kind.JSON, EXACTLY, member('1, "\\u0076": 2'), member("1"), BY_VALUE),
    (Kind.JSON, EXACTLY, member('1, "w": {"v": 2}'), member("1"), EQUAL),
    (Kind.INTEGER, EXACTLY, member("7"), typed("BIGINT", "7"), EQUAL),
    (Kind.INTEGER, EXACTLY, member('"7"'), typed("BIGINT", "7"), EQUAL),
    (Kind.INTEGER, EXACTLY, member('1, "v": 2'), typed("BIGINT", "1"), BY_VALUE),
    (Kind.INTEGER, EXACTLY, member("7.0"), typed("BIGINT", "7"), BY_VALUE),
    (Kind.INTEGER, EXACTLY, member("true"), typed("BIGINT", "1"), BY_VALUE),
    (Kind.NUMERIC, EXACTLY, member("7.00"), typed("DECIMAL(9,2)", "7"), EQUAL),
    (Kind.NUMERIC, EXACTLY, member('"7.00"'), typed("DECIMAL(9,2)", "7"), EQUAL),
    (Kind.NUMERIC, EXACTLY, member("7e1"), typed("DECIMAL(9,2)", "70"), BY_VALUE),
    (Kind.NUMERIC, EXACTLY, member("1234567890123456.78"), typed("DECIMAL(20,2)", "1234567890123456.8"), BY_VALUE),
    (Kind.NUMERIC, EXACTLY, member("7.5"), typed("DECIMAL(9,2)", "7.51"), APART),
    (Kind.FLOAT, EXACTLY, member("0.10"), typed("DOUBLE", "0.1"), EQUAL),
    (Kind.FLOAT, EXACTLY, member("1e2"), typed("DOUBLE", "100"), EQUAL),
    (Kind.FLOAT, EXACTLY, member('"NaN"'), typed("DOUBLE", "nan"), BY_VALUE),
    (Kind.BOOLEAN, EXACTLY, member("true"), typed("BOOLEAN", "true"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, member('"t"'), typed("BOOLEAN", "true"), EQUAL),
    (Kind.BOOLEAN, EXACTLY, member("1"), typed("BOOLEAN", "true"), BY_VALUE),
    (Kind.TEXT, EXACTLY, member('"\\u00e4\\n"'), typed("VARCHAR", "ä\n"), EQUAL),
    (Kind.TEXT, EXACTLY, member("true"), typed("VARCHAR", "true"), EQUAL),
    (Kind.TEXT, EXACTLY, member("7"), typed("VARCHAR", "7"), EQUAL),
    (Kind.TEXT, EXACTLY, member("7.5"), typed("VARCHAR", "7.5"), EQUAL),
    (Kind.TEXT, EXACTLY, member("7.50"), typed("VARCHAR", "7.5"), BY_VALUE),
    (Kind.TEXT, EXACTLY, member("null"), typed("VARCHAR", None), EQUAL),
    (Kind.TEXT, EXACTLY, member('"null"'), typed("VARCHAR", None), APART),
    (Kind.TEXT, NO_CASE, member('"ABC"'), typed("VARCHAR", "abc"), EQUAL),
    (Kind.TEXT, EXACTLY, member("1e2"), typed("VARCHAR", "100"), BY_VALUE),
    (Kind.TEXT, EXACTLY, member('{"a":1}'), typed("VARCHAR", '{"a":1}'), BY_VALUE),
    (Kind.TEXT, EMPTY, member('""'), typed("VARCHAR", None), EQUAL),
    (Kind.INTEGER, EMPTY, member('""'), typed("BIGINT", None), EQUAL),
    (Kind.JSON, EMPTY, member('""'), member("null"), EQUAL),
    (Kind.JSON, EMPTY, member('""'), text(""), EQUAL),
    (Kind.TEXT, NO_CASE, member('"ÄB"'), typed("VARCHAR", "äb"), BY_VALUE),
    (Kind.TEXT, NO_CASE, member('"Ä"'), member('"ä"'), BY_VALUE),
    (Kind.DATE, EXACTLY, member('"2024-02-29"'), typed("DATE", "2024-02-29"), EQUAL),
    (Kind.DATE, EXACTLY, member("20240229"), typed("DATE", "2024-02-29"), BY_VALUE),
    (Kind.TIMESTAMP, EXACTLY, member('"2024-03-01T12:00:00Z"'), typed(STAMPED, f"{NOON}+00"), EQUAL),
    (Kind.UUID, EXACTLY, member(f'"{ID.upper()}"'), typed("UUID", ID), EQUAL),
]  # fmt: skip


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def held(value: Value) -> tuple[Held, str, str]:
    """A value as it is held, a relation in which it stands, and the type DuckDB has for it."""
    style, content = value
    if style == "json":
        line = "{}" if content is None else f'{{"v":{content}}}'
        quoted = line.replace("'", "''")
        relation = f"(select line, {members(['v'])} j from (select '{quoted}' line))"
        return Held('cast(j."v" as varchar)', "JSON", Style.JSON, "v"), relation, line
    declared = "VARCHAR" if style == "text" else style
    quoted = "null" if content is None else "'" + content.replace("'", "''") + "'"
    relation = f"(select cast({quoted} as {declared}) c)"
    return Held("c", declared, Style.TEXT if style == "text" else Style.TYPED), relation, ""


def told(duck: duckdb.DuckDBPyConnection, form: Form, relation: str) -> tuple[tuple[Any, int], bool]:
    """A form with its hash, which is what is compared, and whether it is odd."""
    odd = f"coalesce({form.odd.format(form='v')}, false)" if form.odd else "false"
    query = f"select cast(v as varchar), hash(v), {odd} from (select {form.sql} v from {relation})"
    form_text, hashed, is_odd = duck.execute(query).fetchall()[0]
    return (form_text, hashed), is_odd


def canonical(duck: duckdb.DuckDBPyConnection, value: Value, kind: Kind, rule: ColumnRule) -> Any:
    """What the reference way reads of the value."""
    one, relation, line = held(value)
    if one.style is Style.JSON:
        return reader(kind, rule, Kind.JSON)(parsed(line).get("v"))
    own = Kind.TEXT if one.style is Style.TEXT else kind_of(one.declared)
    (raw,) = duck.execute(f"select {read_sql('c', own, one.declared)} from {relation}").fetchone()  # type: ignore[misc]
    return reader(kind, rule, own)(parsed(raw) if own is Kind.JSON else raw)


@pytest.mark.parametrize(("kind", "rule", "left", "right", "expected"), [*NATIVE, *WRITTEN, *LINES])
def test_forms_say_of_two_values_what_the_values_say(duck, kind, rule, left, right, expected):
    (one, here, _), (other, there, _) = held(left), held(right)
    columns = [Selected("v", Column("v", kind_of(side.declared), side.declared)) for side in (one, other)]
    mine, yours = forms(Compared("v", kind, rule, *columns), one, other)
    (form, is_odd), (other_form, other_is_odd) = told(duck, mine, here), told(duck, yours, there)
    found = EQUAL if form[1] == other_form[1] else BY_VALUE if is_odd or other_is_odd else APART
    assert found == expected, (form, other_form)
    agree = canonical(duck, left, kind, rule) == canonical(duck, right, kind, rule)
    assert expected == BY_VALUE or agree == (expected == EQUAL)


UNFIT = [
    (Kind.NUMERIC, CENTS, text("1.125"), typed("DECIMAL(9,3)", "1.13")),
    (Kind.TIME, MILLIS, text("12:00:00.1239"), typed("TIME", "12:00:00.123")),
    (Kind.INTERVAL, EXACTLY, typed("INTERVAL", "1 month"), typed("INTERVAL", "30 days")),
    (Kind.TIMESTAMP, UTC, typed("TIMESTAMP_NS", NOON), typed(STAMPED, f"{NOON}+00")),
    (Kind.TIMESTAMP, EXACTLY, typed("TIMESTAMP", NOON), typed(STAMPED, f"{NOON}+00")),
    (Kind.NUMERIC, EXACTLY, typed("DOUBLE", "0.1"), typed("DECIMAL(9,2)", "0.1")),
    (Kind.TEXT, EXACTLY, typed("INTEGER", "1"), typed("VARCHAR", "1")),
    (Kind.NUMERIC, EXACTLY, typed("VARCHAR", "1.50"), typed("VARCHAR", "1.5")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rule", "left", "right"), UNFIT)
def test_values_without_a_form_are_left_to_another_way(kind, rule, left, right):
    columns = [Selected("v", Column("v", kind, "")) for _ in range(2)]
    with pytest.raises(UnfitError):
        forms(Compared("v", kind, rule, *columns), held(left)[0], held(right)[0])


def test_a_member_that_is_no_json_is_odd(duck):
    """DuckDB takes it for a number; read as a value it is an error that names the line."""
    one, relation, _ = held(member("NaN"))
    column = Compared("v", Kind.JSON, EXACTLY, *[Selected("v", Column("v", Kind.JSON, "JSON"))] * 2)
    _, is_odd = told(duck, forms(column, one, one)[0], relation)
    assert is_odd
