"""Control totals on every kind of store: the classes of rows add up to both totals, to the cent, or that is said."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tasks.comparison import (
    ColumnRule,
    Comparison,
    ComparisonResult,
    ControlTotal,
    Kind,
    Location,
    Samples,
    SecondLook,
    Tolerance,
    combine,
    compare,
    split,
)
from tasks.comparison.control_sums import CLASSES, ControlSums
from tasks.comparison.errors import MissingColumnError, TypesError
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.stores import (
    KINDS,
    POSTGRES,
    RULES,
    SQLITE,
    Row,
    Stores,
    request,
    write_csv,
    write_jsonlines,
    write_postgres,
    write_sqlite,
)

NUMBERS = RULES | {"amount": ColumnRule(kind=Kind.NUMERIC), "tenant": ColumnRule(kind=Kind.INTEGER)}
AMOUNT = ControlTotal("amount")
KEYED = POSTGRES.replace("id bigint", "id bigint primary key")


def ledger(rows: int = 60) -> list[Row]:
    """Amounts that binary floats do not add exactly, and nulls among them."""
    return [
        (number, f"n{number}", None if number % 17 == 0 else Decimal(number) / 10, None, number % 3, None, None, None)
        for number in range(1, rows + 1)
    ]


def edited(rows: list[Row]) -> list[Row]:
    """One row changed by a cent, one changed in its name, one gone, one new."""
    found = [(*row[:2], row[2] + Decimal("0.01"), *row[3:]) if row[0] == 1 else row for row in rows]
    found = [(row[0], "other", *row[2:]) if row[0] == 5 else row for row in found]
    return [row for row in found if row[0] != 2] + [(10_001, "new", Decimal("1.11"), None, 1, None, None, None)]


def total(rows: list[Row], *wanted: int) -> Decimal:
    return sum((row[2] or Decimal(0) for row in rows if not wanted or row[0] in wanted), Decimal(0))


def amounts(result: ComparisonResult) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    (control,) = result.controls
    return {
        name: tuple(None if text is None else Decimal(text) for text in (one.left, one.right))
        for name, one in control.classes.items()
    }


def check(result: ComparisonResult, left: list[Row], right: list[Row]) -> None:
    """The classes are what plain Python says, and add up to what it says are the totals."""
    (control,) = result.controls
    assert control.adds_up
    assert (Decimal(control.left), Decimal(control.right)) == (total(left), total(right))
    found = amounts(result)
    assert found["missing"] == (total(left, 2), None)
    assert found["extra"] == (None, total(right, 10_001))
    assert found["changed"] == (total(left, 1, 5), total(right, 1, 5))
    for side, amount in enumerate((control.left, control.right)):
        assert sum((one[side] or Decimal(0) for one in found.values()), Decimal(0)) == Decimal(amount)
    assert Decimal(control.difference) == total(right) - total(left)


@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
def test_the_classes_add_up_to_the_totals_on_every_pair(left: str, right: str, stores: Stores):
    before, after = ledger(), edited(ledger())
    asked = request(stores.write(left, before), stores.write(right, after), rules=NUMBERS, controls=(AMOUNT,))
    result = compare(asked)
    check(result, before, after)
    assert not result.controls[0].within
    assert result.rows.changed == 2


@pytest.mark.parametrize("way", ["reference", "segments", "digests", "streamed"])
@pytest.mark.parametrize("each", [0, 100])
def test_every_way_finds_the_same_classes(way: str, each: int, stores: Stores):
    before, after = ledger(3_000), edited(ledger(3_000))
    sides = (
        write_postgres(stores.postgres, "one", before, KEYED),
        write_postgres(stores.postgres, "other", after, KEYED),
    )
    result = compare(request(*sides, rules={}, controls=(AMOUNT,), way=way, samples=Samples(each)))
    check(result, before, after)
    assert result.plan.way == way
    assert result.controls[0].row_by_row is (way == "reference")


@pytest.mark.parametrize("form", ["csv", "jsonl", "sqlite"])
def test_byte_by_byte_and_by_attachment_they_are_the_same(form: str, tmp_path):
    before, after = ledger(2_000), edited(ledger(2_000))
    if form == "sqlite":
        keyed = SQLITE.replace("id integer", "id integer primary key")
        sides = [write_sqlite(tmp_path / f"{n}.sqlite", "t", rows, keyed) for n, rows in (("a", before), ("b", after))]
    else:
        write = write_csv if form == "csv" else write_jsonlines
        sides = [Location(str(write(tmp_path / f"{n}.{form}", rows))) for n, rows in (("a", before), ("b", after))]
    result = compare(request(sides[0], sides[1], rules=NUMBERS, controls=(AMOUNT,)))
    assert result.plan.way == ("attached" if form == "sqlite" else "merged")
    check(result, before, after)


def test_many_rows_that_differ_are_added_up_by_the_reference(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(joined, "MOST_ODD", 3)
    before, after = ledger(), edited(ledger())
    after = [(*row[:4], 7, *row[5:]) if row[0] > 40 and row[0] != 10_001 else row for row in after]
    sides = [Location(str(write_csv(tmp_path / f"{n}.csv", rows))) for n, rows in (("a", before), ("b", after[::-1]))]
    result = compare(request(*sides, rules=NUMBERS, controls=(AMOUNT,), way="joined"))
    assert "control totals need the values of every row" in result.plan.because
    assert result.controls[0].adds_up
    assert result.controls[0].row_by_row


def test_rows_without_a_key_are_a_class_of_their_own(stores: Stores):
    before = [*ledger(), (None, "a", Decimal("0.07"), *[None] * 5), (None, "b", Decimal("0.5"), *[None] * 5)]
    after = [*ledger(), (None, "c", Decimal("0.01"), *[None] * 5)]
    for kind in ("postgresql", "csv"):
        sides = stores.write(kind, before), stores.write(kind, after)
        result = compare(request(*sides, rules=NUMBERS, controls=(AMOUNT,), samples=Samples(1)))
        assert amounts(result)["unkeyed"] == (Decimal("0.57"), Decimal("0.01"))
        assert result.controls[0].adds_up


def test_a_tolerance_for_the_total_is_its_own_and_rows_within_theirs_may_drift(stores: Stores):
    before = ledger()
    after = [(*row[:2], row[2] and row[2] + Decimal("0.001"), *row[3:]) for row in before]
    rules = NUMBERS | {"amount": ColumnRule(kind=Kind.NUMERIC, tolerance=Tolerance(absolute=Decimal("0.001")))}
    sides = stores.write("postgresql", before), stores.write("csv", after)
    for bound, is_within in (("0.05", False), ("0.057", True)):
        control = ControlTotal("amount", Tolerance(absolute=Decimal(bound)))
        result = compare(request(*sides, rules=rules, controls=(control,)))
        (found,) = result.controls
        assert (result.rows.changed, found.within, found.adds_up, found.row_by_row) == (0, is_within, True, True)
        assert Decimal(found.difference) == Decimal("0.057")
        assert result.equal is is_within


def test_the_parts_of_a_comparison_add_up_to_the_whole(stores: Stores):
    before, after = ledger(900), edited(ledger(900))
    sides = (
        write_postgres(stores.postgres, "one", before, KEYED),
        write_postgres(stores.postgres, "other", after, KEYED),
    )
    whole = request(*sides, rules={}, controls=(AMOUNT,))
    parts = split(whole, 3)
    assert len(parts) == 3
    result = combine(whole, [compare(part) for part in parts])
    check(result, before, after)


def test_what_was_in_flight_is_in_no_class_but_equal(stores: Stores):
    import psycopg

    rows = ledger()
    sides = stores.write("postgresql", rows), stores.write("postgresql", rows[:-1])

    def arrive(progress: Any) -> None:
        if progress.phase == "second look":
            with psycopg.connect(stores.postgres, autocommit=True) as connection:
                connection.execute(f"insert into {sides[1].relation} select * from {sides[0].relation} where id = 60")

    asked = request(*sides, rules={}, controls=(AMOUNT,), second_look=SecondLook(timedelta(0)))
    result = compare(asked, progress=arrive)
    (control,) = result.controls
    assert (result.rows.in_flight, result.rows.missing) == (1, 0)
    assert (control.left, control.right, control.within, control.adds_up) == ("172.8000", "172.8000", True, True)
    assert amounts(result)["missing"] == (Decimal(0), None)


def test_sums_that_do_not_come_to_the_total_say_so(stores: Stores, monkeypatch: pytest.MonkeyPatch):
    rows = ledger()
    sides = stores.write("postgresql", rows), stores.write("csv", rows)
    asked = request(*sides, rules=NUMBERS, controls=(AMOUNT,), way="reference")
    assert compare(asked).equal
    added = ControlSums.add
    monkeypatch.setattr(ControlSums, "add", lambda sums, found: added(sums, dict(list(found.items())[:1])))
    result = compare(asked)
    assert not result.controls[0].adds_up
    assert not result.equal


def test_equal_rows_whose_sums_differ_between_the_sides_say_so(stores: Stores, monkeypatch: pytest.MonkeyPatch):
    """As if a difference hid behind a hash."""
    monkeypatch.setattr("tasks.comparison.postgres.ranged.Ranged._equal_segments", _all_equal)
    before = ledger()
    after = [(*row[:2], row[2] + 1, *row[3:]) if row[0] == 7 else row for row in before]
    sides = (
        write_postgres(stores.postgres, "one", before, KEYED),
        write_postgres(stores.postgres, "other", after, KEYED),
    )
    result = compare(request(*sides, rules={}, controls=(AMOUNT,), way="segments"))
    assert result.rows.changed == 0
    assert not result.controls[0].adds_up


def _all_equal(ranged: Any, left: Any, right: Any) -> Any:
    from tasks.comparison.tally import Counts

    rows = int(left[1].sum())
    ranged._reading.tally.add(Counts(left=rows, right=rows, matched=rows))
    return left[0][:0]


def test_what_cannot_be_a_control_total_is_refused(stores: Stores):
    sides = stores.write("csv", ledger()), stores.write("csv", ledger())
    with pytest.raises(MissingColumnError, match="names sum, which is not compared"):
        compare(request(*sides, rules=NUMBERS, controls=(ControlTotal("sum"),)))
    with pytest.raises(TypesError, match="column name cannot be summed: it is text"):
        compare(request(*sides, rules=NUMBERS, controls=(ControlTotal("name"),)))


def test_without_a_row_the_totals_are_nothing(stores: Stores):
    sides = stores.write("postgresql", []), stores.write("sqlite", [])
    (control,) = compare(request(*sides, rules=NUMBERS, controls=(AMOUNT,))).controls
    assert (control.left, control.right, control.adds_up, set(control.classes)) == ("0", "0", True, set(CLASSES))


def test_the_key_itself_can_be_added_up(stores: Stores):
    sides = stores.write("parquet", ledger()), stores.write("parquet", ledger()[:-1])
    (control,) = compare(Comparison(*sides, key=("*",), controls=(ControlTotal("id"),))).controls
    assert (control.left, control.right, control.classes["missing"].left, control.adds_up) == (
        "1830",
        "1770",
        "60",
        True,
    )
