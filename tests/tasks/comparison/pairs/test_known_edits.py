"""Tables that hypothesis makes, with random known edits: every pair of engines reports exactly those edits."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tasks.comparison import ColumnRule, Comparison, Kind, compare
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, RULES, Row, Stores

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
EVIL = st.sampled_from(
    ["", " ", '"', ",", "\n", "\r\n", "a,b\n", "\\N", "NULL", "null", "NaN", "Zoë", "💶", "ﬁ", "é", "e\u0301"]
)
AMOUNT = st.decimals(Decimal(-(10**10)), Decimal(10**10), allow_nan=False, allow_infinity=False, places=4)
SCORE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False, width=64)
SEEN = st.integers(40 * 10**12, 2_145 * 10**12).map(
    lambda micros: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
)
BORN = st.dates(date(1000, 1, 1), date(9999, 12, 31))
VALUES = (
    st.none() | TEXT | EVIL,
    st.none() | AMOUNT,
    st.none() | SCORE,
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.booleans(),
    st.none() | SEEN,
    st.none() | BORN,
)
ROWS = st.lists(st.tuples(*VALUES), max_size=25)
CHANGE = st.tuples(st.just("change"), st.integers(0, 24), st.integers(0, len(VALUES) - 1), st.tuples(*VALUES))
EDITS = st.lists(
    CHANGE
    | st.tuples(st.just("drop"), st.integers(0, 24), st.just(0), st.just(()))
    | st.tuples(st.just("add"), st.integers(0, 24), st.just(0), st.tuples(*VALUES))
    | st.tuples(st.just("repeat"), st.integers(0, 24), st.just(0), st.just(())),
    max_size=6,
)
TYPED = RULES | {"score": ColumnRule(kind=Kind.FLOAT), "amount": ColumnRule(kind=Kind.NUMERIC)}
"""Between CSV and JSON Lines nobody says what is a number."""
FILES = ("parquet", "csv", "jsonlines")
SERVERS = ("postgresql", "mysql", "sqlite")


def keyed(rows: list[tuple]) -> list[Row]:
    """Rows with keys that are neither dense nor in any store's order."""
    return [((number * 7919) % 1009 - 300, *values) for number, values in enumerate(rows)]


def edited(rows: list[Row], edits: list[tuple]) -> list[Row]:
    """The rows after the edits, in another order."""
    found = list(rows)
    for kind, place, column, values in edits:
        if kind == "add":
            found.append((5_000 + place, *values))
        elif not found:
            continue
        elif kind == "drop":
            del found[place % len(found)]
        elif kind == "repeat":
            found.append(found[place % len(found)])
        else:
            row = found[place % len(found)]
            found[place % len(found)] = (*row[: column + 1], values[column], *row[column + 2 :])
    return found[::-1] if len(edits) % 2 else found


def check(stores: Stores, left: str, right: str, before: list[Row], after: list[Row]) -> None:
    assume(before and after)  # JSON Lines without a line name no columns
    rows, columns = expected(before, after, COLUMNS)
    sides = stores.write(left, before), stores.write(right, after)
    by_lines = ("merged", "sifted") if left == right and left in ("csv", "jsonlines") else ()
    for way in (None, "reference", *by_lines):
        result = compare(Comparison(*sides, key=("id",), rules=TYPED, way=way))
        assert result.rows == rows, (left, right, result.plan, result.samples)
        if not rows.duplicate_left and not rows.duplicate_right:
            assert {name: column.changed for name, column in result.columns.items()} == columns


def small(examples: int):
    """Few examples, each in a folder of its own; servers make each of them slow."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=health)


@pytest.mark.parametrize("by_value", [5_000, 0])
@pytest.mark.parametrize(("left", "right"), list(product(FILES, FILES)))
@given(rows=ROWS, edits=EDITS)
@small(4)
def test_files_report_exactly_the_known_edits(monkeypatch_module, left, right, by_value, rows, edits):
    monkeypatch_module.setattr(joined, "BY_VALUE", by_value)
    with tempfile.TemporaryDirectory() as folder:
        before = keyed(rows)
        check(Stores(Path(folder), "", ""), left, right, before, edited(before, edits))


@pytest.mark.parametrize(("left", "right"), list(product(SERVERS, FILES)) + list(product(SERVERS, SERVERS)))
@given(rows=ROWS, edits=EDITS)
@small(3)
def test_servers_report_exactly_the_known_edits(postgres_database, mysql, left, right, rows, edits):
    with tempfile.TemporaryDirectory() as folder:
        before = keyed(rows)
        check(Stores(Path(folder), postgres_database, mysql), left, right, before, edited(before, edits))


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patch:
        yield patch
