"""Every kind of store against every other gives the right answer, by every way that fits the pair."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest

from tasks.comparison import ColumnRule, Kind, compare
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, KINDS, RULES, Row, Stores, request

PAIRS = [pytest.param(left, right, id=f"{left}-{right}") for left, right in product(KINDS, KINDS)]
TYPED = RULES | {"score": ColumnRule(kind=Kind.FLOAT), "amount": ColumnRule(kind=Kind.NUMERIC)}
START = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)


def table(rows: int) -> list[Row]:
    """Rows with nulls, empty text, unicode and numbers that binary floats cannot hold."""
    return [
        (
            number * 3,
            (None, "", f"Zoë {number}", 'a "quoted", comma', "  two  ")[number % 5],
            None if number % 7 == 0 else Decimal(number * 1001) / 10_000,
            None if number % 11 == 0 else number / 3,
            number % 4,
            (True, False, None)[number % 3],
            None if number % 13 == 0 else START + timedelta(seconds=number, microseconds=number % 2),
            None if number % 5 == 0 else date(1999, 12, 28) + timedelta(days=number),
        )
        for number in range(1, rows + 1)
    ]


def edited(rows: list[Row]) -> list[Row]:
    """A change in every column, a row gone, a row more, nulls gone and come."""
    found = [list(row) for row in rows]
    found[3][1] = "other"
    found[5][1] = None
    found[9][1] = None  # empty text becomes null
    found[8][2] = Decimal("-0.0001")
    found[10][3] = 0.1 + 0.2
    found[12][4] = None
    found[14][5] = None
    found[16][6] = START
    found[18][7] = date(1970, 1, 1)
    del found[20]
    return [tuple(row) for row in found] + [(10_000, "new", None, None, None, None, None, None)]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_every_pair_reports_exactly_the_known_edits(left: str, right: str, stores: Stores):
    before, after = table(60), edited(table(60))
    result = compare(request(stores.write(left, before), stores.write(right, after)))
    rows, columns = expected(before, after, COLUMNS)
    assert result.rows == rows
    assert {name: column.changed for name, column in result.columns.items()} == columns


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_every_pair_of_equal_tables_is_equal(left: str, right: str, stores: Stores):
    rows = table(40)
    result = compare(request(stores.write(left, rows), stores.write(right, rows[::-1])))
    assert result.equal, result.samples
    assert result.rows.matched == 40


@pytest.mark.parametrize(
    ("left", "right"),
    [pytest.param(*pair, id="-".join(pair)) for pair in zip(KINDS, (*KINDS[1:], KINDS[0]), strict=True)],
)
@pytest.mark.parametrize("way", [None, "reference"])
def test_whole_rows_meet_though_they_hold_nulls_and_repeat(left: str, right: str, way: str | None, stores: Stores):
    before = [*table(40), *table(3)]
    after = edited(before)
    same = (Counter(before) & Counter(after)).total()
    sides = stores.write(left, before), stores.write(right, after)
    rows = compare(request(*sides, key=("*",), rules=TYPED, way=way)).rows
    assert (rows.matched, rows.missing, rows.extra, rows.changed) == (same, len(before) - same, len(after) - same, 0)
    again = stores.write(right, before[::-1])
    assert compare(request(sides[0], again, key=("*",), rules=TYPED, way=way)).equal


@pytest.mark.parametrize("way", ["joined", "streamed"])
def test_whole_rows_of_one_kind_meet_by_hash(way: str, stores: Stores):
    before, after = table(60), edited(table(60))
    same = (Counter(before) & Counter(after)).total()
    kind = "parquet" if way == "joined" else "postgresql"
    result = compare(request(stores.write(kind, before), stores.write(kind, after), key=("*",), rules={}, way=way))
    assert (result.rows.matched, result.rows.missing, result.plan.way) == (same, len(before) - same, way)
    assert result.coverage.null_keys_left == 0
