"""One to many, and items without a common key, tried on rows in memory and against plain Python."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.comparison import (
    Column,
    ColumnRule,
    Comparison,
    ComparisonResult,
    Items,
    Kind,
    Location,
    OneToMany,
    SecondLook,
    Sides,
    Tolerance,
    compare,
)
from tasks.comparison import assignment as assigning
from tasks.comparison.errors import MissingColumnError, RequestError, TypesError
from tasks.comparison.sides.memory import MemorySide

HERE = Location("memory")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAYMENTS = {"payment": Kind.INTEGER, "currency": Kind.TEXT, "amount": Kind.NUMERIC}
ITEMS = {"tenant": Kind.TEXT, "amount": Kind.NUMERIC, "at": Kind.TIMESTAMP, "note": Kind.TEXT}


def compared(left: Sequence[Any], right: Sequence[Any], kinds: dict[str, Kind], **asked: Any) -> ComparisonResult:
    columns = [Column(name, kind) for name, kind in kinds.items()]
    sides = (MemorySide("left", columns, left), MemorySide("right", columns, right))
    return compare(Comparison(HERE, HERE, **asked), sides=sides)


def bundled(left: Sequence[Any], right: Sequence[Any], many: Sides = Sides.RIGHT, **asked: Any) -> ComparisonResult:
    told = {"key": ("payment",), "columns": ("currency",), "matching": OneToMany(many, "amount")}
    return compared(left, right, PAYMENTS, **{**told, **asked})


def test_many_rows_stand_for_one_when_they_add_up_to_it():
    result = bundled([(1, "EUR", Decimal("0.30"))], [(1, "EUR", Decimal("0.10"))] * 3)
    assert result.equal
    rows = result.rows
    assert (rows.left, rows.right, rows.matched, rows.duplicate_right) == (1, 1, 1, 0)
    assert (result.coverage.lines_left, result.coverage.lines_right) == (1, 3)
    assert result.coverage.matching["largest bundle, rows"] == 3


def test_a_cent_too_much_in_many_rows_is_a_change_of_the_sum():
    result = bundled(
        [(1, "EUR", 1), (2, "EUR", 5)], [(1, "EUR", Decimal("0.5")), (1, "EUR", Decimal("0.51")), (2, "EUR", 5)]
    )
    assert (result.rows.matched, result.rows.changed, result.columns["amount"].changed) == (2, 1, 1)
    (sample,) = result.samples
    assert (sample.left["amount"], sample.right["amount"]) == (1, "1.01")


def test_a_tolerance_is_for_the_sum_and_not_for_each_row():
    rules = {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.01")))}
    close = [(1, "EUR", Decimal("0.505"))] * 2
    assert bundled([(1, "EUR", 1)], close, rules=rules).equal
    assert not bundled([(1, "EUR", 1)], [*close, (1, "EUR", Decimal("0.001"))], rules=rules).equal


def test_rows_of_two_currencies_do_not_add_up_and_their_key_repeats():
    rows = bundled([(1, "EUR", 3)], [(1, "EUR", 1), (1, "USD", 2)]).rows
    assert (rows.right, rows.extra, rows.duplicate_right, rows.changed) == (2, 1, 1, 1)


def test_two_rows_on_the_side_of_the_one_are_a_finding():
    rows = bundled([(1, "EUR", 1), (1, "EUR", 2)], [(1, "EUR", 3)]).rows
    assert (rows.left, rows.duplicate_left, rows.missing) == (2, 1, 1)
    assert bundled([(1, "EUR", 1), (1, "EUR", 2)], [(1, "EUR", 3)], many=Sides.BOTH).equal
    assert bundled([(1, "EUR", 1), (1, "EUR", 2)], [(1, "EUR", 3)], many=Sides.LEFT).equal


def test_a_payment_without_rows_is_missing_and_nulls_add_nothing():
    rows = bundled([(1, "EUR", 1), (2, "EUR", None)], [(2, "EUR", None), (2, "EUR", None), (3, "EUR", 1)]).rows
    assert (rows.matched, rows.missing, rows.extra, rows.changed) == (1, 1, 1, 0)
    assert bundled([(1, "EUR", 1)], [(1, "EUR", 1), (1, "EUR", None)]).equal
    assert not bundled([(1, "EUR", 0)], [(1, "EUR", None), (1, "EUR", None)]).equal


def test_floats_are_added_as_the_decimals_they_are_written_as():
    kinds = {**PAYMENTS, "amount": Kind.FLOAT}
    asked = {"key": ("payment",), "matching": OneToMany(Sides.RIGHT, "amount")}
    assert compared([(1, "EUR", 0.3)], [(1, "EUR", 0.1), (1, "USD", 0.2)], kinds, **asked).equal


def test_without_columns_only_the_sum_is_compared():
    assert bundled([(1, "EUR", 3)], [(1, "EUR", 1), (1, "USD", 2)], columns=()).equal


def test_what_cannot_be_added_up_is_refused():
    with pytest.raises(TypesError, match="column amount cannot be summed"):
        bundled([(1, "EUR", 1)], [(1, "EUR", Decimal("NaN")), (1, "EUR", 1)])
    with pytest.raises(TypesError, match="text is no amount"):
        bundled([(1, "EUR", 1)], [(1, "EUR", 1)], matching=OneToMany(Sides.RIGHT, "currency"))
    with pytest.raises(RequestError, match="need key columns"):
        bundled([], [], key=("*",))
    with pytest.raises(RequestError, match="amount cannot be a key column too"):
        bundled([], [], key=("amount",))
    with pytest.raises(MissingColumnError):
        bundled([], [], matching=OneToMany(Sides.RIGHT, "sum"))


def test_a_bundle_that_arrives_late_was_in_flight():
    columns = [Column(name, kind) for name, kind in PAYMENTS.items()]
    right = MemorySide("right", columns, [(1, "EUR", 1)])
    left = MemorySide("left", columns, [(1, "EUR", 3), (2, "EUR", 1)])

    def arrive(progress: Any) -> None:
        if progress.phase == "second look":
            right._rows.append((1, "EUR", 2))

    look = SecondLook(timedelta(0))
    request = Comparison(HERE, HERE, key=("payment",), matching=OneToMany(Sides.RIGHT, "amount"), second_look=look)
    rows = compare(request, sides=(left, right), progress=arrive).rows
    assert (rows.in_flight, rows.changed, rows.missing, rows.matched) == (1, 0, 1, 1)


def items(left: Sequence[Any], right: Sequence[Any], **asked: Any) -> ComparisonResult:
    told = {"key": ("tenant",), "matching": Items("amount", "at"), "rules": {"at": window(hours=1)}}
    return compared(left, right, ITEMS, **{**told, **asked})


def window(**span: float) -> ColumnRule:
    return ColumnRule(tolerance=Tolerance(time=timedelta(**span)))


def item(tenant: str, amount: str | None, minutes: float | None, note: str = "") -> tuple[Any, ...]:
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return tenant, None if amount is None else Decimal(amount), at, note


def test_items_meet_by_group_amount_and_time():
    left = [item("acme", "1.00", 0), item("acme", "2.00", 0), item("bolt", "1.00", 0)]
    right = [item("acme", "1.0", 59), item("acme", "2.00", 61), item("bolt", "1.01", 0)]
    rows = items(left, right).rows
    assert (rows.left, rows.right, rows.matched, rows.missing, rows.extra) == (3, 3, 1, 2, 2)
    assert (rows.changed, rows.duplicate_left, rows.duplicate_right) == (0, 0, 0)


def test_each_item_meets_one_other_only():
    assert items([item("acme", "1", 0)] * 3, [item("acme", "1", 0)] * 2).rows.missing == 1
    assert items([item("acme", "1", 0)] * 3, [item("acme", "1", 0)] * 3).equal


def test_as_many_items_meet_as_can_whatever_order_they_come_in():
    left = [item("acme", "1", 0), item("acme", "1", -60)]
    right = [item("acme", "1", 0), item("acme", "1", 60)]
    for one in permutations(left):
        for other in permutations(right):
            found = items(one, other)
            assert found.rows.matched == 2
            assert found.coverage.matching["pairs with other candidates"] == 2


def test_of_equally_many_pairs_the_closest_are_made_and_other_columns_count_more():
    left = [item("acme", "1", 0, "a"), item("acme", "1", 30, "b")]
    right = [item("acme", "1", 1, "b"), item("acme", "1", 31, "a")]
    assert items(left, right).equal
    assert items(left, right, columns=("note",)).rows.changed == 0
    crossed = items(left, [item("acme", "1", 1, "c"), item("acme", "1", 31, "d")], columns=("note",))
    assert crossed.rows.changed == 2
    assert {(one.left["note"], one.right["note"]) for one in crossed.samples} == {("a", "c"), ("b", "d")}


def test_an_item_without_amount_or_time_meets_nobody():
    left = [item("acme", None, 0), item("acme", "1", None), ("acme", Decimal("NaN"), NOON, "")]
    rows = items(left, left[:]).rows
    assert (rows.matched, rows.missing, rows.extra) == (0, 3, 3)
    assert items([item("acme", None, 0)], [item("acme", None, 0)], rules={}).rows.missing == 1


def test_a_group_may_be_null_or_all_rows():
    nobody = [(None, Decimal(1), NOON, "")]
    assert items(nobody, nobody[:]).equal
    assert items([item("acme", "1", 0)], [item("bolt", "1", 0)], key=()).equal


def test_amounts_may_be_apart_too_and_the_bound_is_exact():
    rules = {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.01")))}
    no_time = {"matching": Items("amount"), "rules": rules}
    assert items([item("acme", "1.00", 0)], [item("acme", "1.01", 999)], **no_time).equal
    assert not items([item("acme", "1.00", 0)], [item("acme", "1.0100001", 0)], **no_time).equal
    share = {"amount": ColumnRule(tolerance=Tolerance(relative=Decimal("0.1")))}
    assert items([item("acme", "90", 0)], [item("acme", "100", 0)], matching=Items("amount"), rules=share).equal
    assert not items([item("acme", "89.9", 0)], [item("acme", "100", 0)], matching=Items("amount"), rules=share).equal


def test_a_window_of_days_is_counted_in_days():
    kinds = {**ITEMS, "at": Kind.DATE}
    day = date(2026, 11, 22)
    asked = {"key": ("tenant",), "matching": Items("amount", "at"), "rules": {"at": window(days=2)}}
    for days, equal in ((2, True), (3, False)):
        right = [("acme", 1, day + timedelta(days=days), "")]
        assert compared([("acme", 1, day, "")], right, kinds, **asked).equal is equal


def test_too_many_candidates_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assigning, "MOST_CANDIDATES", 3)
    same = [item("acme", "1", 0)] * 2
    with pytest.raises(RequestError, match="more than 3 pairs of one group come into question"):
        items(same, same[:])


def test_many_linked_items_are_still_paired_as_many_as_can(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(assigning, "MOST_SOLVED", 3)
    left = [item("acme", "1", 0), item("acme", "1", -60)]
    right = [item("acme", "1", 0), item("acme", "1", 60)]
    found = items(left, right)
    assert found.rows.matched == 2
    assert found.coverage.matching["of them not by closeness"] == 2


def test_an_item_that_arrives_late_was_in_flight_and_the_others_of_its_group_stay():
    columns = [Column(name, kind) for name, kind in ITEMS.items()]
    left = MemorySide("left", columns, [item("acme", "1", 0), item("acme", "1", 0), item("acme", "7", 0)])
    right = MemorySide("right", columns, [item("acme", "1", 0)])

    def arrive(progress: Any) -> None:
        if progress.phase == "second look":
            right._rows.append(item("acme", "1", 5))

    request = Comparison(
        HERE, HERE, key=("tenant",), matching=Items("amount", "at"), rules={"at": window(hours=1)},
        second_look=SecondLook(timedelta(0)),
    )  # fmt: skip
    found = compare(request, sides=(left, right), progress=arrive)
    assert (found.rows.in_flight, found.rows.missing, found.rows.matched, found.rows.right) == (1, 1, 2, 2)
    assert [one.left["amount"] for one in found.samples] == ["7"]


POINTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(left=POINTS, right=POINTS)
def test_the_assignment_is_what_trying_every_one_finds(left: list[tuple[int, int]], right: list[tuple[int, int]]):
    """Amounts within 1, times within 2 minutes; as many as can be, then the least distance."""
    here, there = ([item("acme", str(amount), minutes) for amount, minutes in points] for points in (left, right))
    rules = {"amount": ColumnRule(tolerance=Tolerance(absolute=Decimal(1))), "at": window(minutes=2)}
    measures = [assigning.Measure(0, rules["amount"].tolerance), assigning.Measure(1, rules["at"].tolerance)]
    found = items(here, there, rules=rules).rows
    assert found.matched == -min(tried(left, right))[0]
    pairs = assigned(measures, left, right)
    cost = sum(abs(one[0] - other[0]) + abs(one[1] - other[1]) / 2 for one, other in pairs)
    assert (-len(pairs), pytest.approx(cost)) == min(tried(left, right))


def tried(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[tuple[int, float]]:
    """Every assignment, as how many pairs it leaves out and how far the others are apart."""
    longer, shorter = (left, right) if len(left) >= len(right) else (right, left)
    found = []
    for order in permutations(longer, len(shorter)):
        pairs = [pair for pair in zip(shorter, order, strict=True) if fits(*pair)]
        found.append((-len(pairs), sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) / 2 for a, b in pairs)))
    return found


def fits(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] - other[0]) <= 1 and abs(one[1] - other[1]) <= 2


def assigned(
    measures: list[Any], left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The pairs that the engine makes of points."""
    from tasks.comparison.equality import within
    from tasks.comparison.pairing import Pairing

    minute = 60 * 10**9
    pairing = Pairing([within(Tolerance(absolute=Decimal(1))), within(Tolerance(absolute=Decimal(2 * minute)))])
    here, there = ([(amount, minutes * minute) for amount, minutes in points] for points in (left, right))
    pairs = assigning.Assigning(pairing, measures)._assigned(here, there)
    return [(left[one], right[other]) for one, other in pairs]
