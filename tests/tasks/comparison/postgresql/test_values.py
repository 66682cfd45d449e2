"""Equal and unequal values of every type by every way: each rule of canonical values has a case that needs it."""

from datetime import timedelta

import psycopg
import pytest

from tasks.comparison import Column, ColumnRule, Comparison, Kind, Location, Samples, SecondLook, compare
from tasks.comparison.postgres.hashes import Hashing, hash_sql
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import EXACTLY
from tasks.comparison.side import Selected

Case = tuple[str | None, str | None, bool]
LONG = ",".join(map(str, range(40)))
SWAPPED = ",".join(str({0: 32, 32: 0}.get(number, number)) for number in range(40))
FOLDED = "2000-01-01 01:11:34.967297"

CASES: dict[str, list[Case]] = {
    "boolean": [("t", "t", True), ("t", "f", False), ("f", None, False)],
    "smallint": [("1", "1", True), ("1", "2", False), ("0", None, False)],
    "integer": [("-1", "-1", True), ("-2147483648", "2147483647", False)],
    "bigint": [
        ("9223372036854775807", "9223372036854775807", True),
        ("1", "4294967296", False),
        ("-1", "4294967295", False),
        ("9223372036854775807", "-9223372036854775808", False),
        ("0", None, False),
    ],
    "numeric": [
        ("1.0", "1.00", True),
        ("NaN", "NaN", True),
        ("Infinity", "Infinity", True),
        ("NaN", None, False),
        ("NaN", "Infinity", False),
        ("Infinity", "-Infinity", False),
        ("0", None, False),
        ("0.1", "0.10000000000000000000000000000000001", False),
        ("1e400", "1e400", True),
        ("1.5", "-1.5", False),
    ],
    "numeric(20,4)": [
        ("-1.5", "1.5", False),
        ("1.5", "1.50", True),
        ("NaN", None, False),
        ("NaN", "NaN", True),
        ("1.5", "1.5001", False),
    ],
    "real": [("0.1", "0.1", True), ("0", "-0", True), ("0.1", "0.2", False)],
    "double precision": [
        ("0", "-0", True),
        ("NaN", "NaN", True),
        ("NaN", None, False),
        ("Infinity", "-Infinity", False),
        ("0.1", "0.10000000000000002", False),
        ("0", None, False),
    ],
    "text": [
        ("a", "a", True),
        ("a", "a ", False),
        ("", None, False),
        ("é", "e\u0301", False),
        ("💶 %s", "💶 %s", True),
        ("Straße", "STRASSE", False),
    ],
    "character(5)": [("a", "a  ", True), ("a", "b", False)],
    "bytea": [("\\x00ff", "\\x00ff", True), ("\\x00", "\\x0000", False), ("\\x", None, False)],
    "timestamptz": [
        ("2024-03-31 01:30:00+00", "2024-03-31 03:30:00+02", True),
        ("2000-01-01 00:00:00+00", f"{FOLDED}+00", False),
        ("2000-01-01 00:00:00+00", "1999-12-31 22:48:25.032704+00", False),
        ("9999-12-31 23:59:59.999999+00", "9999-12-31 23:59:59.999998+00", False),
        ("infinity", "infinity", True),
        ("infinity", "-infinity", False),
        ("0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC", True),
        ("0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00", False),
        ("294276-12-31 23:59:59+00", "294276-12-31 23:59:59+00", True),
        ("294276-12-31 23:59:59.999999+00", "294276-12-31 23:59:59.999998+00", False),
        ("294247-01-10 04:00:54.775807+00", "294247-01-10 04:00:54.775808+00", False),
        ("4714-11-24 00:00:00+00 BC", "4714-11-24 00:00:00.000001+00 BC", False),
        ("1600-01-01 00:00:00+00", "2340-01-02 00:00:00+00", False),
    ],
    "timestamp": [
        ("2024-03-31 01:30:00", "2024-03-31 01:30:00.000", True),
        ("2000-01-01", FOLDED, False),
        ("infinity", "-infinity", False),
        ("294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999998", False),
        ("294247-01-10 04:00:54.775807", "294247-01-10 04:00:54.775808", False),
        ("4714-11-24 00:00:00 BC", "4714-11-24 00:00:00.000001 BC", False),
    ],
    "date": [
        ("2024-02-29", "2024-02-29", True),
        ("2024-02-29", "2024-03-01", False),
        ("5874897-12-31", "5874897-12-31", True),
        ("infinity", "-infinity", False),
        ("4713-01-01 BC", "4713-01-01 BC", True),
    ],
    "time": [("00:00", "24:00", False), ("00:00", "01:11:34.967297", False), ("12:00", "12:00:00.000", True)],
    "interval": [
        ("1 month", "30 days", True),
        ("1 day", "24:00:00", True),
        ("1 year 1 minute", "360 days 00:01:00", True),
        ("1 day", "25:00:00", False),
        ("00:01", "00:00:06", False),
        ("1 day", "-1 day", False),
        ("0", "4294.967297 seconds", False),
    ],
    "uuid": [
        ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", True),
        ("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", False),
    ],
    "jsonb": [
        ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
        ('{"a":1.0}', '{"a":1.00}', True),
        ('{"a":10}', '{"a":1e1}', True),
        ('{"a":0.1000000000000000055}', '{"a":0.1}', False),
        ('["1.0"]', '["1.00"]', False),
        ("true", "1", False),
        ("null", None, False),
        ("[]", "[[[]]]", False),
        (f"[{LONG}]", f"[{SWAPPED}]", False),
        ('"1"', "1", False),
    ],
    "json": [('{"a": 1, "b": 2}', '{"b":2,"a":1.0}', True), ('{"a":1,"a":2}', '{"a":2}', True), ("[1]", "[2]", False)],
    "integer[]": [
        ("{1,2}", "{1,2}", True),
        ("{1,2,3,4}", "{{1,2},{3,4}}", False),
        ("[2:3]={1,2}", "{1,2}", False),
        ("{NULL}", "{}", False),
        ("{}", None, False),
        ("{1,2}", "{2,1}", False),
    ],
    "bigint[]": [("{1}", "{4294967296}", False)],
    "numeric[]": [("{1.0,20}", "{1.00,20.0}", True), ("{NaN}", "{Infinity}", False), ("{10}", "{1}", False)],
    "double precision[]": [
        ("{0}", "{-0}", True),
        ("{NaN}", "{NaN}", True),
        ("{1,2,3,4}", "{{1,2},{3,4}}", False),
        ("[0:1]={1,2}", "{1,2}", False),
    ],
    "text[]": [('{"a,b"}', "{a,b}", False), ("{NULL}", '{"NULL"}', False), ("{é}", "{é}", True)],
    "inet": [("10.0.0.1", "10.0.0.1/32", True), ("10.0.0.1", "10.0.0.2", False)],
    "money": [("1.5", "1.50", True), ("1.5", "1.51", False)],
}


def made(kind: str, side: int, cases: list[Case]) -> str:
    literals = [f"'{case[side]}'" if case[side] is not None else "null" for case in cases]
    rows = ", ".join(f"({place}, {literal}::{kind})" for place, literal in enumerate(literals))
    return f"create table t (id bigint primary key, v {kind}); insert into t values {rows}"


@pytest.mark.parametrize("way", ["reference", "segments", "digests", "streamed"])
@pytest.mark.parametrize("kind", CASES)
def test_values_are_equal_exactly_when_they_should_be(kind, way, run, databases):
    cases = CASES[kind]
    run(made(kind, 0, cases), made(kind, 1, cases))
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    found = compare(Comparison(*sides, way=way))
    unequal = [place for place, case in enumerate(cases) if not case[2]]
    assert sorted(sample.key["id"] for sample in found.samples) == unequal
    assert found.rows.changed == found.columns["v"].changed == len(unequal)
    assert found.plan.way == way
    by_hashes_alone = compare(Comparison(*sides, way=way, samples=Samples(each=0)))
    assert by_hashes_alone.rows == found.rows
    assert by_hashes_alone.columns == found.columns


@pytest.mark.parametrize("way", ["reference", "segments", "digests", "streamed"])
def test_an_enum_is_its_label_whatever_the_server_calls_it_inside(way, run, databases):
    order = (
        "create type mood as enum ('sad', 'glad');",
        "create type other as enum ('x'); create type mood as enum ('glad', 'sad');",
    )
    rows = "create table t (id int primary key, v mood); insert into t values (1, 'sad'), (2, 'glad'), (3, {})"
    run(order[0] + rows.format("'sad'"), order[1] + rows.format("'glad'"))
    found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way=way))
    assert [sample.key for sample in found.samples] == [{"id": 3}]


@pytest.mark.parametrize("way", ["segments", "streamed"])
def test_numbers_of_any_width_are_compared_by_value(way, run, databases):
    run(
        "create table t (id int primary key, v smallint, w integer, x real[]);"
        " insert into t values (1, 7, 7, '{0.5}'), (2, 7, null, null)",
        "create table t (id bigint primary key, v bigint, w numeric, x float8[]);"
        " insert into t values (1, 7, 7.0, '{0.5}'), (2, 8, null, null)",
    )
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    found = compare(Comparison(*sides, way=way))
    assert compare(Comparison(*sides, way=way, samples=Samples(each=0))).rows == found.rows
    assert [(sample.key, sample.columns) for sample in found.samples] == [({"id": 2}, ("v",))]
    assert found.columns["w"].kind == Kind.NUMERIC


PAIRS = {
    "text": ("'a'", "'b'"), "bigint": ("1", "2"), "numeric(9,2)": ("0", "'NaN'"), "double precision": ("0", "null"),
    "boolean": ("true", "false"), "timestamptz": ("'1970-01-01 00:00+00'", "'infinity'"), "jsonb": ("'[]'", "'{}'"),
    "date": ("null", "'2024-01-01'"), "bytea": ("''", "null"), "integer[]": ("'{}'", "null"),
}  # fmt: skip


EXCHANGES = (
    ((("{0}", "{0}"), ("{0}", "{0}")), (("{1}", "{0}"), ("{1}", "{0}"))),
    ((("{0}", "{1}"), ("{1}", "{0}")), (("{1}", "{0}"), ("{0}", "{1}"))),
    ((("{0}", "{1}"),), (("{1}", "{0}"),)),
)
"""Values of two columns in the rows of both sides; each alone, because together they may not cancel out."""


@pytest.mark.parametrize("way", ["segments", "streamed"])
@pytest.mark.parametrize("kind", PAIRS)
def test_the_same_change_in_two_rows_never_cancels_out(kind, way, run, databases):
    """Nor does a value that two rows exchange, nor one column's that another takes over."""
    table = f"create table t (id bigint primary key, a {kind}, b {kind}); insert into t values"
    for sides in EXCHANGES:
        left, right = (
            ", ".join(f"({place}, {a}, {b})" for place, (a, b) in enumerate(rows)).format(*PAIRS[kind])
            for rows in sides
        )
        run(f"{table} {left}", f"{table} {right}")
        found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way=way))
        assert found.rows.changed == len(sides[0]), sides


def test_keys_that_share_a_hash_are_told_apart_by_the_hashes_of_their_rows(run, databases, monkeypatch):
    row = Hashing.row
    monkeypatch.setattr(Hashing, "row", lambda *given, first=0: "1::int8" if first else row(*given))
    table = "create table t (id text primary key, v int); insert into t values"
    run(f"{table} ('a', 7)", f"{table} ('b', 7)")
    found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way="streamed"))
    assert (found.rows.missing, found.rows.extra) == (1, 1)


@pytest.mark.parametrize("special", ["NaN", "Infinity", "-Infinity"])
def test_zero_and_what_has_no_digits_do_not_cancel_out_whatever_the_seeds(special, databases):
    """Seeds are drawn anew for every run, so that many are tried here."""
    columns = [Selected(name, Column(name, Kind.NUMERIC, "numeric")) for name in "ab"]
    compared = tuple(Compared(one.name, Kind.NUMERIC, EXACTLY, one, one) for one in columns)
    values = f"(values (0::numeric, '{special}'::numeric), ('{special}', 0)) r(a, b)"
    with psycopg.connect(databases[0]) as connection:
        for number in range(32):
            hashed = Hashing(bytes([number])).row(compared, tuple(columns))
            one, other = connection.execute(f"select {hashed} from {values}").fetchall()
            assert one != other


@pytest.mark.parametrize("instant", ["1699-12-31 23:59:59.999999", "2200-01-01", "4713-11-24 BC", "294276-12-31"])
def test_far_instants_are_hashed_by_their_text(instant, databases):
    """Servers do not agree on the spans that such instants lie in, nor all on seconds to the microsecond."""
    selected = Selected("v", Column("v", Kind.TIMESTAMP, "timestamp with time zone"))
    compared = Compared("v", Kind.TIMESTAMP, EXACTLY, selected, selected)
    hashed = hash_sql(compared, selected, "7::int8")
    values = "select v, hashtextextended(v::timestamp::text, 7) as s from (select %s::timestamptz as v) r"
    with psycopg.connect(databases[0], options="-c timezone=UTC") as connection:
        one, other = connection.execute(f"select {hashed}, s from ({values}) r", (instant,)).fetchone()
    assert one == other


def ways(databases: tuple[str, str], **more: object) -> list[tuple[str, str, list[int]]]:
    """The way that is taken, why, and the keys that differ, by it and by the reference; hashes alone find as many."""
    found, sides = [], (Location(databases[0], "t"), Location(databases[1], "t"))
    for way in (None, "reference"):
        result = compare(Comparison(*sides, way=way, **more))
        assert compare(Comparison(*sides, way=way, samples=Samples(each=0), **more)).rows == result.rows
        found.append((result.plan.way, result.plan.because, sorted(int(one.key["id"]) for one in result.samples)))
    return found


def test_blanks_that_fill_up_the_elements_of_an_array_are_no_part_of_them(run, databases):
    text = "create table t (id int primary key, v char({})[]); insert into t values (1, '{{a,NULL}}'), (2, '{{{}}}')"
    run(text.format(4, "b"), text.format(6, "c"))
    assert [(way == "reference", keys) for way, _, keys in ways(databases)] == [(False, [2]), (True, [2])]


@pytest.mark.parametrize("document", [r'{"a": "\u0000"}', "[1e200000]", r'"\ud800"'])
def test_json_that_is_no_jsonb_is_compared_by_its_values(run, databases, document):
    text = "create table t (id int primary key, v json); insert into t values (1, '{}'), (2, '{}'), (3, null)"
    run(text.format(document, "[1.0]"), text.format(document.replace(" ", ""), "[2]"))
    (way, because, keys), (_, _, others) = ways(databases)
    assert (way, keys, others) == ("reference", [2], [2])
    assert "column v is no jsonb" in because
    run(text.format("[1e9999]", "[1.0]"), text.format("[1e9999]", "[2]"))
    assert [(way == "reference", keys) for way, _, keys in ways(databases)] == [(False, [2]), (True, [2])]


@pytest.mark.parametrize(("declared", "empty"), [("jsonb", '""'), ("json", '""'), ("varbit", "")])
def test_empty_is_null_of_documents_and_other_types_by_rule(run, databases, declared, empty):
    text = f"create table t (id int primary key, v {declared}); insert into t values (1, {{}}), (2, null)"
    run(text.format(f"'{empty}'"), text.format("null"))
    rules = {"v": ColumnRule(null_equals_empty=True)}
    assert [(way == "reference", keys) for way, _, keys in ways(databases, rules=rules)] == [(False, []), (True, [])]
    assert [keys for _, _, keys in ways(databases)] == [[1], [1]]


@pytest.mark.parametrize("declared", ["timestamp(3)", "timestamptz", "date"])
def test_keys_before_christ_are_looked_at_again(run, databases, declared):
    text = f"create table t (id {declared} primary key, v int); insert into t values ('0044-03-15 BC', {{}})"
    run(text.format(1), text.format(2))
    sides = Location(databases[0], "t"), Location(databases[1], "t")
    rows = compare(Comparison(*sides, second_look=SecondLook(timedelta(0)))).rows
    assert (rows.left, rows.right, rows.changed, rows.in_flight) == (1, 1, 1, 0)
