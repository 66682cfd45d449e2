"""Texts of which the sums say that they are equal are read from one Parquet file alone, and shown on both sides."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.comparison import ColumnRule, Comparison, Location, Samples, compare
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, write_parquet, write_postgres
from tests.tasks.comparison.pairs.test_every_pair import edited, table

TENANT = COLUMNS.index("tenant")


def with_tenants(rows, *places: int):
    """The rows with another tenant at some places, in another order."""
    found = [list(row) for row in rows]
    for place in places:
        found[place][TENANT] = 99
    return [tuple(row) for row in found[::-1]]


def both_ways(folder: Path, before, after, **more):
    """What the join says, after the values have said the same."""
    sides = [
        Location(str(write_parquet(folder / f"{name}.parquet", rows))) for name, rows in (("a", before), ("b", after))
    ]
    request = Comparison(*sides, key=("id",), way="joined", **more)
    found, plain = compare(request), compare(replace(request, way="reference"))
    assert found.plan.way == "joined"
    assert (found.rows, found.columns) == (plain.rows, plain.columns)
    assert found.samples == plain.samples
    return found


@pytest.mark.parametrize("kept", [500_000, 0])
def test_texts_stand_beside_what_differs_on_both_sides(tmp_path, monkeypatch, kept):
    monkeypatch.setattr("tasks.comparison.duck.sources.KEEP_ROWS", kept)
    before = table(2_000)
    result = both_ways(tmp_path, before, with_tenants(before, 1, 2, 3, 900))
    assert result.rows.changed == 4
    assert {one.columns for one in result.samples} == {("tenant",)}


def test_texts_that_differ_are_read_on_both_sides(tmp_path):
    before = table(2_000)
    after = edited(before)
    rows, columns = expected(before, after, COLUMNS)
    result = both_ways(tmp_path, before, after)
    assert (result.rows, result.columns["name"].changed) == (rows, columns["name"])


def test_a_key_that_repeats_has_a_text_in_each_of_its_rows(tmp_path):
    before = table(2_000)
    before.append((*before[3][:2], *before[4][2:]))
    result = both_ways(tmp_path, before, with_tenants(before, 3, 900, 2_000))
    assert (result.rows.changed, result.rows.duplicate_left, result.rows.duplicate_right) == (3, 1, 1)


def test_texts_with_a_rule_are_no_plain_ones(tmp_path):
    before = table(2_000)
    result = both_ways(tmp_path, before, with_tenants(before, 2), rules={"name": ColumnRule(ignore_case=True)})
    assert result.rows.changed == 1


def test_a_row_moved_to_another_key_is_found_though_its_text_is_there(tmp_path):
    before = table(2_000)
    after = with_tenants(before, 900)
    after[5] = (before[-6][0] + 1, *after[5][1:])
    result = both_ways(tmp_path, before, after)
    assert (result.rows.missing, result.rows.extra, result.rows.changed) == (1, 1, 1)


def test_two_rows_that_swap_their_texts_are_changed(tmp_path):
    before = table(2_000)
    after = with_tenants(before, 900)[::-1]
    after[1], after[2] = ((*one[:1], other[1], *one[2:]) for one, other in ((after[1], after[2]), (after[2], after[1])))
    result = both_ways(tmp_path, before, after)
    assert (result.rows.changed, result.columns["name"].changed) == (3, 2)


def test_a_table_and_a_file_have_each_their_own_texts(tmp_path, monkeypatch, postgres_database):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    before = table(2_000)
    left = write_postgres(postgres_database, "texts", before)
    right = Location(str(write_parquet(tmp_path / "b.parquet", with_tenants(before, 900))))
    result = compare(Comparison(left, right, key=("id",), way="joined", samples=Samples(each=0)))
    assert (result.plan.way, result.rows.changed, result.columns["tenant"].changed) == ("joined", 1, 1)
