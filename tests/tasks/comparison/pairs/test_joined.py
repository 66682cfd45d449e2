"""The join by key and hash says what plain Python says: few differences and many, tolerances, rules, any key."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.comparison import ColumnRule, Comparison, Kind, Location, Mapped, Samples, Tolerance, Whitespace, compare
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.sources import Sources
from tasks.comparison.errors import CountsError, MemoryShortError
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, RULES, write_csv, write_jsonlines, write_parquet
from tests.tasks.comparison.pairs.test_every_pair import edited, table

FORMATS = ("parquet", "csv", "jsonlines")


def written(folder: Path, name: str, rows, form: str) -> Location:
    if form == "parquet":
        return Location(str(write_parquet(folder / f"{name}.parquet", rows)))
    write = write_csv if form == "csv" else write_jsonlines
    return Location(str(write(folder / f"{name}.{'csv' if form == 'csv' else 'jsonl'}", rows)))


def compared(folder: Path, left, right, forms=("parquet", "parquet"), **more):
    sides = [written(folder, name, rows, form) for name, rows, form in zip("ab", (left, right), forms, strict=True)]
    request = Comparison(*sides, key=("id",), rules=RULES, way="joined")
    return compare(replace(request, **more))


@pytest.mark.parametrize("left", FORMATS)
@pytest.mark.parametrize("right", FORMATS)
def test_counting_from_the_join_says_what_comparing_values_says(tmp_path, monkeypatch, left, right):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    before = table(500)
    after = edited([(*row[:3], (row[3] or 0) + 1.5 if row[0] % 2 else row[3], *row[4:]) for row in before])
    result = compared(tmp_path, before, after, (left, right), exact_columns=True)
    rows, columns = expected(before, after, COLUMNS)
    assert result.plan.way == "joined"
    assert result.rows == rows
    assert {name: column.changed for name, column in result.columns.items()} == columns
    assert len([one for one in result.samples if one.kind == "changed"]) == 100


def test_the_plan_is_the_join_and_not_the_reference(tmp_path):
    result = compared(tmp_path, table(50), edited(table(50)))
    assert result.plan.way == "joined"
    assert result.plan.because.startswith("sums differ in")
    assert result.bits.bits == 64


def test_columns_past_the_cap_are_an_estimate_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    before = table(400)
    after = [(*row[:4], 99, *row[5:]) for row in before]
    result = compared(tmp_path, before, after, column_cap=50)
    assert not result.columns["tenant"].exact
    assert result.columns["tenant"].changed == 400
    assert compared(tmp_path, before, after, exact_columns=True).columns["tenant"].exact


def test_numbers_written_in_other_ways_are_equal_values(tmp_path):
    left = tmp_path / "a.jsonl"
    right = tmp_path / "b.jsonl"
    left.write_text('{"id": 1, "n": 1.10, "o": {"a": 1, "b": [1.0]}}\n{"id": 2, "n": 100, "o": null}\n')
    right.write_text('{"o": {"b": [1], "a": 1.0}, "n": 1.1, "id": 1}\n{"id": 2, "n": 1e2}\n')
    assert compare(Comparison(Location(str(left)), Location(str(right)), key=("id",))).equal


def test_a_whole_number_of_lines_is_counted_as_equal_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    (tmp_path / "a.jsonl").write_text('{"id": 1, "n": 7.0, "m": 1}\n{"id": 2, "n": -0.0, "m": 1}\n')
    (tmp_path / "b.jsonl").write_text('{"id": 1, "n": 7, "m": 1}\n{"id": 2, "n": 0, "m": 2}\n')
    sides = [Location(str(tmp_path / f"{name}.jsonl")) for name in "ab"]
    mapped = (Mapped("number", "n", "n"),)
    result = compare(Comparison(*sides, key=("id",), mapped=mapped, way="joined", samples=Samples(each=0)))
    assert (result.rows.changed, result.columns["number"].changed, result.columns["m"].changed) == (1, 0, 1)


@pytest.mark.parametrize("forms", [("jsonlines", "parquet"), ("csv", "parquet"), ("parquet", "parquet")])
def test_decimals_are_never_floats(tmp_path, forms):
    before = [(1, None, Decimal("1234567890123456.7800"), None, None, None, None, None)]
    after = [(1, None, Decimal("1234567890123456.7801"), None, None, None, None, None)]
    result = compared(tmp_path, before, after, forms)
    assert result.columns["amount"].changed == 1
    assert compared(tmp_path, before, before[:], forms).equal


def test_json_numbers_past_a_float_are_told_apart(tmp_path):
    for name, text in (("a", "0.1000000000000000055"), ("b", "0.1")):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "n": {text}, "m": 1}}\n')
    (tmp_path / "c.parquet").touch()
    request = Comparison(Location(str(tmp_path / "a.jsonl")), Location(str(tmp_path / "b.jsonl")), key=("id",))
    assert compare(request).columns["n"].changed == 1
    assert compare(replace(request, rules={"n": ColumnRule(kind=Kind.NUMERIC)})).columns["n"].changed == 1


@pytest.mark.parametrize(
    "member",
    [
        '"n": 1234567890123456.78',
        '"m": {"n": 1234567890123456.8}, "n": 1234567890123456.78',
        '"m":{"n":1234567890123456.8},"n" : 1234567890123456.78',
        '"n"\t:1234567890123456.78,"m":{"n":1234567890123456.8}',
        r'"m":{"n":1234567890123456.8},"\u006E":1234567890123456.78',
    ],
)
def test_a_json_number_is_not_what_its_float_would_be(tmp_path, member):
    (tmp_path / "a.jsonl").write_text(f'{{"id": 1, {member}}}\n')
    decimals = write_parquet(tmp_path / "b.parquet", [(1, Decimal("1234567890123456.8"))], "id int, n decimal(20, 2)")
    request = Comparison(Location(str(tmp_path / "a.jsonl")), Location(str(decimals)), key=("id",), way="joined")
    assert compare(request).columns["n"].changed == 1


def test_a_json_number_is_sure_where_the_line_has_the_name_as_a_value_too(tmp_path):
    (tmp_path / "a.jsonl").write_text(r'{"id": 1, "k": "n", "n":1.5, "m": "n: \u00e4"}' + "\n")
    decimals = write_parquet(tmp_path / "b.parquet", [(1, Decimal("1.5"))], "id int, n decimal(20, 2)")
    sides = Location(str(tmp_path / "a.jsonl")), Location(str(decimals))
    result = compare(Comparison(*sides, key=("id",), ignore=("k", "m"), way="joined"))
    assert result.equal
    assert result.plan.because == "all sums by bucket are equal"


@pytest.mark.parametrize("name", ["a/b", "a\\b", 'a"b', "a.b", "größe", "a%"])
def test_a_name_of_other_letters_is_found_in_one_place(tmp_path, name):
    quoted, decimal = json.dumps(name, ensure_ascii=False), "1.50000000000000000001"
    inside = quoted.replace("\\\\", "\\")
    by_number = quoted.replace("/", r"\/")
    texts = [f'{{"id": 1, "m": {{{inside}: 1.5}}, {by_number} : {decimal}}}', f'{{"id": 1, {quoted}: 1.5}}']
    decimals = tmp_path / "b.parquet"
    pq.write_table(pa.table({"id": [1], name: [Decimal("1.5")]}), decimals)
    for text, equal in zip(texts, (False, True), strict=True):
        (tmp_path / "a.jsonl").write_text(f"{text}\n")
        request = Comparison(Location(str(tmp_path / "a.jsonl")), Location(str(decimals)), key=("id",), way="joined")
        assert compare(replace(request, columns=(name,))).equal is equal


def test_a_tolerance_decides_by_value_where_a_float_cannot(tmp_path):
    before = [(number, None, Decimal(number), float(number), None, None, None, None) for number in range(1, 9)]
    moved = ["0", "0.01", "0.0100", "0.0101", "0.02", "-0.01", "-0.0101", "5"]
    after = [(*row[:2], row[2] + Decimal(by), *row[3:]) for row, by in zip(before, moved, strict=True)]
    rules = RULES | {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.01")))}
    result = compared(tmp_path, before, after, rules=rules)
    assert sorted(one.key["id"] for one in result.samples) == [4, 5, 7, 8]
    assert result.plan.way == "joined"


def test_a_relative_tolerance_reads_a_float_against_a_decimal(tmp_path):
    left = write_parquet(
        tmp_path / "a.parquet", [(1, 100.0), (2, 100.0), (3, None), (4, float("nan"))], "id int, n double"
    )
    right = write_parquet(
        tmp_path / "b.parquet", [(1, Decimal(101)), (2, Decimal("101.02")), (3, None), (4, 1)], "id int, n decimal(9,2)"
    )
    rules = {"n": ColumnRule(tolerance=Tolerance(relative=Decimal("0.01")))}
    result = compare(Comparison(Location(str(left)), Location(str(right)), key=("id",), rules=rules, way="joined"))
    assert [one.key["id"] for one in result.samples] == [2, 4]


def test_a_tolerance_in_time_is_exact(tmp_path):
    before = table(30)
    after = [(*row[:6], row[6] and row[6] + timedelta(microseconds=1_000_000 + row[0] % 2), row[7]) for row in before]
    rules = {"seen": ColumnRule(tolerance=Tolerance(time=timedelta(seconds=1)))}
    result = compared(tmp_path, before, after, rules=rules)
    assert result.columns["seen"].changed == sum(row[6] is not None and row[0] % 2 for row in before)


def test_case_blanks_and_empty_text_follow_the_rules(tmp_path):
    def rows(*names):
        return [(number, name, *[None] * 6) for number, name in enumerate(names)]

    rule = ColumnRule(ignore_case=True, whitespace=Whitespace.COLLAPSE, null_equals_empty=True)
    before = rows(" A  b ", "", None, "ÄB", "x", "İ")
    after = rows("a B", None, "  ", "äb", "y", "i")
    for forms in (("parquet", "parquet"), ("csv", "csv"), ("csv", "jsonlines")):
        result = compared(tmp_path, before, after, forms, rules=RULES | {"name": rule})
        assert [str(one.key["id"]) for one in result.samples] == ["4", "5"], forms
        assert result.plan.way == "joined"


def test_composite_and_text_keys_and_the_whole_row(tmp_path):
    before, after = table(80), edited(table(80))
    for key in (("id", "tenant"), ("*",)):
        result = compared(tmp_path, before, after, key=key, rules={})
        plain = compared(tmp_path, before, after, key=key, rules={}, way="reference")
        assert result.rows == plain.rows
        assert {one.kind for one in result.samples} == {one.kind for one in plain.samples}


def test_nulls_meet_in_whole_rows_that_are_counted_from_the_join(tmp_path, monkeypatch):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    monkeypatch.setattr("tasks.comparison.duck.buckets.MOST_BUCKETS", 1)
    left = write_parquet(tmp_path / "a.parquet", [(1, None), (2, "x")], "id int, v varchar")
    right = write_parquet(tmp_path / "b.parquet", [(1, None), (2, "y")], "id int, v varchar")
    sides = Location(str(left)), Location(str(right))
    rows = compare(Comparison(*sides, key=("*",), way="joined", samples=Samples(each=0))).rows
    assert (rows.matched, rows.missing, rows.extra) == (1, 1, 1)


def test_keys_far_apart_are_bucketed_by_hash(tmp_path):
    before = [(row[0] ** 3 * 1_000_003, *row[1:]) for row in table(300)]
    after = edited(before)
    result = compared(tmp_path, [*before, before[7]], after)
    rows, _ = expected([*before, before[7]], after, COLUMNS)
    assert result.rows == rows


def test_a_key_written_in_two_ways_is_left_to_the_reference(tmp_path):
    (tmp_path / "a.csv").write_text("id,name\n007,x\n8,y\n")
    parquet = write_parquet(tmp_path / "b.parquet", [(7, "x"), (8, "y")], "id int, name varchar")
    result = compare(Comparison(Location(str(tmp_path / "a.csv")), Location(str(parquet)), key=("id",)))
    assert result.equal
    assert "written in more than one way" in result.plan.because


def test_counts_that_contradict_each_other_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(joined._Run, "_tell_values", lambda run, found: (1, 0))
    with pytest.raises(CountsError):
        compared(tmp_path, table(30), edited(table(30)))


@pytest.mark.parametrize(
    ("line", "way"),
    [
        ('{{"id": 5000, "n": {n}, "id": 7}}', "reference"),
        ('{{"id": 5000, "n": {n}, "\\u0069d": 7}}', "reference"),
        ('{{"n": {n}, "id": 7}}', "joined"),
        ('{{"id": 7, "n": {{"id": {n}}}}}', "joined"),
        ('{{"id":  7, "n": {n}}}', "joined"),
    ],
)
def test_the_key_of_a_line_is_what_it_says_though_others_begin_with_it(tmp_path, line, way):
    """It is not parsed where most lines begin with it; more than a bucket lies between 5,000 and 7."""
    common = [f'{{"id": {number}, "n": {number}}}' for number in range(1, 300)]
    for side, lines in (("a", [*common, line.format(n=1)]), ("b", [*common[::-1], line.format(n=2)])):
        (tmp_path / f"{side}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    request = Comparison(*(Location(str(tmp_path / f"{side}.jsonl")) for side in "ab"), key=("id",), way="joined")
    result = compare(request)
    assert result.plan.way == way
    assert (result.rows.left, result.rows.duplicate_left, result.rows.changed) == (300, 1, 1)


def test_a_row_that_is_there_twice_is_not_hidden_by_another_that_is(tmp_path):
    """Exclusive or of two equal hashes is nothing, whatever they are of."""
    rows = table(100)
    before, after = [*rows, rows[7]], [*rows, rows[7]]
    after[7] = after[-1] = (*rows[7][:4], 99, *rows[7][5:])
    result = compared(tmp_path, before, after)
    assert (result.rows.changed, result.rows.duplicate_left, result.rows.duplicate_right) == (2, 1, 1)


def test_whole_numbers_below_nothing_have_buckets_too(tmp_path):
    """Neighbours of zero share one, in which a key and its negative are not taken for one that repeats."""
    before = [(number, *row[1:]) for number, row in zip(range(-200, 300), table(500), strict=True)]
    after = edited(before)
    result = compared(tmp_path, [*before, before[150]], after)
    rows, columns = expected([*before, before[150]], after, COLUMNS)
    assert result.rows == rows
    assert {name: column.changed for name, column in result.columns.items()} == columns


def test_nulls_meet_in_a_column_of_whole_numbers_that_is_the_whole_row(tmp_path):
    numbers = [(number,) for number in range(100)]
    sides = [
        Location(str(write_parquet(tmp_path / f"{name}.parquet", rows, "id bigint")))
        for name, rows in (("a", [*numbers, (None,), (None,)]), ("b", [(None,), *numbers[:-1]]))
    ]
    result = compare(Comparison(*sides, key=("*",), way="joined"))
    assert result.plan.way == "joined"
    assert (result.rows.matched, result.rows.missing, result.rows.extra) == (100, 2, 0)
    assert result.coverage.null_keys_left == 0


@pytest.mark.parametrize("apart", [1, 1_000_003])
def test_two_keys_that_swap_their_values_are_changed(tmp_path, apart):
    """Whatever stands in a bucket together: hashes that were only joined by exclusive or would not tell them apart."""
    before = [(number * apart, *row[1:]) for number, row in enumerate(table(300))]
    after = before[::-1]
    after[3], after[4] = (after[3][0], *after[4][1:]), (after[4][0], *after[3][1:])
    result = compared(tmp_path, before, after)
    assert result.plan.way == "joined"
    assert result.rows.changed == 2


def wide(columns: int, last: int) -> list[dict[str, int]]:
    """Rows of many columns; `last` is the last value of the last one."""
    rows = [{"id": number, **{f"c{place}": number + place for place in range(columns)}} for number in range(20)]
    rows[-1][f"c{columns - 1}"] = last
    return rows


def wide_csv(path: Path, rows: list[dict[str, int]]) -> Location:
    lines = [rows[0].keys(), *(row.values() for row in rows)]
    path.write_text("".join(f"{','.join(map(str, line))}\n" for line in lines))
    return Location(str(path))


@pytest.mark.parametrize(("columns", "way"), [(100, "joined"), (101, "reference"), (1_000, "reference")])
def test_lines_of_very_many_members_are_read_value_by_value(tmp_path, columns, way):
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in wide(columns - 1, 7)))
    left, right = Location(str(tmp_path / "a.jsonl")), wide_csv(tmp_path / "b.csv", wide(columns - 1, 8))
    result = compare(Comparison(left, right, key=("id",)))
    assert (result.plan.way, result.rows.matched, result.rows.changed) == (way, 20, 1)
    assert result.columns[f"c{columns - 2}"].changed == 1


def test_lines_of_very_many_members_are_joined_where_whole_lines_will_do(tmp_path):
    for name, last in (("a", 7), ("b", 8)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt") as file:
            file.writelines(f"{json.dumps(row)}\n" for row in wide(150, last))
    sides = [Location(str(tmp_path / f"{name}.jsonl.gz")) for name in "ab"]
    result = compare(Comparison(*sides, key=("id",)))
    assert (result.plan.way, result.rows.matched, result.rows.changed) == ("joined", 20, 1)


def test_columns_that_need_more_memory_than_there_is_are_compared_by_another_way(tmp_path, monkeypatch):
    monkeypatch.setitem(Duck.__init__.__kwdefaults__, "memory", "180MB")
    rows = wide(1_500, 7)
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "a.parquet")
    right = wide_csv(tmp_path / "b.csv", wide(1_500, 8))
    result = compare(Comparison(Location(str(tmp_path / "a.parquet")), right, key=("id",)))
    assert (result.plan.way, result.rows.matched, result.rows.changed) == ("reference", 20, 1)
    assert "Out of Memory" in result.plan.because


@pytest.mark.parametrize("by_value", [0, joined.BY_VALUE])
def test_rows_apart_that_need_more_memory_than_there_is_are_compared_by_another_way(tmp_path, monkeypatch, by_value):
    def short(*_: object) -> None:
        raise MemoryShortError("a.parquet: Out of Memory")

    monkeypatch.setattr(joined, "BY_VALUE", by_value)
    monkeypatch.setattr(Sources, "canonical_of", short)
    for name, last in (("a", 7), ("b", 8)):
        table = pa.table({"id": [2, 1] if name == "a" else [1, 2], "v": [last, 5] if name == "a" else [5, last]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    result = compare(Comparison(*(Location(str(tmp_path / f"{name}.parquet")) for name in "ab"), key=("id",)))
    assert (result.plan.way, result.rows.matched, result.rows.changed) == ("reference", 2, 1)
    assert "not joined: a.parquet: Out of Memory" in result.plan.because
