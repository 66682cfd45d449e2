"""Totals by group that the servers add up: exact to the last digit, by groups that are equal as values are."""

from decimal import Decimal

import pytest

from tasks.comparison import ColumnRule, Comparison, GroupTotal, Kind, Location, compare
from tasks.comparison.errors import TypesError
from tasks.comparison.side import Totalling
from tasks.comparison.sides.postgresql import PostgresSide


def totals(databases, *groups: GroupTotal, **asked):
    result = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t"), groups=groups, **asked))
    return {tuple(group.group.values()): (group.left, group.right, group.within) for group in result.groups}, result


def test_sums_come_from_the_server(run, databases):
    run(*["create table t (id int primary key, g text, v numeric); insert into t values (1, 'a', 1), (2, 'a', 2)"] * 2)
    found, result = totals(databases, GroupTotal(("g",), "v"))
    assert found == {("a",): ("3", "3", True)}
    asked = [query for query in result.queries if "sum(amount)" in query.text]
    assert [(query.rows, query.times) for query in asked] == [(1, 1), (1, 1)]
    assert issubclass(PostgresSide, Totalling)


@pytest.mark.parametrize(
    ("kind", "values", "total"),
    [
        ("double precision", ["0.1", "0.2", "1e22"], "10000000000000000000000.3"),
        ("double precision", ["0.30000000000000004"], "0.30000000000000004"),
        ("real", ["0.1", "0.2"], "0.3"),
        ("numeric", ["0.10", "100000000000000000000000000000000.2"], "100000000000000000000000000000000.30"),
        ("bigint", ["9223372036854775807", "1"], "9223372036854775808"),
        ("money", ["0.10", "0.20"], "0.30"),
    ],
)
def test_sums_are_exact(kind, values, total, run, databases):
    rows = ", ".join(f"({place}, '{value}')" for place, value in enumerate(values))
    run(*[f"create table t (id int primary key, v {kind}); insert into t values {rows}"] * 2)
    assert totals(databases, GroupTotal((), "v"))[0] == {(): (total, total, True)}


def test_nulls_add_nothing_and_their_group_is_one_of_its_own(run, databases):
    table = "create table t (id int primary key, g text, v int); insert into t values"
    run(f"{table} (1, null, 5), (2, '', null), (3, null, 1)", f"{table} (1, null, 6), (2, '', 0)")
    found, _ = totals(databases, GroupTotal(("g",), "v"), GroupTotal(("g",)))
    assert found == {(None,): ("2", "1", False), ("",): ("1", "1", True)}


@pytest.mark.parametrize(
    ("kind", "one", "same", "other"),
    [
        ("numeric", "1.0", "1.00", "1.01"),
        ("timestamptz", "2024-01-01 00:00+00", "2024-01-01 02:00+02", "2024-01-01"),
        ("jsonb", '{"a": 1, "b": 2}', '{"b": 2, "a": 1.0}', "null"),
        ("json", '{"a": 1, "b": 2}', '{"b":2,"a":1.0}', "[]"),
        ("double precision", "0", "-0", "NaN"),
        ("text", "a", "a", "A"),
        ("interval", "1 month", "30 days", "1 day"),
        ("integer[]", "{1,2}", "{1, 2}", "{2,1}"),
        ("citext", "a", "a", "A"),
        ("text[] collate folded", "{a}", "{a}", "{A}"),
    ],
)
def test_groups_are_equal_exactly_as_values_are(kind, one, same, other, run, databases):
    if kind == "citext":
        kind = "text collate folded"
    folded = "create collation folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    make = f"{folded} create table t (id int primary key, g {kind}); insert into t values (1, '{one}'), (2, '{other}'),"
    if other == "2024-01-01":
        make = make.replace("'2024-01-01')", "'2024-01-01 00:00:00.000001+00')")
    run(f"{make} (3, '{one}')", f"{make} (3, '{same}')")
    found, _ = totals(databases, GroupTotal(("g",)))
    assert sorted(found.values()) == [("1", "1", True), ("2", "2", True)]


def test_what_is_no_finite_number_is_refused(run, databases):
    run(*["create table t (id int primary key, v float); insert into t values (1, 'NaN')"] * 2)
    with pytest.raises(TypesError, match="no finite number"):
        totals(databases, GroupTotal((), "v"))


def test_numbers_in_text_and_rounded_ones_are_added_up_as_they_are_compared(run, databases):
    run(*["create table t (id int primary key, v text, w numeric); insert into t values (1, ' 1.50', 0.125)"] * 2)
    rules = {"v": ColumnRule(kind=Kind.NUMERIC), "w": ColumnRule(round_to=2)}
    found, _ = totals(databases, GroupTotal((), "v"), rules=rules)
    assert found == {(): ("1.50", "1.50", True)}
    found, _ = totals(databases, GroupTotal((), "w"), rules=rules)
    assert found == {(): ("0.13", "0.13", True)}


def test_filters_and_empty_sides_count(run, databases):
    run(
        "create table t (id int primary key, v int); insert into t values (1, 5), (2, 6)",
        "create table t (id int primary key, v int); insert into t values (2, 6)",
    )
    groups = (GroupTotal((), "v"),)
    for where, expected in (("id = 1", ("5", None, False)), ("id = 2", ("6", "6", True))):
        sides = (Location(database, "t", where) for database in databases)
        (group,) = compare(Comparison(*sides, groups=groups)).groups
        assert (group.left, group.right, group.within) == expected
    assert Decimal(group.difference) == 0


def test_totals_by_an_enum_and_by_padded_text(run, databases):
    made = (
        "create type feeling as enum ('glad', 'sad');"
        " create table t (id int primary key, f feeling, c character(3), n int);"
        " insert into t values (1, 'glad', 'x', 1), (2, 'sad', 'x', 2)"
    )
    run(made, made)
    found, _ = totals(databases, GroupTotal(("f",), "n"), GroupTotal(("c",), "n"))
    assert {name: left for name, (left, _, _) in found.items()} == {("glad",): "1", ("sad",): "2", ("x",): "3"}
