"""A filter stands by itself: its brackets balance as its own side reads them, or it is refused."""

import re
import sqlite3
from pathlib import Path

import pytest

from tasks.comparison import Comparison, Location, Mapped, compare
from tasks.comparison.errors import RequestError
from tests.tasks.comparison.pairs.stores import write_csv, write_jsonlines, write_parquet

NAMES = ("id", "name")
ROWS = [(number, f"name {number}") for number in range(1, 21)]
STORES = ("csv", "jsonl", "parquet", "sqlite")


def side(folder: Path, ending: str, where: str | None) -> Location:
    path = folder / f"rows.{ending}"
    match ending:
        case "csv":
            write_csv(path, ROWS, NAMES)
        case "jsonl":
            write_jsonlines(path, ROWS, NAMES)
        case "parquet":
            write_parquet(path, ROWS, "id bigint, name varchar")
        case "sqlite":
            with sqlite3.connect(path) as connection:
                connection.execute("create table t (id integer primary key, name text)")
                connection.executemany("insert into t values (?, ?)", ROWS)
    return Location(str(path), "t" if ending == "sqlite" else None, where)


def rows_of_left(tmp_path: Path, ending: str, where: str) -> int:
    other = tmp_path / "other"
    other.mkdir()
    sides = (side(tmp_path, ending, where), side(other, "csv", None))
    return compare(Comparison(*sides, key=("id",))).rows.left


@pytest.mark.parametrize("ending", STORES)
@pytest.mark.parametrize("where", ["name = 'name 1') or ('a' = 'a'", "(name = 'name 1'", "name = 'name 1')"])
def test_brackets_that_do_not_balance_are_refused(tmp_path: Path, ending: str, where: str):
    with pytest.raises(RequestError, match="the filter of the left is no condition"):
        rows_of_left(tmp_path, ending, where)


@pytest.mark.parametrize("ending", STORES)
def test_what_tells_of_more_than_its_own_row_is_refused(tmp_path: Path, ending: str):
    """Over one aggregate, all rows of a side are one."""
    with pytest.raises(RequestError, match="the filter of the left tells of more than its own row"):
        rows_of_left(tmp_path, ending, "count(*) > 1")
    (tmp_path / "more").mkdir()
    sides = [side(tmp_path / "more", ending, None), side(tmp_path / "other", "csv", None)]
    for expression in ("count(*)", "max(name)", "rank() over (order by name)"):
        asked = Comparison(*sides, key=("id",), mapped=(Mapped("x", expression, "name"),))
        with pytest.raises(RequestError, match=r"what x is on the left, .*\), tells of more than its own row"):
            compare(asked)


@pytest.mark.parametrize("ending", STORES)
def test_an_expression_that_is_none_is_named(tmp_path: Path, ending: str):
    (tmp_path / "other").mkdir()
    sides = [side(tmp_path / "other", "csv", None), side(tmp_path, ending, None)]
    for expression in ("nope", "name +", "nofunc(name)"):
        with pytest.raises(RequestError, match=f"what x is on the right, {re.escape(expression)}, is neither"):
            compare(Comparison(*sides, key=("id",), mapped=(Mapped("x", "name", expression),)))


@pytest.mark.parametrize("ending", STORES)
@pytest.mark.parametrize(
    "where",
    [
        "name = 'name 1' or name = ')('",
        "name = 'name 1' -- (",
        "name = 'name 1' /* ) or ( */",
        "name in ('name 1', '%s')",
    ],
)
def test_brackets_in_quotes_and_comments_are_none(tmp_path: Path, ending: str, where: str):
    assert rows_of_left(tmp_path, ending, where) == 1
