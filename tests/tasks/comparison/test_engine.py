"""What a request may say, tried on rows in memory: the meaning of every count, rule and tolerance."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from threading import Barrier, Event

import pytest

from tasks.comparison import (
    Column,
    ColumnRule,
    Comparison,
    GroupTotal,
    Kind,
    Location,
    Samples,
    Tolerance,
    Whitespace,
    compare,
)
from tasks.comparison.errors import ComparisonCancelledError, MissingColumnError, RequestError, SideError, TypesError
from tasks.comparison.side import KeySample, Selection
from tasks.comparison.sides.memory import MemorySide

HERE = Location("memory")


def found(left, right, *, kinds=None, key=("id",), **asked):
    kinds = kinds or {"id": Kind.INTEGER, "v": Kind.NUMERIC}
    columns = [Column(name, kind) for name, kind in kinds.items()]
    sides = (MemorySide("left", columns, left), MemorySide("right", columns, right))
    return compare(Comparison(HERE, HERE, key=key, **asked), sides=sides)


def one_row(kind, left, right, **rule):
    """Whether one value equals another under a rule."""
    kinds = {"id": Kind.INTEGER, "v": kind}
    return found([(1, left)], [(1, right)], kinds=kinds, rules={"v": ColumnRule(**rule)}).equal


def test_the_counts_add_up_to_both_sides():
    rows = found([(1, 1), (2, 2), (3, 3)], [(2, 2), (3, 4), (5, 5)]).rows
    assert (rows.left, rows.right, rows.matched, rows.missing, rows.extra, rows.changed) == (3, 3, 2, 1, 1, 1)


def test_the_result_is_plain_values():
    result = found([(1, Decimal("0.10"))], [(1, Decimal("0.2"))]).to_json()
    assert json.loads(json.dumps(result))["samples"][0]["left"] == {"v": "0.10"}
    assert list(result) == [
        "rows",
        "columns",
        "groups",
        "controls",
        "samples",
        "coverage",
        "plan",
        "bits",
        "snapshots",
        "queries",
    ]


@pytest.mark.parametrize(("right", "equal"), [("10.05", True), ("10.0500001", False), ("9.95", True), ("NaN", False)])
def test_an_absolute_tolerance_is_exact_to_the_last_digit(right, equal):
    assert one_row(Kind.NUMERIC, Decimal(10), Decimal(right), tolerance=Tolerance(absolute=Decimal("0.05"))) is equal


def test_a_relative_tolerance_is_of_the_larger_magnitude():
    bound = Tolerance(relative=Decimal("0.1"))
    assert one_row(Kind.NUMERIC, Decimal(90), Decimal(100), tolerance=bound)
    assert not one_row(Kind.NUMERIC, Decimal("89.99"), Decimal(100), tolerance=bound)


def test_null_is_within_no_tolerance_of_a_number():
    assert not one_row(Kind.NUMERIC, None, Decimal(0), tolerance=Tolerance(absolute=Decimal(1)))


def test_a_tolerance_in_time_is_for_times_only():
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    bound = Tolerance(time=timedelta(seconds=1))
    assert one_row(Kind.TIMESTAMP, noon, noon + timedelta(seconds=1), tolerance=bound)
    assert not one_row(Kind.TIMESTAMP, noon, noon + timedelta(seconds=1, microseconds=1), tolerance=bound)
    with pytest.raises(TypesError, match="column v"):
        one_row(Kind.NUMERIC, 1, 1, tolerance=bound)


def test_rounding_is_half_away_from_zero():
    assert one_row(Kind.NUMERIC, Decimal("0.125"), Decimal("0.13"), round_to=2)
    assert one_row(Kind.NUMERIC, Decimal("-0.125"), Decimal("-0.13"), round_to=2)


def test_text_rules_change_nothing_unless_asked_for():
    assert not one_row(Kind.TEXT, " A  b ", "a b")
    assert one_row(Kind.TEXT, " A  b ", "a b", ignore_case=True, whitespace=Whitespace.COLLAPSE)
    assert one_row(Kind.TEXT, " a  b ", "a  b", whitespace=Whitespace.TRIM)
    assert not one_row(Kind.TEXT, "", None)
    assert one_row(Kind.TEXT, "", None, null_equals_empty=True)


def test_an_instant_is_the_same_in_every_zone():
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert one_row(Kind.TIMESTAMP, noon, noon.astimezone(timezone(timedelta(hours=5))))
    assert one_row(Kind.TIMESTAMP, noon, "2024-01-01T12:00:00.0004Z", second_digits=3)
    assert not one_row(Kind.TIMESTAMP, noon, "2024-01-01T12:00:00.0004Z")


def test_text_that_is_no_number_differs_and_is_shown_as_it_is():
    result = found([(1, "1.50")], [(1, "1,50")])
    assert result.samples[0].right == {"v": "1,50"}


def test_a_key_that_repeats_pairs_one_to_one_with_equal_rows_first():
    rows = found([(1, 1), (1, 2), (1, 3)], [(1, 3), (1, 9)]).rows
    assert (rows.matched, rows.changed, rows.missing, rows.duplicate_left, rows.duplicate_right) == (2, 1, 1, 2, 1)


def test_rows_of_no_key_are_compared_whole():
    rows = found([(1, 1), (1, 1)], [(1, 1), (2, 2)], key=("*",)).rows
    assert (rows.matched, rows.missing, rows.extra, rows.changed) == (1, 1, 1, 0)


def test_a_key_without_a_constraint_is_found_by_a_sample():
    result = found([(1, 5), (2, 5)], [(1, 5), (2, 5)], key=())
    assert (result.coverage.key, result.coverage.key_from) == (("id",), "sampled")


def test_redacted_values_are_never_shown():
    shown = found([(1, 5)], [(1, 6)], samples=Samples(redact=("v",))).samples[0]
    assert (shown.left, shown.right, shown.columns) == ({"v": "[redacted]"}, {"v": "[redacted]"}, ("v",))


def test_samples_are_as_few_as_asked_for_while_counts_are_whole():
    result = found([(n, n) for n in range(50)], [(n, n + 1) for n in range(50)], samples=Samples(each=3))
    assert (len(result.samples), result.rows.changed, result.columns["v"].changed) == (3, 50, 50)


def test_totals_are_exact_decimals_by_group():
    cents = [(n, Decimal("0.1")) for n in range(10)]
    result = found(cents, [*cents[1:], (11, Decimal("0.11"))], groups=(GroupTotal((), "v"), GroupTotal(("v",))))
    assert (result.groups[0].left, result.groups[0].right, result.groups[0].difference) == ("1.0", "1.01", "0.01")
    assert not result.groups[0].within
    assert [(one.group, one.difference) for one in result.groups[1:]] == [({"v": "0.1"}, "-1"), ({"v": "0.11"}, "1")]


class Server(MemorySide):
    """A side that adds up on a machine of its own."""

    def __init__(self, name: str, adding: Callable[[], object]) -> None:
        super().__init__(name, [Column("id", Kind.INTEGER)], [(1,)])
        self.adding = adding
        self.cancelled = Event()

    def key_sample(self, selection: Selection) -> KeySample:
        raise NotImplementedError

    def totals(self, selection: Selection) -> Iterator[tuple[tuple[object, ...], object, int]]:
        self.adding()
        yield (), 1, 1

    def cancel(self) -> None:
        self.cancelled.set()


def test_both_sides_add_up_at_once_where_one_is_a_server():
    both = Barrier(2)
    sides = Server("left", lambda: both.wait(10)), Server("right", lambda: both.wait(10))
    assert compare(Comparison(HERE, HERE, key=("id",), groups=(GroupTotal((), "id"),)), sides=sides).equal


def test_a_side_that_cannot_add_up_ends_the_other():
    def fails() -> None:
        raise SideError("left is gone")

    right = Server("right", lambda: right.cancelled.wait(10))
    with pytest.raises(SideError, match="left is gone"):
        compare(
            Comparison(HERE, HERE, key=("id",), groups=(GroupTotal((), "id"),)), sides=(Server("left", fails), right)
        )
    assert right.cancelled.is_set()


def test_what_the_right_side_cannot_add_up_is_told():
    def fails() -> None:
        raise SideError("right is gone")

    request = Comparison(HERE, HERE, key=("id",), groups=(GroupTotal((), "id"),))
    with pytest.raises(SideError, match="right is gone"):
        compare(request, sides=(Server("left", lambda: None), Server("right", fails)))


def test_a_total_of_nan_is_refused():
    with pytest.raises(TypesError, match="column v cannot be summed"):
        found([(1, Decimal("NaN"))], [(1, Decimal(1))], groups=(GroupTotal((), "v"),))


def test_a_rule_for_a_column_that_is_not_compared_is_refused():
    with pytest.raises(MissingColumnError, match="w"):
        found([], [], rules={"w": ColumnRule(round_to=2)})


@pytest.mark.parametrize("bounds", [{}, {"absolute": Decimal(-1)}, {"absolute": Decimal("NaN")}])
def test_a_tolerance_without_a_sound_bound_is_refused(bounds):
    with pytest.raises(RequestError):
        Tolerance(**bounds)


def test_cancelling_stops_between_rows():
    left, right = (MemorySide(name, [Column("id", Kind.INTEGER)], ((n,) for n in range(400_000))) for name in "ab")
    with pytest.raises(ComparisonCancelledError):
        compare(Comparison(HERE, HERE, key=("id",)), sides=(left, right), cancelled=lambda: True)
