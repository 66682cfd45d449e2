"""A column may have any name: one that the engine has for something of its own, too."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tasks.comparison import ColumnRule, Comparison, Kind, Location, Tolerance, compare
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.stores import write_csv, write_jsonlines

FORMS = ("parquet", "csv.gz", "jsonl.gz")
OURS = ("k0", "V0", "v1", "t1", "f1", "h", "odd", "odd_key", "p0", "R0", "r1", "c0", "line", "j", "e1", "s", "l", "x")


def written(path: Path, columns, rows) -> Location:
    if path.suffix == ".parquet":
        names = ", ".join(f'"{name}"' for name in columns)
        with duckdb.connect() as connection:
            connection.execute(f"copy (select * from (values {', '.join(map(str, rows))}) t({names})) to '{path}'")
    else:
        (write_csv if ".csv" in path.suffixes else write_jsonlines)(path, rows, columns)
    return Location(str(path))


def compared(folder: Path, forms, columns, left, right, **more):
    sides = [
        written(folder / f"{name}.{form}", columns, rows)
        for name, form, rows in zip("ab", forms, (left, right), strict=True)
    ]
    return compare(Comparison(*sides, key=("id",), **more))


@pytest.mark.parametrize("left", FORMS)
@pytest.mark.parametrize("right", FORMS)
@pytest.mark.parametrize("by_value", [0, joined.BY_VALUE])
def test_each_column_is_compared_whatever_its_name(tmp_path, monkeypatch, left, right, by_value):
    monkeypatch.setattr(joined, "BY_VALUE", by_value)
    before = [(number, *range(100 * number, 100 * number + len(OURS))) for number in (1, 2, 3)]
    for place, name in enumerate(OURS, start=1):
        after = [(*row[:place], row[place] + (row[0] == 2), *row[place + 1 :]) for row in reversed(before)]
        result = compared(tmp_path, (left, right), ("id", *OURS), before, after, way="joined")
        assert {one: column.changed for one, column in result.columns.items() if column.changed} == {name: 1}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["k0", "K0"])
def test_a_column_named_like_the_key_inside_does_not_stand_for_it(tmp_path, form, name):
    result = compared(tmp_path, (form, form), ("id", name), [(1, 71), (2, 72)], [(9, 71), (2, 72)], way="joined")
    assert (result.rows.missing, result.rows.extra) == (1, 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["t0", "f0", "v0"])
def test_a_column_named_like_a_number_inside_does_not_stand_for_it(tmp_path, form, name):
    rules = {"n": ColumnRule(kind=Kind.NUMERIC, tolerance=Tolerance(Decimal("0.1")))}
    before, after = [(1, 2, 7), (2, 2, 7)], [(2, 50, 7), (1, 2, 7)]
    result = compared(tmp_path, (form, form), ("id", "n", name), before, after, rules=rules, way="joined")
    assert result.columns["n"].changed == 1
