"""Values that seem equal are read from one Parquet file alone and shown on both sides, where the sums prove them."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.comparison import ColumnRule, Comparison, Location, Samples, Tolerance, compare
from tasks.comparison.duck.buckets import Buckets, Spread, make_sieve
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.sources import Sources
from tasks.comparison.errors import ChangedError
from tasks.comparison.rules import Whitespace
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


@pytest.mark.parametrize("kind", ["bigint", "varchar"])
def test_what_seems_equal_and_is_is_lent_whatever_the_key(tmp_path, monkeypatch, kind):
    proved = []
    borrows = Sources._borrows
    monkeypatch.setattr(Sources, "_borrows", lambda *asked: proved.append((asked[2], borrows(*asked))) or proved[-1][1])
    columns = f"id {kind}, name varchar, score double, tenant int"
    sides = []
    for name, step in (("a", 1), ("b", -1)):
        rows = [(key, f"name {key}", key / 7, 9 if (name, key) == ("b", 900) else 1) for key in range(1, 2_000)][::step]
        rows = [(f"k{row[0]}", *row[1:]) for row in rows] if kind == "varchar" else rows
        sides.append(Location(str(write_parquet(tmp_path / f"{name}.parquet", rows, columns))))
    result = compare(Comparison(*sides, key=("id",), way="joined"))
    assert (result.rows.changed, proved) == (1, [((0, 1), True)])


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


@pytest.mark.parametrize("looked_at", [1, 64])
def test_a_column_that_differs_further_on_is_read_on_both_sides(tmp_path, monkeypatch, looked_at):
    monkeypatch.setattr("tasks.comparison.duck.sources.LOOKED_AT", looked_at)
    before = table(2_000)
    after = with_tenants(before, *range(1, 40))
    after[0] = (*after[0][:1], "another", *after[0][2:])
    result = both_ways(tmp_path, before, after[::-1])
    assert (result.columns["tenant"].changed, result.columns["name"].changed) == (39, 1)


def test_nothing_is_lent_to_a_row_that_stands_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.comparison.duck.sources.LOOKED_AT", 1)
    before = table(2_000)
    after = [*with_tenants(before, 900), (before[-1][0] + 1, *before[1][1:])]
    result = both_ways(tmp_path, before, after)
    assert (result.rows.missing, result.rows.extra, result.rows.changed) == (0, 1, 1)


def test_rows_that_repeat_on_both_sides_are_seen_though_every_sum_is_equal(tmp_path):
    before = table(2_000)
    twice = [*before, before[7], before[7]]
    result = both_ways(tmp_path, twice, twice[::-1])
    assert (result.rows.duplicate_left, result.rows.duplicate_right, result.rows.changed) == (2, 2, 0)


def test_rows_that_repeat_alike_on_both_sides_stay_two(tmp_path):
    before = table(2_000)
    before.append(before[3])
    result = both_ways(tmp_path, before, with_tenants(before, 3, 2_000))
    assert (result.rows.changed, result.rows.extra, result.rows.duplicate_right) == (2, 0, 1)


@pytest.mark.parametrize(
    ("declared", "one", "other"),
    [
        ("varchar", "zoe", "zoe  "),
        ("varchar", None, ""),
        ("double", 0.0, -0.0),
        ("double[]", [0.0], [-0.0]),
        ("float", -0.0, 0.0),
        ("double", float("nan"), float("nan")),
        ("json", '{"a": 1}', '{"a": 1.0}'),
        ("varchar[]", ["a"], ["a"]),
    ],
)
def test_each_side_shows_its_own_value_where_two_are_equal(tmp_path, declared, one, other):
    columns = f"id bigint, value {declared}, tenant int"
    rule = ColumnRule(whitespace=Whitespace.TRIM, null_equals_empty=True) if declared == "varchar" else ColumnRule()
    sides = []
    for name, value in (("a", one), ("b", other)):
        rows = [(number, value, 9 if (name, number) == ("b", 900) else 1) for number in range(1, 2_001)]
        path = write_parquet(tmp_path / f"{name}.parquet", rows[:: 1 if name == "a" else -1], columns)
        sides.append(Location(str(path)))
    request = Comparison(*sides, key=("id",), way="joined", rules={"value": rule})
    found, plain = compare(request), compare(replace(request, way="reference"))
    assert (found.rows, found.columns) == (plain.rows, plain.columns)
    assert repr(found.samples) == repr(plain.samples)
    assert (found.plan.way, found.rows.changed) == ("joined", 1)


FIRST = 7
"""The place of a row whose key is the first of its bucket's that the tests below touch."""


@pytest.mark.parametrize("kept", [500_000, 0])
@pytest.mark.parametrize("before_is_short", [False, True])
@pytest.mark.parametrize(
    ("added", "removed", "changed"),
    [
        ([FIRST, FIRST], [300, 301], []),  # an odd number of times, so that the sum is what it would be once
        ([FIRST, FIRST], [FIRST + 1, FIRST + 2], []),
        ([FIRST, FIRST], [], []),
        ([FIRST], [FIRST + 1], [FIRST + 2]),
        ([FIRST], [300], [FIRST]),
        ([FIRST, FIRST], [FIRST, 300, 301], [FIRST + 1]),
        ([FIRST, FIRST, FIRST], [FIRST, 300, 301], []),
        ([], [], [FIRST, 350]),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_keys_that_repeat_on_one_side_alone(
    tmp_path, monkeypatch, kept, before_is_short, added, removed, changed, swapped
):
    monkeypatch.setattr("tasks.comparison.duck.sources.KEEP_ROWS", kept)
    before = table(400)
    after = [row for place, row in enumerate(with_tenants(before, *changed)[::-1]) if place not in removed]
    after += [before[place] for place in added]
    if before_is_short:
        del before[FIRST]  # what repeats on one side is nowhere on the other
    both_ways(tmp_path, *((after, before) if swapped else (before, after[::-1])))


def test_decimals_of_two_types_are_shown_as_each_side_has_them(tmp_path):
    columns = "id bigint, amount {}, tenant int"
    sides = []
    for name, kind in (("a", "decimal(12, 2)"), ("b", "decimal(12, 4)")):
        rows = [(number, Decimal(number) / 4, 9 if (name, number) == ("b", 900) else 1) for number in range(1, 2_001)]
        path = write_parquet(tmp_path / f"{name}.parquet", rows[:: 1 if name == "a" else -1], columns.format(kind))
        sides.append(Location(str(path)))
    request = Comparison(*sides, key=("id",), way="joined")
    found, plain = compare(request), compare(replace(request, way="reference"))
    assert (found.rows, found.columns, found.samples) == (plain.rows, plain.columns, plain.samples)
    assert found.rows.changed == 1


def test_values_within_a_tolerance_are_shown_as_each_side_has_them(tmp_path):
    before = table(2_000)
    after = [list(row) for row in with_tenants(before, 900)]
    after[1_099][2] += Decimal("0.0003")
    rules = {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.001")))}
    assert both_ways(tmp_path, before, [tuple(row) for row in after], rules=rules).rows.changed == 1


@pytest.mark.parametrize("where", ["id > 3000", "id + tenant > 3000", "id + tenant < 3000"])
def test_rows_that_a_filter_leaves_out_have_no_bucket(tmp_path, where):
    before = table(2_000)
    after = with_tenants(before, 400, 1_201)
    sides = [
        Location(str(write_parquet(tmp_path / f"{name}.parquet", rows)), where=where)
        for name, rows in (("a", before), ("b", after))
    ]
    request = Comparison(*sides, key=("id",), way="joined")
    found, plain = compare(request), compare(replace(request, way="reference"))
    assert (found.plan.way, found.rows, found.samples) == ("joined", plain.rows, plain.samples)


@pytest.mark.parametrize(
    ("key", "asked"),
    [("3200::bigint", True), ("3264::bigint", False), ("1::bigint", False), ("9223372036854775807", False)],
)
def test_a_key_that_has_no_bucket_is_in_none(key, asked):
    found = Buckets(
        spread=Spread(is_dense=True, mask=1023, is_whole=True), number=2, unequal=1, repeated=0, suspect=1,
        suspect_rows=64, totals=(64, 64), nulls=(0, 0), odd_keys=0, doubtful=0, bounds=(46, 93), right_may_repeat=False,
    )  # fmt: skip
    with Duck("sieve") as duck:
        duck.run("create table bucket_sums as from (values (46, false), (50, true), (93, false)) t(b, suspect)")
        make_sieve(duck, found)
        assert duck.one(f"select {found.among_suspects([key])}") == (asked,)


@pytest.mark.parametrize("cut_short", [False, True])
def test_a_file_that_changes_between_two_readings_is_said_to_have_changed(tmp_path, monkeypatch, cut_short):
    before = table(2_000)
    path = write_parquet(tmp_path / "b.parquet", with_tenants(before, 900))
    narrow = Sources.narrow

    def changed(self, *found, **more):
        write_parquet(path, [*before, *((row[0] + 600_000, *row[1:]) for row in before)])
        if cut_short:
            path.write_bytes(path.read_bytes()[:100])
        return narrow(self, *found, **more)

    monkeypatch.setattr(Sources, "narrow", changed)
    left = Location(str(write_parquet(tmp_path / "a.parquet", before)))
    with pytest.raises(ChangedError, match="changed while it was read"):
        compare(Comparison(left, Location(str(path)), key=("id",), way="joined"))


def test_a_table_and_a_file_have_each_their_own_texts(tmp_path, monkeypatch, postgres_database):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    before = table(2_000)
    left = write_postgres(postgres_database, "texts", before)
    right = Location(str(write_parquet(tmp_path / "b.parquet", with_tenants(before, 900))))
    result = compare(Comparison(left, right, key=("id",), way="joined", samples=Samples(each=0)))
    assert (result.plan.way, result.rows.changed, result.columns["tenant"].changed) == ("joined", 1, 1)
