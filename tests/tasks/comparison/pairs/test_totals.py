"""Totals by group are exact decimals on every kind of store, and every two kinds agree to the cent."""

import gzip
from decimal import Decimal

import pytest

from tasks.comparison import ColumnRule, Comparison, GroupTotal, Kind, Location, Tolerance, compare
from tasks.comparison.errors import TypesError
from tests.tasks.comparison.pairs.stores import (
    KINDS,
    RULES,
    Row,
    Stores,
    request,
    write_csv,
    write_jsonlines,
    write_sqlite,
)

TENANTS = GroupTotal(by=("tenant",), measure="amount")

NUMBERS = RULES | {"amount": ColumnRule(kind=Kind.NUMERIC), "tenant": ColumnRule(kind=Kind.INTEGER)}


def ledger() -> list[Row]:
    """Amounts that binary floats do not add exactly, nulls among them."""
    return [
        (number, None, None if number % 17 == 0 else Decimal(number * 7) / 100 - 3, None, number % 5, None, None, None)
        for number in range(1, 200)
    ]


def sums(rows: list[Row]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for row in rows:
        found[row[4]] = found.get(row[4], Decimal(0)) + (row[2] or 0)
    return found


@pytest.mark.parametrize(
    ("left", "right"),
    [pytest.param(*pair, id="-".join(pair)) for pair in zip(KINDS, (*KINDS[1:], KINDS[0]), strict=True)],
)
def test_totals_agree_between_kinds_and_a_cent_is_seen(left: str, right: str, stores: Stores):
    before = ledger()
    after = [(*row[:2], row[2] + Decimal("0.01"), *row[3:]) if row[0] == 4 else row for row in before]
    result = compare(request(stores.write(left, before), stores.write(right, after), groups=(TENANTS,), rules=NUMBERS))
    apart = [group for group in result.groups if not group.within]
    assert [str(group.group["tenant"]) for group in apart] == ["4"]
    assert Decimal(apart[0].difference) == Decimal("0.01")
    assert {int(group.group["tenant"]): Decimal(group.left or 0) for group in result.groups} == sums(before)
    assert {group.rows_left for group in result.groups} == {39, 40}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_counted_by_group_and_tolerances_hold(kind: str, stores: Stores):
    before, after = ledger(), ledger()[:-1]
    count = GroupTotal(by=("tenant",))
    loose = GroupTotal(by=("tenant",), measure="amount", tolerance=Tolerance(absolute=Decimal(1000)))
    result = compare(
        request(stores.write(kind, before), stores.write(kind, after), groups=(count, loose), rules=NUMBERS)
    )
    assert [group.difference for group in result.groups if not group.within] == ["-1"]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz"])
@pytest.mark.parametrize("text", ["12345678901234567.89", "0.12345678901", "1e2"])
def test_amounts_that_a_float_would_lose_are_added_by_value(tmp_path, text: str, ending: str):
    """DuckDB adds up what is compressed, and bytes what is not."""
    for name, amount in (("a", text), ("b", "0.01")):
        line = f'{{"id": 1, "tenant": "x", "amount": {amount}}}\n'.encode()
        (tmp_path / f"{name}.{ending}").write_bytes(gzip.compress(line) if ending.endswith("gz") else line)
    sides = (Location(str(tmp_path / f"a.{ending}")), Location(str(tmp_path / f"b.{ending}")))
    rules = {"amount": ColumnRule(kind=Kind.NUMERIC)}
    result = compare(Comparison(*sides, key=("id",), groups=(TENANTS,), rules=rules))
    assert Decimal(result.groups[0].left) == Decimal(text)
    assert result.groups[0].group == {"tenant": '"x"'}


@pytest.mark.parametrize(
    ("line", "total"),
    [
        ('{"id":1,"tenant":"x","amount":1.000000000000000001}', "1.000000000000000001"),
        ('{"id": 1, "tenant": "x", "amount" : -1.000000000000000001}', "-1.000000000000000001"),
        ('{"id": 1, "tenant": "x", "\\u0061mount": 9.0000000000000001}', "9.0000000000000001"),
        ('{"id": 1, "tenant": "x", "amount": 1e-400}', "1e-400"),
        ('{"id": 1, "tenant": "x", "amount": 1.50}', "1.5"),
    ],
)
def test_no_digit_of_an_amount_in_lines_is_lost(tmp_path, line: str, total: str):
    """DuckDB reads numbers of JSON as floats: it would write these as 1.0, 9.0 and 1.5."""
    (tmp_path / "a.jsonl").write_text(line + "\n")
    (tmp_path / "b.jsonl").write_text('{"id": 1, "tenant": "x", "amount": 0}\n')
    sides = (Location(str(tmp_path / "a.jsonl")), Location(str(tmp_path / "b.jsonl")))
    rules = {"amount": ColumnRule(kind=Kind.NUMERIC)}
    (found,) = compare(Comparison(*sides, key=("id",), groups=(TENANTS,), rules=rules)).groups
    assert found.left is not None
    assert Decimal(found.left) == Decimal(total)


def test_all_ways_to_write_a_group_are_one_group(tmp_path):
    write_jsonlines(tmp_path / "a.jsonl", [(1, 5, Decimal(1)), (2, "5", Decimal(2))], ("id", "tenant", "amount"))
    (tmp_path / "b.csv").write_text("id,tenant,amount\n1,5,1\n2,05,2.00\n")
    rules = {"amount": ColumnRule(kind=Kind.NUMERIC), "tenant": ColumnRule(kind=Kind.INTEGER)}
    sides = (Location(str(tmp_path / "a.jsonl")), Location(str(tmp_path / "b.csv")))
    result = compare(Comparison(*sides, key=("id",), groups=(TENANTS,), rules=rules))
    assert [(group.group["tenant"], group.left, group.within) for group in result.groups] == [("5", "3", True)]


@pytest.mark.parametrize("text", ["x", "1_0", "NaN"])
def test_text_that_is_no_number_is_not_summed(tmp_path, text: str):
    number = ColumnRule(kind=Kind.NUMERIC)
    right = write_csv(tmp_path / "r.csv", [(1, "a", 5), (2, "b", 7)], ("id", "g", "v"))
    lefts = [
        Location(str(write_csv(tmp_path / "l.csv", [(1, "a", 5), (2, "b", text)], ("id", "g", "v")))),
        Location(str(write_jsonlines(tmp_path / "l.jsonl", [(1, "a", 5), (2, "b", text)], ("id", "g", "v")))),
        write_sqlite(tmp_path / "l.db", "t", [(1, "a", 5), (2, "b", text)], "id, g, v"),
    ]
    for left in lefts:
        asked = {"rules": {"v": number}, "groups": (GroupTotal(("g",), "v"),)}
        with pytest.raises(TypesError, match="column v cannot be summed"):
            compare(Comparison(left, Location(str(right)), key=("id",), **asked))
