"""The second look asks each side for the keys that differ as they are, whatever is shown of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tasks.comparison import (
    ColumnRule,
    Comparison,
    ControlTotal,
    GroupTotal,
    Kind,
    Location,
    Samples,
    SecondLook,
    Tolerance,
    combine,
    compare,
    split,
)
from tests.tasks.comparison.pairs.stores import write_parquet, write_postgres, write_sqlite

LOOK = SecondLook(timedelta(0))


@pytest.mark.parametrize(("declared", "key"), [("text", "x"), ("int", 1)])
def test_a_key_that_is_never_shown_is_looked_at_again_too(postgres_database: str, tmp_path: Path, declared, key):
    other = "y" if key == "x" else 2
    rows = {"l": [(key, 1), (other, 1)], "r": [(key, 1), (other, 2)]}
    asked = {"key": ("k",), "samples": Samples(redact=("k",)), "second_look": LOOK}
    columns = f"k {declared} primary key, v int"
    plain = f"k {declared}, v int"
    for left, right in (
        [write_postgres(postgres_database, f"{name}_{declared}", one, columns) for name, one in rows.items()],
        [write_sqlite(tmp_path / f"{name}.db", "t", one, columns) for name, one in rows.items()],
        [Location(str(write_parquet(tmp_path / f"{name}.parquet", one, plain))) for name, one in rows.items()],
    ):
        result = compare(Comparison(left, right, **asked))
        assert (result.rows.in_flight, result.rows.changed, result.rows.left) == (0, 1, 2)
        assert [sample.key for sample in result.samples] == [{"k": "[redacted]"}]


@pytest.mark.parametrize(
    ("declared", "rows"),
    [
        ("int", ["1,1", "x,1"]),
        ("int", ["1,1", "1.5,1"]),
        ("int", ["1,1", "99999999999,1"]),
        ("bigint", ["1,1", f"{2**70},1"]),
        ("numeric(5,2)", ["1,1", "1234567.5,1"]),
        ("real", ["1,1", "1e300,1"]),
        ("date", ["2026-01-01,1", "soon,1"]),
        ("uuid", ["00000000-0000-0000-0000-000000000001,1", "me,1"]),
        ("mood", ["good,1", "bad,1"]),
        ("small", ["1,1", "11,1"]),
    ],
)
def test_a_key_that_the_other_side_cannot_hold_is_extra_there_at_the_second_look_too(
    postgres_database: str, tmp_path: Path, declared, rows
):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("drop table if exists t; drop type if exists mood; drop domain if exists small")
        connection.execute("create type mood as enum ('good'); create domain small as int check (value < 10)")
    here = write_postgres(postgres_database, "t", [(rows[0].split(",")[0], 1)], f"k {declared} primary key, v int")
    there = tmp_path / "r.csv"
    there.write_text("\n".join(["k,v", *rows]) + "\n")
    result = compare(Comparison(here, Location(str(there)), key=("k",), second_look=LOOK))
    assert (result.rows.left, result.rows.right, result.rows.extra, result.rows.in_flight) == (1, 2, 1, 0)
    assert [sample.kind for sample in result.samples] == ["extra"]


@pytest.mark.parametrize("key", ["x", "1.5", str(2**70)])
def test_files_are_read_whole_for_a_key_that_their_type_cannot_hold(tmp_path: Path, key):
    here = write_parquet(tmp_path / "l.parquet", [(1, 1)], "k int, v int")
    there = tmp_path / "r.csv"
    there.write_text(f"k,v\n1,1\n{key},1\n")
    result = compare(Comparison(Location(str(here)), Location(str(there)), key=("k",), second_look=LOOK))
    assert (result.rows.left, result.rows.extra, result.rows.in_flight) == (1, 1, 0)


def test_a_whole_number_is_asked_for_as_one_whatever_places_the_other_side_writes(
    postgres_database: str, tmp_path: Path
):
    parquet = Location(str(write_parquet(tmp_path / "l.parquet", [(1, 1), (2, 2)], "k int, v int")))
    there = tmp_path / "r.csv"
    there.write_text("k,v\n1,1\n2.00,3\n")
    for here in (write_postgres(postgres_database, "whole", [(1, 1), (2, 2)], "k int primary key, v int"), parquet):
        rows = compare(Comparison(here, Location(str(there)), key=("k",), second_look=LOOK)).rows
        assert (rows.left, rows.changed, rows.in_flight) == (2, 1, 0)


ROWS = [(1, "a", 3), (2, "b", 7), (3, "c", 5)]
SUMS = (GroupTotal(("g",), "v"), GroupTotal(("g",)))


def arriving(database: str, statement: str):
    """What tells the progress of a comparison, and runs a statement between the two looks."""

    def told(progress) -> None:
        if progress.phase == "second look":
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(statement)

    return told


def apart_and_in_flight(result) -> tuple[list[str], list[str]]:
    apart = [f"{one.group['g']} {one.measure}" for one in result.groups if not one.within]
    return sorted(apart), sorted(f"{one.group['g']} {one.measure}" for one in result.groups if one.in_flight)


def ledgers(database: str, rows: list[tuple]) -> tuple[Location, Location]:
    columns = "id int primary key, g text, v int"
    return write_postgres(database, "gl", ROWS, columns), write_postgres(database, "gr", rows, columns)


def test_a_group_whose_rows_arrived_meanwhile_was_in_flight_too(postgres_database: str):
    """One that is still apart counts by what it is now; what reached a group that agreed is no difference."""
    sides = ledgers(postgres_database, [(1, "a", 10), (2, "b", 8), (3, "c", 5)])
    asked = Comparison(*sides, key=("id",), groups=SUMS, controls=(ControlTotal("v"),), second_look=LOOK)
    first = f"update {sides[1].relation} set v = 3 where id = 1; insert into {sides[1].relation} values (4, 'c', 1);"
    told = arriving(postgres_database, f"{first} update {sides[0].relation} set v = 6 where id = 2")
    result = compare(asked, progress=told)
    assert apart_and_in_flight(result) == (["b v"], ["a v"])
    assert [(one.left, one.right) for one in result.groups if not one.within] == [("6", "8")]
    assert (result.rows.in_flight, result.rows.changed, result.equal) == (1, 1, False)


def test_groups_of_key_ranges_are_looked_at_again_in_each(postgres_database: str):
    """By any difference, for what is within a tolerance in one range may not be in all of them."""
    sides = ledgers(postgres_database, [(1, "a", 4), (2, "b", 7), (3, "b", 5), (4, "a", 3)])
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"update {sides[0].relation} set g = 'b' where id = 3")
        connection.execute(f"insert into {sides[0].relation} values (4, 'a', 2)")
    total = GroupTotal(("g",), "v", Tolerance(absolute=Decimal(1)))
    whole = Comparison(*sides, key=("id",), groups=(total,), second_look=LOOK)
    assert apart_and_in_flight(combine(whole, [compare(part) for part in split(whole, 2)])) == (["a v"], [])
    results = []
    for part, key in zip(split(whole, 2), (1, 4), strict=True):
        told = arriving(postgres_database, f"update {sides[1].relation} set v = v - 1 where id = {key}")
        results.append(compare(part, progress=told))
    result = combine(whole, results)
    assert (apart_and_in_flight(result), result.equal) == (([], ["a v"]), True)


def test_all_that_was_in_flight_leaves_the_sides_equal(postgres_database: str):
    sides = ledgers(postgres_database, [(1, "a", 10), *ROWS[1:]])
    asked = Comparison(*sides, key=("id",), groups=SUMS, controls=(ControlTotal("v"),), second_look=LOOK)
    statement = f"update {sides[1].relation} set v = 3 where id = 1"
    result = compare(asked, progress=arriving(postgres_database, statement))
    assert (apart_and_in_flight(result), result.rows.in_flight, result.equal) == (([], ["a v"]), 1, True)
    assert compare(asked).groups[0].in_flight is False


def test_groups_apart_are_looked_at_again_where_no_row_can_be(postgres_database: str):
    """A row without a key is in no pair, but in its group."""
    columns = "id int, g text, v int"
    sides = [write_postgres(postgres_database, name, ROWS, columns) for name in ("nl", "nr")]
    late = "insert into {} values (null, 'a', 1)"
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(late.format(sides[0].relation))
    asked = Comparison(*sides, key=("id",), groups=SUMS, second_look=LOOK)
    result = compare(asked, progress=arriving(postgres_database, late.format(sides[1].relation)))
    assert apart_and_in_flight(result) == ([], ["a rows", "a v"])
    assert (result.rows.missing, result.coverage.null_keys_left) == (1, 1)


def test_groups_of_files_are_looked_at_again(tmp_path: Path):
    paths = [tmp_path / "l.csv", tmp_path / "r.csv"]
    paths[0].write_text("id,g,v\n1,a,3\n2,b,7\n")
    paths[1].write_text("id,g,v\n1,a,9\n2,b,8\n")

    def told(progress) -> None:
        if progress.phase == "second look":
            paths[1].write_text("id,g,v\n1,a,3\n2,b,8\n")

    rules = {"v": ColumnRule(kind=Kind.NUMERIC)}
    asked = Comparison(*(Location(str(path)) for path in paths), key=("id",), groups=SUMS, rules=rules)
    result = compare(replace(asked, second_look=LOOK), progress=told)
    assert apart_and_in_flight(result) == (["b v"], ["a v"])
