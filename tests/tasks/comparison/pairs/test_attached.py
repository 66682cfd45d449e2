"""Two SQLite files are joined by their own keys, and say what plain Python says."""

import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.comparison import ColumnRule, Comparison, GroupTotal, Location, Tolerance, Whitespace, compare
from tasks.comparison.errors import ChangedError, ComparisonCancelledError, RequestError, SameObjectError, SideError
from tasks.comparison.opening import open_side
from tasks.comparison.ways import attached
from tests.tasks.comparison.pairs.oracle import expected
from tests.tasks.comparison.pairs.stores import COLUMNS, RULES, SQLITE, write_sqlite
from tests.tasks.comparison.pairs.test_every_pair import edited, table

KEYED = SQLITE.replace("id integer", "id integer primary key")


def compared(folder: Path, left, right, declared=KEYED, other=None, **more):
    sides = [
        write_sqlite(folder / "a.sqlite", "t", left, declared),
        write_sqlite(folder / "b.sqlite", "u", right, other or declared),
    ]
    return compare(Comparison(*sides, **({"key": ("id",), "rules": RULES, "way": "attached"} | more)))


def test_the_join_reports_exactly_the_known_edits(tmp_path: Path):
    before, after = table(300), edited(table(300))
    result = compared(tmp_path, before, after)
    rows, columns = expected(before, after, COLUMNS)
    assert result.rows == rows
    assert {name: column.changed for name, column in result.columns.items()} == columns
    assert result.bits.exact


def test_what_was_asked_and_when_is_told_of_both_sides(tmp_path: Path):
    result = compared(tmp_path, table(60), edited(table(60)))
    assert [(one.side, one.text[:13], one.times) for one in result.queries] == [
        ("a.sqlite#t", "select count(", 1),
        ("a.sqlite#t", 'select l."id"', attached.RANGES),
        ("b.sqlite#u", "select count(", 1),
        ("b.sqlite#u", 'select l."id"', attached.RANGES),
    ]
    assert all(one.taken_at[10:11] == "T" and one.taken_at.endswith("Z") for one in result.snapshots.values())


@pytest.mark.parametrize("sizes", [(0, 0), (0, 3), (3, 0), (1, 1)])
def test_empty_sides_and_single_rows(tmp_path: Path, sizes):
    before, after = (table(size) for size in sizes)
    assert compared(tmp_path, before, after).rows == expected(before, after, COLUMNS)[0]


def test_a_key_that_repeats_or_is_no_row_id_is_left_to_the_reference(tmp_path: Path):
    rows = [*table(5), table(1)[0]]
    result = compared(tmp_path, rows, table(5), SQLITE, way=None)
    assert result.plan.way == "reference"
    assert "not attached" in result.plan.because
    assert result.rows.duplicate_left == 1


def test_collations_affinities_and_types_do_not_hide_a_difference(tmp_path: Path):
    names = "id integer primary key, a text collate nocase, b, c integer"
    left = [(1, "x", 1, 1), (2, "X", "1", 2), (3, "y", b"1", 3), (4, "z", 1.0, 4)]
    right = [(1, "x", 1, 1), (2, "x", "1", 2), (3, "y", "1", 3), (4, "z", 1, 4)]
    result = compared(tmp_path, left, right, names, rules={})
    assert [(one.key["id"], one.columns) for one in result.samples] == [(2, ("a",)), (3, ("b",)), (4, ("b",))]


def test_samples_stand_in_order_whichever_range_is_read_first(tmp_path: Path, monkeypatch):
    ranges = attached._ranges
    monkeypatch.setattr(attached, "_ranges", lambda *asked: ranges(*asked)[::-1])
    left, right = ([(number, value) for number in (1, 2, 10, 11)] for value in "xy")
    result = compared(tmp_path, left, right, "id integer primary key, a text", rules={})
    assert [one.key["id"] for one in result.samples] == [1, 2, 10, 11]


def test_rules_and_tolerances_hold(tmp_path: Path):
    before = table(40)
    after = [(row[0], f" {(row[1] or '').upper()} ", row[2] and row[2] + Decimal("0.001"), *row[3:]) for row in before]
    rule = ColumnRule(ignore_case=True, whitespace=Whitespace.TRIM, null_equals_empty=True)
    near = ColumnRule(tolerance=Tolerance(absolute=Decimal("0.002")))
    rules = RULES | {"name": rule, "amount": near}
    assert compared(tmp_path, before, after, rules=rules).equal


def test_seconds_written_without_zeros_are_equal(tmp_path: Path):
    left = [(1, "2024-01-01 00:00:00.500")]
    right = [(1, "2024-01-01T00:00:00.5")]
    names = "id integer primary key, seen text"
    assert compared(tmp_path, left, right, names, rules={"seen": RULES["seen"]}).equal


def test_totals_of_floats_are_exact(tmp_path: Path):
    rows = [(number, "x", 0.1) for number in range(1, 11)]
    names = "id integer primary key, tenant text, amount real"
    total = GroupTotal(by=("tenant",), measure="amount")
    result = compared(tmp_path, rows, rows, names, rules={}, groups=(total,))
    assert [group.left for group in result.groups] == ["1.0"]


def test_a_file_that_changes_meanwhile_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stamps = iter(range(9))
    monkeypatch.setattr("tasks.comparison.sides.sqlite.SqliteSide.stamp", lambda side: next(stamps))
    with pytest.raises(ChangedError):
        compared(tmp_path, table(3), table(3))


def test_a_cancelled_join_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attached, "FETCH", 1)
    sides = [
        write_sqlite(
            tmp_path / f"{name}.sqlite", "t", [(row, name) for row in range(20_000)], "id integer primary key, n"
        )
        for name in ("a", "b")
    ]
    with pytest.raises(ComparisonCancelledError):
        compare(Comparison(*sides, key=("id",)), cancelled=lambda: True)


def test_what_is_no_sqlite_file_and_what_is_not_in_it_are_errors(tmp_path: Path):
    (tmp_path / "no.sqlite").write_text("not a database at all, though long enough to have a header of one")
    with pytest.raises(SideError, match="file is not a database"):
        open_side(str(tmp_path / "no.sqlite"), "t")
    with pytest.raises(SideError, match=r"gone\.sqlite cannot be opened"):
        open_side(str(tmp_path / "gone.sqlite"), "t")
    place = write_sqlite(tmp_path / "a.sqlite", "t", table(1))
    with pytest.raises(RequestError, match="no relation other"):
        open_side(place.address, "other")
    with pytest.raises(SameObjectError):
        compare(Comparison(place, place, key=("id",)))


def test_the_same_relation_on_both_sides_is_refused_whatever_path_leads_to_its_file(tmp_path: Path):
    place = write_sqlite(tmp_path / "a.sqlite", "t", table(1))
    link, hard = tmp_path / "link.sqlite", tmp_path / "hard.sqlite"
    link.symlink_to(tmp_path / "a.sqlite")
    hard.hardlink_to(tmp_path / "a.sqlite")
    for same in (str(link), str(hard), f"sqlite:///{hard}"):
        with pytest.raises(SameObjectError):
            compare(Comparison(place, Location(same, "T"), key=("id",)))


def test_text_that_is_not_utf8_is_an_error(tmp_path: Path):
    place = write_sqlite(tmp_path / "a.sqlite", "t", [(1, "x")], "id int, n text")
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("update t set n = cast(x'ff' as text)")
    connection.close()
    other = write_sqlite(tmp_path / "b.sqlite", "t", [(1, "x")], "id int, n text")
    with pytest.raises(SideError, match="not UTF-8"):
        compare(Comparison(place, other, key=("id",)))


def test_a_writer_does_not_disturb_the_snapshot(tmp_path: Path):
    place = write_sqlite(tmp_path / "a.sqlite", "t", table(3))
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("pragma journal_mode = wal")
    side = open_side(place.address, "t")
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("delete from t")
    connection.close()
    assert side.count() == 3
    side.refresh()
    assert side.count() == 0
    side.close()


def test_a_second_look_sees_what_arrived(tmp_path: Path):
    from tasks.comparison import SecondLook

    result = compared(tmp_path, table(5), table(4), second_look=SecondLook(wait=timedelta(0)))
    assert (result.rows.missing, result.rows.in_flight) == (1, 0)
