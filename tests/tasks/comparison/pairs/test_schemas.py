"""Parquet whose columns DuckDB would read as something else is refused by name, never compared as that."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.comparison import Comparison, Location, compare
from tasks.comparison.errors import SideError, TypesError


def part(path: Path, query: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path


def compared(left: Path, right: Path, **more):
    return compare(Comparison(Location(str(left)), Location(str(right)), key=("id",), **more))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("select 1 id, 10 v", "select 2 id, 20.7::double v", "b.parquet: column v is DOUBLE, and INTEGER in a.parquet"),
        ("select 1 id, 10 v", "select 2 id, '020' v", "b.parquet: column v is VARCHAR, and INTEGER in a.parquet"),
        ("select 1 id, 1.6 v", "select 2 id, 1.55 v", "column v is DECIMAL(3,2), and DECIMAL(2,1) in a.parquet"),
        ("select 1 id, {'a': 1} v", "select 2 id, {'a': 1.5} v", "column v is STRUCT(a DECIMAL(2,1)), and STRUCT"),
        ("select 1 id, 1 v", "select 2 id, 1 v, 7 w", "b.parquet has a column w, and a.parquet has none"),
        ("select 1 id, 1 v, 7 w", "select 2 id, 1 v", "a.parquet has a column w, and b.parquet has none"),
        ("select 1 id, 1 v", "select 2 id, 1 V", "a.parquet has a column v, and b.parquet has none"),
    ],
)
def test_parts_of_other_columns_or_types_are_named(tmp_path, first, second, said):
    for folder in ("l", "r"):
        part(tmp_path / folder / "a.parquet", first)
        part(tmp_path / folder / "b.parquet", second)
    with pytest.raises(SideError) as raised:
        compared(tmp_path / "l", tmp_path / "r")
    assert said in str(raised.value)
    assert str(raised.value).endswith(": write the files of a side with the same columns and types")


def test_parts_may_have_their_columns_in_any_order(tmp_path):
    for folder, last in (("l", 3), ("r", 4)):
        part(tmp_path / folder / "x=1/a.parquet", "select 1 id, 'a' v, 2 w")
        part(tmp_path / folder / "x=2/a.parquet", f"select {last} w, 2 id, 'b' v")
    result = compared(tmp_path / "l", tmp_path / "r")
    assert (result.rows.matched, result.columns["w"].changed, list(result.columns)) == (2, 1, ["v", "w", "x"])


def test_a_part_is_named_by_its_folder_where_that_tells_it(tmp_path):
    part(tmp_path / "l/x=1/a.parquet", "select 1 id, 1 v")
    part(tmp_path / "l/x=2/a.parquet", "select 1 id, 1::bigint v")
    with pytest.raises(SideError, match=r"^x=2/a\.parquet: column v is BIGINT, and INTEGER in x=1/a\.parquet: "):
        compared(tmp_path / "l", part(tmp_path / "r.parquet", "select 1 id, 1 v"))


def test_a_column_that_its_folder_gives_too_is_refused(tmp_path):
    sides = [part(tmp_path / name / "Year=2024/a.parquet", f"select 1 id, {2030 + len(name)} as year") for name in "lr"]
    with pytest.raises(SideError, match=r"column year is in the files and the folder Year=2024 gives it too"):
        compared(*sides)


def wide(path: Path, kind: pa.DataType, value: object) -> Path:
    pq.write_table(pa.table({"id": [1], "n": pa.array([value], kind), "m": [1]}), path)
    return path


@pytest.mark.parametrize("inside", ["alone", "list"])
def test_a_decimal_that_is_read_as_a_float_is_refused_where_it_is_compared(tmp_path, inside):
    kind = pa.decimal256(50, 2)
    numbers = [Decimal(f"12345678901234567890123456789012345678901234567.0{last}") for last in (1, 2)]
    left, right = (
        wide(tmp_path / name, kind if inside == "alone" else pa.list_(kind), one if inside == "alone" else [one])
        for name, one in zip(("l.parquet", "r.parquet"), numbers, strict=True)
    )
    with pytest.raises(TypesError, match=r"^column n: DECIMAL\(50,2\) has more digits than can be read exactly"):
        compared(left, right)
    assert compared(left, right, ignore=("n",)).equal


def test_the_longest_decimal_that_is_read_exactly_is_compared(tmp_path):
    left, right = (
        wide(tmp_path / name, pa.decimal256(38, 2), Decimal(f"123456789012345678901234567890123456.0{last}"))
        for name, last in (("l.parquet", 1), ("r.parquet", 2))
    )
    assert compared(left, right).columns["n"].changed == 1


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_names_that_sql_does_not_tell_apart_are_refused(tmp_path, form):
    left, right = (tmp_path / f"{name}.{form}" for name in "lr")
    for path, names, row in ((left, ("id", "v", "V"), (1, 2, 3)), (right, ("id", "V", "v"), (1, 5, 6))):
        if form == "csv":
            path.write_text(f"{','.join(names)}\n{','.join(map(str, row))}\n")
        else:
            pq.write_table(pa.table({name: [value] for name, value in zip(names, row, strict=True)}), path)
    with pytest.raises(SideError, match=rf"^l\.{form}: SQL does not tell the columns v and V apart: rename one of"):
        compared(left, right)
