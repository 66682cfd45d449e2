"""The second look asks each side for the keys that differ as they are, whatever is shown of them."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tasks.comparison import Comparison, Location, Samples, SecondLook, compare
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
