"""PostgreSQL beside Parquet by hashes that both have: equal rows are never read again, all others always are."""

import itertools
import tempfile
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.comparison import ColumnRule, Comparison, Location, Mapped, SecondLook, Tolerance, compare
from tasks.comparison.errors import ComparisonCancelledError, CountsError, SideError
from tasks.comparison.postgres import cells, hashed_file
from tasks.comparison.ways import by_rows, hashed
from tests.tasks.comparison.pairs import held_types as held
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, DUCKDB, POSTGRES, Row, write_parquet, write_postgres
from tests.tasks.comparison.pairs.test_every_pair import edited, table
from tests.tasks.comparison.pairs.test_known_edits import check, small, tidy_tables, written
from tests.tasks.comparison.pairs.typed_stores import TypedStores

KEYED = POSTGRES.replace("id bigint", "id bigint primary key")
NARROW = DUCKDB.replace("decimal(20,4)", "decimal(16,4)")
NAMES = itertools.count()


@pytest.fixture
def sides(tmp_path: Path, postgres_database: str):
    """Writes a table with a key to the server, and rows to a file."""

    def write(served: list[Row], filed: list[Row]) -> tuple[Location, Location]:
        name = f"h{next(NAMES)}"
        server = write_postgres(postgres_database, name, served, KEYED)
        return server, Location(str(write_parquet(tmp_path / f"{name}.parquet", filed, NARROW)))

    return write


def compared(left: Location, right: Location, **more):
    result = compare(Comparison(left, right, **({"key": ("id",), "way": "hashed"} | more)))
    assert result.plan.way == "hashed"
    return result


@pytest.mark.parametrize("filed_first", [False, True])
def test_known_edits_are_found_whichever_side_the_server_is(sides, filed_first):
    before, after = table(400), edited(table(400))
    server, file = sides(before, after[::-1])
    result = compared(*((file, server) if filed_first else (server, file)))
    rows, columns = expected(*((after, before) if filed_first else (before, after)), COLUMNS)
    assert result.rows == rows
    assert {name: column.changed for name, column in result.columns.items()} == columns
    cells_apart = rows.changed + rows.missing  # the row more is in no cell, or the one that is gone is
    assert result.plan.because.startswith(f"sums of hashes differ in {cells_apart} of ")
    assert result.bits.bits == 64


def test_it_is_the_way_that_is_chosen(sides):
    server, file = sides(table(10), table(10))
    assert compare(Comparison(server, file, key=("id",))).plan.way == "hashed"


BOTH = ("postgresql", "parquet")
HASHED = (
    held.SHORTS,
    held.INTS,
    held.LONGS,
    held.DOUBLES,
    held.FLAGS,
    held.WORDS,
    held.DATES,
    held.STAMPS,
    held.INSTANTS,
)


@given(made=tidy_tables(BOTH, HASHED), again=st.lists(st.integers(0, 20), max_size=3))
@small(12)
def test_any_rows_with_any_edits(postgres_database, made, again):
    made = replace(made, right=[*made.right, *(made.right[place % len(made.right)] for place in again)])
    with tempfile.TemporaryDirectory() as folder:
        request = written(TypedStores(Path(folder), postgres_database, ""), made, BOTH)
        result = compare(replace(request, way="hashed"))
    assert result.plan.way == "hashed"
    check(made, result, sampled=True)


VALUES = {
    ("int", "integer"): ["0", "-1", "2147483647", None],
    ("smallint", "utinyint"): ["0", "7", "255", None],
    ("bigint", "bigint"): ["9223372036854775807", "-9223372036854775808", "4294967296", None],
    ("numeric(12,2)", "decimal(12,2)"): ["0", "-0.01", "9999999999.99", "10000", "100000000", None],
    ("numeric", "decimal(15,5)"): ["0.00001", "-1234567890.12345", "1e9", "5000", None],
    ("numeric", "bigint"): ["0", "9223372036854775807", "-10000", None],
    ("int", "decimal(9,2)"): ["0", "12345", "-1", None],
    ("float8", "double"): ["0", "-0", "NaN", "Infinity", "-1e300", "0.1", None],
    ("real", "float"): ["0.1", "-3.4e38", "NaN", "16777216", None],
    ("text", "varchar"): ["", "a", "Zoë 💶", "x" * 12, "y" * 41, "z" * 4096, None],
    ("character(5)", "varchar"): ["a", "abcde", None],
    ("bool", "boolean"): ["true", "false", None],
    ("timestamptz", "timestamptz"): ["1700-01-01 00:00:00+00", "1969-12-31 23:59:59.999999+00", None],
    ("timestamp", "timestamp"): ["2199-12-31 23:59:59", "2000-01-01 00:00:00.5", None],
    ("timestamp", "timestamp_ms"): ["2024-03-31 01:30:00.001", None],
    ("timestamp", "timestamp_s"): ["2024-03-31 01:30:00", None],
    ("date", "date"): ["0001-01-01", "2000-01-01", "9999-12-31", None],
}  # fmt: skip


@pytest.mark.parametrize("types", VALUES, ids=" ".join)
def test_equal_values_hash_alike_and_no_two_others_do(postgres_database, tmp_path, types):
    there, here = types
    values = VALUES[types]
    turned = [*values[1:], values[0]]
    server = write_postgres(postgres_database, "typed", list(enumerate(values)), f"id int primary key, v {there}")
    for name, rows, differing in (("same", values, 0), ("other", turned, len(values))):
        file = write_parquet(tmp_path / f"{name}.parquet", list(enumerate(rows)), f"id int, v {here}")
        result = compared(server, Location(str(file)))
        zeros = {"0", "-0"} <= {*values} and differing  # they are one value
        assert result.plan.because.startswith(f"sums of hashes differ in {differing - bool(zeros)} of"), name
        assert result.rows.changed == differing - bool(zeros)


def test_what_is_not_hashed_here_as_there_is_compared_by_value(postgres_database, tmp_path):
    texts = ["infinity", "1600-01-01 00:00:00+00", "2300-01-01 00:00:00+00", None]
    days = ["infinity", "-infinity", "2000-01-01", None]
    long = "x" * 5_000
    declared = 'id int, "at" timestamptz, born date, name varchar'
    rows = [(number, *values, long) for number, values in enumerate(zip(texts, days, strict=True))]
    server = write_postgres(postgres_database, "far", rows, "id int primary key, at timestamptz, born date, name text")
    assert compared(server, Location(str(write_parquet(tmp_path / "a.parquet", rows, declared)))).equal
    changed = [(number, texts[3 - number], days[3 - number], f"{long}y") for number in range(4)]
    result = compared(server, Location(str(write_parquet(tmp_path / "b.parquet", changed, declared))))
    assert {name: column.changed for name, column in result.columns.items()} == {"at": 4, "born": 4, "name": 4}


def test_keys_that_repeat_are_null_or_lie_outside_in_the_file(sides):
    rows = table(100)
    more = [(None, *rows[0][1:]), (None, *rows[1][1:]), (-5, *rows[2][1:]), (2**40, *rows[3][1:]), rows[4]]
    server, file = sides(rows, [*rows, *more])
    result = compared(server, file)
    assert (result.rows.left, result.rows.right, result.rows.matched) == (100, 105, 100)
    assert (result.rows.extra, result.rows.duplicate_right, result.rows.changed) == (5, 1, 0)
    assert result.coverage.null_keys_right == 2
    assert sorted(one.kind for one in result.samples) == [
        "duplicate_right", "extra", "extra", "extra", "null_key_right", "null_key_right"
    ]  # fmt: skip


def test_two_keys_in_one_cell_do_not_hide_each_other(sides, monkeypatch):
    monkeypatch.setattr(cells, "MOST", 10)
    before = table(70)
    after = [(*row[:4], (row[4] or 0) + (row[0] % 2), *row[5:]) for row in before]
    result = compared(*sides(before, after))
    assert result.rows.changed == expected(before, after, COLUMNS)[0].changed
    assert result.plan.because.endswith("of 10 cells")


def test_rows_are_read_again_some_keys_at_a_time(sides, monkeypatch):
    monkeypatch.setattr(by_rows, "KEYS_AT_ONCE", 3)
    before, after = table(60), edited(table(60))
    assert compared(*sides(before, after)).rows == expected(before, after, COLUMNS)[0]


def test_the_server_is_read_part_by_part(sides, monkeypatch):
    monkeypatch.setattr(hashed, "ROWS_OF_A_PART", 50)
    before, after = table(900), edited(table(900))
    result = compared(*sides(before, after))
    assert result.rows == expected(before, after, COLUMNS)[0]
    assert sum(one.times for one in result.queries if "string_agg" in one.text) > 3


def test_filters_and_names_of_either_side(sides):
    before, after = table(90), edited(table(90))
    server, file = sides(before, after)
    mapped = (Mapped("total", "tenant + 1", "tenant + 1"),)
    sides_of_it = replace(server, where="id % 2 = 0"), replace(file, where="id % 2 = 0")
    result = compared(*sides_of_it, mapped=mapped, ignore=("score",))
    rows, _ = expected(*([row for row in rows if row[0] % 2 == 0] for rows in (before, after)), COLUMNS)
    assert (result.rows.left, result.rows.missing, result.rows.extra) == (rows.left, rows.missing, rows.extra)


def reasons(result) -> str:
    assert result.plan.way != "hashed"
    return result.plan.because


def test_many_differences_and_keys_far_apart_are_left_to_the_join(sides, monkeypatch):
    before, after = table(60), edited(table(60))
    server, file = sides(before, after)
    with monkeypatch.context() as patch:
        patch.setattr(hashed, "BY_VALUE", 3)
        result = compare(Comparison(server, file, key=("id",)))
        assert "not hashed: sums of hashes differ in" in reasons(result)
        assert result.rows == expected(before, after, COLUMNS)[0]
        strays = sides(before, [(row[0] + 10_000, *row[1:]) for row in before])
        assert "not hashed: many keys are in the file only" in reasons(compare(Comparison(*strays, key=("id",))))
    far = [*before, (2**62, *before[0][1:])]
    assert "too far apart" in reasons(compare(Comparison(*sides(far, far), key=("id",))))
    assert "has no row" in reasons(compare(Comparison(*sides([], before), key=("id",))))


def test_a_server_that_still_reads_when_the_file_is_given_up_can_be_read_again(sides, monkeypatch):
    monkeypatch.setattr(hashed, "BY_VALUE", 3)
    monkeypatch.setattr(hashed, "ROWS_OF_A_PART", 1)
    before = table(40)
    server, file = sides(before, [(row[0] + 10_000, *row[1:]) for row in before])
    slow = replace(server, where="pg_sleep(0.02) is not null")
    result = compare(Comparison(slow, file, key=("id",)))
    assert "many keys are in the file only" in reasons(result)
    assert (result.rows.missing, result.rows.extra) == (40, 40)


def test_what_cannot_be_hashed_alike_is_said(sides, postgres_database, tmp_path, monkeypatch):
    server, file = sides(table(5), table(5))
    loose = {"name": ColumnRule(ignore_case=True)}
    close = {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.1")))}
    assert "name is not hashed here" in reasons(compare(Comparison(server, file, key=("id",), rules=loose)))
    assert "amount is not hashed here" in reasons(compare(Comparison(server, file, key=("id",), rules=close)))
    assert "exact values" in reasons(compare(Comparison(server, file, key=("id",), exact=True)))
    assert "not one integer column" in reasons(compare(Comparison(server, file, key=("id", "tenant"))))
    free = write_postgres(postgres_database, "free", table(5))
    assert "not unique by constraint" in reasons(compare(Comparison(free, file, key=("id",))))
    wide = Location(str(write_parquet(tmp_path / "wide.parquet", table(5))))
    assert "amount is not hashed here" in reasons(compare(Comparison(server, wide, key=("id",))))
    monkeypatch.setattr(hashed_file, "of_float8", lambda values, seed: values.view("uint64"))
    assert "the server hashes differently" in reasons(compare(Comparison(server, file, key=("id",))))


def test_a_role_that_sees_some_columns_alone_reads_them(sides, postgres_database):
    server, file = sides(table(5), table(5))
    role = f"some_columns_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"create role {role}")
        try:
            connection.execute(f"grant select (id, name) on {server.relation} to {role}")
            there = replace(server, address=f"{server.address}?options=-c%20role%3D{role}")
            result = compare(Comparison(there, file, key=("id",), columns=("name",)))
        finally:
            connection.execute(f"drop owned by {role}")
            connection.execute(f"drop role {role}")
    assert result.equal
    assert "not where its rows lie" in reasons(result)


def test_a_server_of_another_encoding_or_age_is_read(sides, monkeypatch):
    server, file = sides(table(5), table(5))
    monkeypatch.setattr(hashed_file, "_SERVER", "select 150000, 'LATIN1'")
    assert "the server's encoding is LATIN1" in reasons(compare(Comparison(server, file, key=("id",))))
    monkeypatch.setattr(hashed_file, "_SERVER", "select 130000, 'UTF8'")
    monkeypatch.setattr(hashed_file, "_KNOWN", "select a_hash_that_it_does_not_have(7)")
    assert "older than PostgreSQL 14" in reasons(compare(Comparison(server, file, key=("id",))))


def test_counts_that_contradict_each_other_are_refused(sides, monkeypatch):
    monkeypatch.setattr(hashed, "tell_by_rows", lambda *asked: (1, 0))
    with pytest.raises(CountsError, match="left as equal"):
        compared(*sides(table(30), edited(table(30))))


def test_an_error_of_either_side_ends_the_other(sides, postgres_database, tmp_path):
    server, file = sides(table(50), table(50))
    broken = replace(server, where="1 / (id - 30) is not null")
    with pytest.raises(SideError, match="division by zero"):
        compare(Comparison(broken, file, key=("id",), way="hashed"))
    data = bytearray(Path(file.address).read_bytes())
    data[4:200] = bytes(196)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(data)
    with pytest.raises(SideError, match=r"cut\.parquet"):
        compare(Comparison(server, Location(str(cut)), key=("id",), way="hashed"))
    with psycopg.connect(postgres_database) as connection:
        query = "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'"
        assert connection.execute(query).fetchone() == (1,)


def test_it_can_be_cancelled(sides):
    server, file = sides(table(50), table(50))
    slow = replace(server, where="id > 0 and pg_sleep(1) is not null")
    began = time.monotonic()
    with pytest.raises(ComparisonCancelledError):
        compare(Comparison(slow, file, key=("id",), way="hashed"), cancelled=lambda: time.monotonic() - began > 0.5)
    assert time.monotonic() - began < 10


def test_the_second_look_asks_the_file_for_single_keys(sides):
    before, after = table(60), edited(table(60))
    look = SecondLook(wait=timedelta(0))
    assert compared(*sides(before, after), second_look=look).rows == expected(before, after, COLUMNS)[0]
