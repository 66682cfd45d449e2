"""Parquet files with rows in one order are read abreast, once; any others are left to the join, and nothing is lost."""

import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.comparison import (
    ColumnRule,
    Comparison,
    ComparisonResult,
    ControlTotal,
    Location,
    Tolerance,
    compare,
)
from tasks.comparison.duck import abreast
from tasks.comparison.duck.session import Duck
from tasks.comparison.errors import ComparisonCancelledError, SideError
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, DUCKDB, Row, write_parquet
from tests.tasks.comparison.pairs.test_every_pair import table


def changed(rows: list[Row]) -> list[Row]:
    """The same rows in the same order with other values here and there, nulls gone and come."""
    found = [list(row) for row in rows]
    for place, row in enumerate(found):
        if place % 7 == 3:
            row[2] = (row[2] or 0) + Decimal("0.0001")
        if place % 5 == 1:
            row[4] = None
    found[0][3], found[-1][7], found[2][1] = float("nan"), None, ""
    return [tuple(row) for row in found]


def compared(folder: Path, left: list[Row], right: list[Row], declared: str = DUCKDB, **more) -> ComparisonResult:
    sides = [
        Location(str(write_parquet(folder / f"{name}.parquet", rows, declared)))
        for name, rows in (("a", left), ("b", right))
    ]
    return compare(Comparison(*sides, **({"key": ("id",)} | more)))


@pytest.fixture(params=[1, 3])
def parts(request, monkeypatch) -> int:
    """As many parts as threads read at once, wherever their ends fall."""
    monkeypatch.setattr(abreast, "ROWS_OF_A_PART", 50)
    monkeypatch.setattr(Duck, "threads", request.param)
    return request.param


@pytest.mark.parametrize("by_value", [5_000, 0])
def test_rows_in_one_order_are_compared_place_by_place(tmp_path, monkeypatch, parts, by_value):
    monkeypatch.setattr(joined, "BY_VALUE", by_value)
    before = table(401)
    after = changed(before)
    result = compared(tmp_path, before, after)
    rows, columns = expected(before, after, COLUMNS)
    assert (result.plan.way, result.rows, result.bits.bits) == ("aligned", rows, None)
    assert {name: column.changed for name, column in result.columns.items()} == columns
    assert all(column.exact for column in result.columns.values())
    assert len(result.samples) == min(100, rows.changed)
    assert next(query.times for query in result.queries if "positional join" in query.text) == parts
    assert compared(tmp_path, before, before).equal


@pytest.mark.parametrize(
    ("rows", "because"),
    [
        (table(60)[::-1], "two keys stand at one place"),
        ([*table(60)[:50], *table(60)[:49:-1]], "two keys stand at one place"),
        (table(60)[1:], "60 rows are not 59"),
        ([*table(60)[:59], (None, *table(1)[0][1:])], "two keys stand at one place"),
    ],
)
def test_rows_in_another_order_are_left_to_the_join(tmp_path, monkeypatch, rows, because):
    monkeypatch.setattr(abreast, "FIRST_ROWS", 10)
    result = compared(tmp_path, table(60), rows)
    assert result.plan.way == "joined"
    assert result.plan.because.endswith(f"not aligned: {because}")
    assert result.rows == compared(tmp_path, table(60), rows, way="reference").rows


@pytest.mark.parametrize("key", [None, 3])
def test_keys_that_repeat_or_are_null_are_left_to_the_join(tmp_path, key):
    before = [*table(20), (key, *table(1)[0][1:])]
    result = compared(tmp_path, before, changed(before))
    assert result.plan.because.endswith("not aligned: keys repeat or are null")
    assert result.rows == compared(tmp_path, before, changed(before), way="reference").rows


def test_values_of_two_types_are_equal_by_what_they_are(tmp_path):
    left = write_parquet(
        tmp_path / "a.parquet", [(1, Decimal("1.50"), 0.0, 5), (2, None, float("nan"), 6)],
        "id int, n decimal(9, 2), f double, i smallint",
    )  # fmt: skip
    right = write_parquet(
        tmp_path / "b.parquet", [(1, Decimal("1.5000"), -0.0, 5), (2, None, float("nan"), 7)],
        "id bigint, n decimal(20, 4), f double, i ubigint",
    )  # fmt: skip
    request = Comparison(Location(str(left)), Location(str(right)), key=("id",), exact=True)
    result = compare(request)
    assert (result.plan.way, [(one.key["id"], one.columns) for one in result.samples]) == ("aligned", [(2, ("i",))])


@pytest.mark.parametrize(
    ("declared", "more", "because"),
    [
        ("id int, file_row_number int", {}, "a column is named file_row_number"),
        ("id int, n json", {}, "equal values of n may be written in more than one way"),
        ("id int, n int", {"rules": {"n": ColumnRule(tolerance=Tolerance(absolute=Decimal(1)))}}, "a tolerance"),
        ("id int, n varchar", {"rules": {"n": ColumnRule(ignore_case=True)}}, "written in more than one way"),
    ],
)
def test_what_a_pair_of_rows_cannot_tell_is_left_to_the_join(tmp_path, declared, more, because):
    result = compared(tmp_path, [(1, "1")], [(1, "2")], declared, **more)
    assert result.plan.way == "joined"
    assert because in result.plan.because


def test_a_filter_and_a_folder_are_left_to_the_join(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", table(9))
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, rows in (("1", table(9)[:4]), ("2", table(9)[4:])):
        write_parquet(folder / f"{name}.parquet", rows)
    many = compare(Comparison(Location(str(path)), Location(str(folder)), key=("id",)))
    some = compare(Comparison(Location(str(path), where="id > 9"), Location(str(folder), where="id > 9"), key=("id",)))
    assert (many.plan.way, many.rows.matched, some.plan.way, some.rows.matched) == ("joined", 9, "joined", 6)


def test_control_totals_add_up_though_rows_are_many(tmp_path, monkeypatch):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    before = table(200)
    result = compared(tmp_path, before, changed(before), controls=(ControlTotal("amount"),))
    assert result.plan.way == "aligned"
    sums = result.controls[0].classes["changed"]
    assert Decimal(sums.right) - Decimal(sums.left) == result.columns["amount"].changed * Decimal("0.0001")
    monkeypatch.setattr(joined, "MOST_ODD", 3)
    assert compared(tmp_path, before, changed(before), controls=(ControlTotal("amount"),)).plan.way == "reference"


def test_a_file_that_is_cut_short_is_named(tmp_path):
    whole = write_parquet(tmp_path / "a.parquet", table(500))
    other = write_parquet(tmp_path / "b.parquet", table(500))
    data = bytearray(other.read_bytes())
    data[100:400] = bytes(300)
    other.write_bytes(data)
    with pytest.raises(SideError, match=r"b\.parquet"):
        compare(Comparison(Location(str(whole)), Location(str(other)), key=("id",)))


def test_queries_that_run_at_once_end_together(tmp_path):
    with Duck("here") as duck:
        minutes = "select count(*) from range(10000000000) where range % 7 = 9"
        timer = threading.Timer(0.3, duck.cancel)
        timer.start()
        with pytest.raises(ComparisonCancelledError):
            duck.all_at_once([minutes, minutes], label="minutes")
        timer.join()
        with pytest.raises(SideError):
            duck.all_at_once([minutes, "select error('no')"], label="minutes")
        assert duck.all_at_once(["select 1", "select 2"], label="short") == [[(1,)], [(2,)]]


def test_rows_that_are_waited_for_end_too():
    with Duck("here") as duck:
        timer = threading.Timer(0.3, duck.cancel)
        timer.start()
        with pytest.raises(ComparisonCancelledError):
            next(duck.stream("select count(*) from range(10000000000) where range % 7 = 9"))
        timer.join()
        assert list(duck.stream("select 1")) == [(1,)]


def test_two_files_are_compared_without_what_they_do_not_need(tmp_path):
    paths = [str(write_parquet(tmp_path / f"{name}.parquet", table(20))) for name in "ab"]
    program = (
        "import sys; from tasks.comparison import *;"
        f"found = compare(Comparison(*map(Location, {paths!r}), key=('id',)));"
        "print(found.equal, *{'numpy', 'pyarrow', 'pydantic', 'psycopg', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]
