"""Rules of columns on real servers: every way that hashes decides as exact values do."""

from dataclasses import replace

import numpy as np
import psycopg
import pytest

from tasks.comparison import ColumnRule, Comparison, Kind, Location, Samples, Whitespace, compare
from tasks.comparison.errors import TypesError
from tasks.comparison.postgres import ranged

WAYS = ["reference", "segments", "digests", "streamed"]
Pair = tuple[str, str, bool]
RULES: dict[str, tuple[str, str, ColumnRule, list[Pair]]] = {
    "trim": (
        "text", "varchar(20)", ColumnRule(whitespace=Whitespace.TRIM),
        [("E'\\t a  b \\n'", "'a  b'", True), ("'a  b'", "'a b'", False), ("E'\\u00a0a'", "'a'", False)],
    ),
    "collapse": (
        "text", "text", ColumnRule(whitespace=Whitespace.COLLAPSE),
        [("E' a \\t\\n b'", "'a b'", True), ("'ab'", "'a b'", False)],
    ),
    "case": ("text", "text", ColumnRule(ignore_case=True), [("'ABC'", "'abc'", True), ("' a'", "'a'", False)]),
    "empty": (
        "text", "text", ColumnRule(null_equals_empty=True),
        [("''", "null", True), ("null", "null", True), ("' '", "null", False), ("'a'", "null", False)],
    ),
    "empty after trimming": (
        "text", "text", ColumnRule(null_equals_empty=True, whitespace=Whitespace.TRIM), [("'  '", "null", True)],
    ),
    "rounding": (
        "numeric", "numeric(12,4)", ColumnRule(round_to=2),
        [("0.125", "0.13", True), ("-0.125", "-0.13", True), ("0.124", "0.13", False), ("0.1250", "0.1349", True)],
    ),
    "rounding of integers": ("bigint", "int", ColumnRule(round_to=-1), [("15", "20", True), ("14", "20", False)]),
    "rounding of floats": (
        "float8", "numeric", ColumnRule(round_to=1), [("0.25", "0.3", True), ("0.25", "0.2", False)],
    ),
    "rounding of long floats": (
        "float8", "numeric", ColumnRule(round_to=17),
        [("0.1", "0.1", True), ("0.30000000000000004", "0.30000000000000004", True)],
    ),
    "a local time as utc": (
        "timestamp", "timestamptz", ColumnRule(zone_utc=True),
        [
            ("'2024-03-31 01:30'", "'2024-03-31 03:30+02'", True),
            ("'2024-03-31 01:30'", "'2024-03-31 01:30+02'", False),
            ("'infinity'", "'infinity'", True),
        ],
    ),
    "widths of integers": (
        "smallint", "bigint", ColumnRule(), [("1", "1", True), ("-1", "-1", True), ("1", "4294967297", False)],
    ),
    "small widths of integers": ("smallint", "int", ColumnRule(), [("-1", "-1", True), ("1", "65537", False)]),
    "integers and decimals": (
        "int", "numeric(12,2)", ColumnRule(), [("1", "1.00", True), ("1", "1.01", False), ("0", "0", True)],
    ),
    "widths of floats": (
        "real", "float8", ColumnRule(),
        [("0.5", "0.5", True), ("0.5", "0.25", False), ("0", "-0", True), ("0.1", "0.1", True)],
    ),
    "widths of floats in arrays": (
        "real[]", "float8[]", ColumnRule(), [("'{0.1}'", "'{0.1}'", True), ("'{0.1}'", "'{0.2}'", False)],
    ),
    "a domain over a float": ("ratio", "float8", ColumnRule(), [("0.1", "0.1", True), ("0.1", "0.2", False)]),
    "a domain over money": ("price", "numeric", ColumnRule(), [("1.5", "1.50", True), ("1.5", "1.51", False)]),
    "padded text": ("character(5)", "text", ColumnRule(), [("'a'", "'a'", True), ("'a'", "'b'", False)]),
    "enums": ("mood", "mood", ColumnRule(), [("'fine'", "'fine'", True), ("'fine'", "'bad'", False)]),
    "enums and text": ("mood", "text", ColumnRule(), [("'fine'", "'fine'", True), ("'fine'", "'bad'", False)]),
    "blanks and case under a collation": (
        "text collate folded", "text", ColumnRule(whitespace=Whitespace.COLLAPSE, ignore_case=True),
        [("'É  b'", "'é b'", True), ("'a b'", "'á b'", False)],
    ),
    "nothing under a collation": (
        "text collate folded", "text", ColumnRule(null_equals_empty=True),
        [("''", "null", True), ("E'\\u200b'", "null", False)],
    ),
    "collations of arrays": (
        "text[] collate folded", "text[]", ColumnRule(), [("'{A}'", "'{a}'", False), ("'{a}'", "'{a}'", True)],
    ),
    "collations": ("text collate folded", "text", ColumnRule(), [("'A'", "'a'", False), ("'a'", "'a'", True)]),
    "reading as another kind": (
        "text", "text", ColumnRule(kind=Kind.NUMERIC), [("' 1.50'", "'1.5'", True), ("'1.5'", "'1.51'", False)],
    ),
    "cutting": (
        "timestamptz", "timestamptz(3)", ColumnRule(second_digits=3),
        [
            ("'2024-01-01 00:00:00.1239Z'", "'2024-01-01 00:00:00.123Z'", True),
            ("'2024-01-01Z'", "'2024-01-02Z'", False),
        ],
    ),
    "arrays of intervals": (
        "interval[]", "interval[]", ColumnRule(),
        [("'{1 day}'", "'{1 day}'", True), ("'{1 day}'", "'{2 days}'", False)],
    ),
}  # fmt: skip
BY_VALUES = {"reading as another kind", "cutting", "arrays of intervals"}
"""What servers cannot hash: only the reference way is right."""
FRESH = (
    "create type mood as enum ({}); create domain ratio as real; create domain price as money; "
    "create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false); "
)


def table(kind: str, side: int, pairs: list[Pair]) -> str:
    moods = "'fine', 'bad'" if side else "'bad', 'fine'"
    rows = ", ".join(f"({place}, {pair[side]})" for place, pair in enumerate(pairs))
    return f"{FRESH.format(moods)} create table t (id bigint primary key, v {kind}); insert into t values {rows}"


@pytest.mark.parametrize("name", RULES)
def test_rules_decide_alike_by_every_way(name, run, databases):
    left, right, rule, pairs = RULES[name]
    run(table(left, 0, pairs), table(right, 1, pairs))
    different = [place for place, pair in enumerate(pairs) if not pair[2]]
    for way in ["reference"] if name in BY_VALUES else WAYS:
        request = Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way=way, rules={"v": rule})
        found = compare(request)
        assert sorted(sample.key["id"] for sample in found.samples) == different, way
        assert found.columns["v"].changed == len(different)
        by_hashes_alone = compare(replace(request, samples=Samples(each=0)))
        assert (by_hashes_alone.rows, by_hashes_alone.columns) == (found.rows, found.columns), way


@pytest.mark.parametrize("name", sorted(BY_VALUES))
def test_what_servers_cannot_hash_is_compared_by_value_without_being_told(name, run, databases):
    left, right, rule, pairs = RULES[name]
    run(table(left, 0, pairs), table(right, 1, pairs))
    found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), rules={"v": rule}))
    assert found.plan.way == "reference"
    assert "column v" in found.plan.because
    assert found.rows.changed == 1


def test_the_settings_of_a_database_change_no_value(run, databases):
    make = (
        "create table t (id int primary key, r real, d float8, at timestamptz, day date, i interval, raw bytea,"
        " spans interval[], raws bytea[], stamps timestamptz[], days date[]); insert into t values"
        " (1, 0.12345679, 0.30000000000000004, '2024-01-02 03:04Z', '2024-01-02', '1 day -1 s', '\\x00ff',"
        " '{1 day -1 s}', '{\\x00ff}', '{2024-01-02 03:04Z}', '{2024-01-02}')"
    )
    run(make, make)
    settings = {
        "timezone": "Asia/Tokyo", "datestyle": "SQL, DMY", "intervalstyle": "sql_standard", "bytea_output": "escape",
        "extra_float_digits": "0",
    }  # fmt: skip
    with psycopg.connect(databases[1], autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"alter database {connection.info.dbname} set {name} = '{value}'")
        try:
            sides = Location(databases[0], "t"), Location(databases[1], "t")
            for way in (None, "reference"):
                result = compare(Comparison(*sides, way=way))
                assert result.equal, (way, result.samples)
            sides = tuple(replace(side, where="extract(hour from at) = 3") for side in sides)
            found = compare(Comparison(*sides))
            assert (found.equal, found.rows.matched) == (True, 1), "a filter means the same on both sides"
            sides = tuple(replace(side, where=None) for side in sides)
            columns = ("id", "r", "d", "at")
            for way in ("segments", "streamed"):
                assert compare(Comparison(*sides, way=way, columns=columns, samples=Samples(each=0))).equal, way
        finally:
            connection.execute(f"alter database {connection.info.dbname} reset all")


def test_the_same_value_under_another_column_is_a_change(run, databases):
    make = "create table t (id int primary key, a int, b int); insert into t values (1, {}, {})"
    run(make.format(5, 7), make.format(7, 5))
    for way in WAYS:
        found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way=way))
        assert (found.rows.changed, found.columns["a"].changed, found.columns["b"].changed) == (1, 1, 1)


def test_rows_that_exchange_their_values_are_both_changes(run, databases):
    make = "create table t (id int primary key, v text); insert into t values (1, '{}'), (2, '{}')"
    run(make.format("a", "b"), make.format("b", "a"))
    for way in WAYS:
        found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), way=way))
        assert found.rows.changed == 2


def test_a_float_against_a_decimal_is_refused_by_name(run, databases):
    run("create table t (id int primary key, v float8)", "create table t (id int primary key, v numeric)")
    with pytest.raises(TypesError, match="column v: double precision against numeric needs a tolerance or rounding"):
        compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t")))


def test_a_segment_that_has_rows_in_two_parts_is_one_segment():
    first = (np.array([0, 1]), np.array([5, 2]), np.array([7, 9]))
    second = (np.array([2, 1]), np.array([4, 3]), np.array([1, 12]))
    whole = [one.tolist() for one in ranged._whole([first, second])]
    assert whole == [[0, 1, 2], [5, 5, 4], [7, 9 ^ 12, 1]]
    assert ranged._whole([first]) == first
    nothing = (np.empty(0, np.int64),) * 3
    assert [len(one) for one in ranged._whole([nothing, nothing])] == [0, 0, 0]
