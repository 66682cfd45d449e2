"""Names that only lines after the first thousand have are columns like all others, whichever way compares them."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tasks.comparison import Comparison, Location, Samples, compare
from tasks.comparison.errors import MissingColumnError, RequestError, SideError
from tasks.comparison.parts import split
from tasks.comparison.sides import jsonlines
from tests.tasks.comparison.pairs.stores import write_csv

ROWS = 2_000
LATE = ROWS - 100


def lines(refunds: dict[int, Any], rows: int = ROWS) -> list[dict[str, Any]]:
    """Rows of which some have a refund, all of them after those that name the columns."""
    assert min(refunds, default=rows) > jsonlines.NAMED_BY
    found = [{"id": number, "note": f"note {number}"} for number in range(1, rows + 1)]
    for number, refund in refunds.items():
        found[number - 1]["refund"] = refund
    return found


def written(path: Path, rows: list[dict[str, Any]]) -> Location:
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return Location(str(path))


def compared(folder: Path, left, right, **more):
    sides = [written(folder / f"{name}.jsonl", rows) for name, rows in (("a", left), ("b", right))]
    return compare(Comparison(*sides, key=("id",), **more))


def shuffled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return random.Random(1).sample(rows, len(rows))


@pytest.mark.parametrize("way", ["merged", "sifted", "joined", "reference"])
def test_a_late_name_is_compared_by_each_way(tmp_path, way):
    right = lines({LATE: 7, LATE + 1: 8})
    left = lines({LATE: 5, LATE + 1: 8})
    result = compared(tmp_path, left, shuffled(right) if way == "sifted" else right, way=way)
    assert result.plan.way == way
    assert {name: one.changed for name, one in result.columns.items()} == {"note": 0, "refund": 1}
    assert [sample.left["refund"] for sample in result.samples] == ["5"]
    assert result.rows.matched == ROWS


def test_a_late_name_that_one_side_has_is_told(tmp_path):
    result = compared(tmp_path, lines({LATE: 5}), lines({}))
    assert result.coverage.left_only == ("refund",)


def test_a_name_that_is_late_on_one_side_is_on_both(tmp_path):
    rows = lines(dict.fromkeys(range(LATE, ROWS), 5))
    result = compared(tmp_path, rows[::-1], rows, way="sifted")
    assert (result.coverage.left_only, result.columns["refund"].changed) == ((), 0)


def test_a_late_name_is_compared_with_a_column_that_is_declared(tmp_path):
    """Lines are read for a column that the other side has, before it is said to be there alone."""
    left = written(tmp_path / "a.jsonl", lines({LATE: "5"}))
    rows = [(row["id"], row["note"], row.get("refund", "")) for row in lines({LATE: "6"})]
    write_csv(tmp_path / "b.csv", rows, ("id", "note", "refund"))
    for sides in ((left, Location(str(tmp_path / "b.csv"))), (Location(str(tmp_path / "b.csv")), left)):
        result = compare(Comparison(*sides, key=("id",)))
        assert (result.coverage.left_only, result.coverage.right_only) == ((), ())
        assert result.columns["refund"].changed >= 1


def test_a_late_name_can_be_asked_for(tmp_path):
    left, right = lines({LATE: 5}), lines({LATE: 6})
    assert compared(tmp_path, left, right, columns=("refund",)).columns["refund"].changed == 1
    assert compared(tmp_path, left, right, ignore=("refund",)).rows.changed == 0
    hidden = compared(tmp_path, left, right, samples=Samples(redact=("refund",)))
    (sample,) = hidden.samples
    assert (sample.left["note"], sample.left["refund"] != "5") == (f'"note {LATE}"', True)


def test_a_late_name_in_packed_lines_is_compared(tmp_path):
    sides = [written(tmp_path / f"{name}.jsonl.gz", lines({LATE: refund})) for name, refund in (("a", 5), ("b", 6))]
    assert compare(Comparison(*sides, key=("id",))).columns["refund"].changed == 1


def test_a_late_name_can_be_filtered_by(tmp_path):
    sides = [written(tmp_path / f"{name}.jsonl", lines({LATE: refund})) for name, refund in (("a", 5), ("b", 6))]
    result = compare(Comparison(*(Location(one.address, where="refund is not null") for one in sides), key=("id",)))
    assert (result.rows.left, result.rows.changed) == (1, 1)


def test_a_name_that_no_line_has_is_refused(tmp_path):
    with pytest.raises(MissingColumnError, match=r"column fee does not exist in a\.jsonl"):
        compared(tmp_path, lines({LATE: 5}), lines({LATE: 5}), columns=("fee",))
    one = written(tmp_path / "a.jsonl", lines({LATE: 5}))
    with pytest.raises(RequestError, match="the filter of the left is no condition"):
        compare(Comparison(Location(one.address, where="fee = 1"), one, key=("id",)))


def test_lines_with_names_of_their_own_are_no_table(tmp_path, monkeypatch):
    monkeypatch.setattr(jsonlines, "MOST_NAMES", 3)
    left = lines({})
    for number in range(LATE, LATE + 4):
        left[number][f"name {number}"] = 1
    with pytest.raises(SideError, match=r"a\.jsonl: its lines have 4 names besides those of the first"):
        compared(tmp_path, left, lines({LATE: 1}))


@pytest.mark.parametrize("way", ["merged", "joined"])
def test_names_that_nobody_asks_for_may_be_many(tmp_path, monkeypatch, way):
    monkeypatch.setattr(jsonlines, "MOST_NAMES", 3)
    left = lines({})
    for number in range(LATE, LATE + 4):
        left[number][f"name {number}"] = 1
    result = compared(tmp_path, left, lines({}), columns=("note",), way=way)
    assert (result.plan.way, result.rows.matched, result.rows.changed) == (way, ROWS, 0)


def test_a_line_that_is_no_json_is_named_where_all_are_read_for_names(tmp_path):
    one, other = (written(tmp_path / f"{name}.jsonl", lines({})) for name in "ab")
    with Path(one.address).open("a") as file:
        file.write('{"id": 1,\n')
    with pytest.raises(SideError, match=f"1 line is not JSON: line {ROWS + 1}"):
        compare(Comparison(one, other, key=("id",), columns=("fee",)))


def test_a_comparison_by_a_late_name_is_cut_like_any_other(tmp_path):
    sides = [written(tmp_path / f"{name}.jsonl", lines({LATE: 5})) for name in "ab"]
    request = Comparison(*sides, key=("id",), columns=("refund",))
    assert split(request, 4) == (request,), "members have no declared type, so that it stays whole"


UNFIT = [(0.5, 0.25), (1e30, 2.5), ([1], [2]), ({"a": 1}, {"a": 2}), (True, False), (None, 1)]


@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize("names", [("a.jsonl", "b.csv"), ("b.csv", "a.jsonl"), ("a.jsonl", "c.jsonl")])
def test_a_key_is_found_whichever_side_is_lines(tmp_path, names, unfit):
    """The first column that names rows: what its values are says whether they may, where no type is declared."""
    for name in names:
        rows = [{"first": value, "code": f"c{value}", "v": 1} for value in unfit]
        if name.endswith("csv"):
            write_csv(tmp_path / name, [tuple(map(str, row.values())) for row in rows], tuple(rows[0]))
        else:
            written(tmp_path / name, rows)
    result = compare(Comparison(*(Location(str(tmp_path / name)) for name in names), columns=("v",)))
    assert (result.coverage.key, result.coverage.key_from) == (("code",), "sampled")
