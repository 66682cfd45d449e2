"""What a user may say of JSON Lines: filters and expressions in SQL over members that are text, by every way."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.comparison import ColumnRule, Comparison, GroupTotal, Kind, Location, Mapped, compare
from tasks.comparison.errors import RequestError, SideError, TypesError
from tasks.comparison.rules import Whitespace
from tasks.comparison.sides import jsonlines
from tests.tasks.comparison.pairs.stores import Stores, write_csv, write_parquet

WAYS = [None, "joined", "reference"]
LINES = (
    '{"id": 1, "state": "open", "amount": 1.10, "who": {"name": "ä", "n": 0.30}, "line": "x"}',
    '{"id": 2, "state": "void", "amount": 2, "who": null, "line": "y", "whole": 123456789012345678901234567890}',
    '{"id": 3, "state": "open", "amount": 12345678901234567890.05, "line": null}',
    '{"id": 4, "amount": 1e2, "state": null, "who": {"name": "b"}}',
    '{"id": 5, "state": "open", "state": "void", "amount": 3}',
)


@pytest.fixture
def lines(tmp_path: Path) -> str:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f"{line}\n" for line in LINES))
    return str(path)


def rows(folder: Path, *ids: int) -> Location:
    return Location(str(write_parquet(folder / "ids.parquet", [(one,) for one in ids], "id bigint")))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("state = 'open'", (1, 3)),
        ("state is null", (4,)),
        ("state = 'void'", (2, 5)),  # of a name that is there twice the last counts, as everywhere else
        ("line = 'y' or line = 'x'", (1, 2)),
        ("amount = '1.10'", (1,)),
        ("cast(amount as decimal(38, 2)) = 12345678901234567890.05", (3,)),
        ("cast(amount as decimal(38, 2)) >= 100 -- and a remark", (3, 4)),
        ("who ->> 'name' = 'ä'", (1,)),
        ("who is null", (2, 3, 5)),
        ("cast(id as int) % 2 = 0", (2, 4)),
        ("whole = '123456789012345678901234567890'", (2,)),
    ],
)
def test_a_filter_chooses_lines_by_what_they_say(tmp_path, lines, where, ids, way):
    request = Comparison(Location(lines, where=where), rows(tmp_path, *ids), key=("id",), columns=("id",), way=way)
    result = compare(request)
    assert (result.rows.left, result.rows.matched, result.equal) == (len(ids), len(ids), True)
    assert result.coverage.left_filter == where


@pytest.mark.parametrize("way", [None, "reference"])
def test_a_filter_holds_between_two_files_of_lines(tmp_path, lines, way):
    other = tmp_path / "b.jsonl"
    other.write_text("".join(f"{line}\n" for line in LINES[::-1] if "open" in line).replace("1.10", "1.1"))
    where = "state = 'open'"
    sides = Location(lines, where=where), Location(str(other), where=where)
    result = compare(Comparison(*sides, key=("id",), ignore=("whole",), way=way))
    assert result.equal
    assert result.rows.matched == 2


def test_a_filter_that_selects_nothing_is_not_equal(tmp_path, lines):
    result = compare(Comparison(Location(lines, where="state = 'gone'"), rows(tmp_path), key=("id",)))
    assert not result.equal
    assert result.rows.left == 0


@pytest.mark.parametrize("way", WAYS)
def test_expressions_are_compared_under_names_of_their_own(tmp_path, lines, way):
    mapped = (
        Mapped("id", "id", "key"),
        Mapped("cents", "cast(cast(amount as decimal(30, 2)) * 100 as bigint)", "cents"),
        Mapped("state", "upper(state)", "state"),
        Mapped("who", "cast(who as json)", "who"),
    )
    places = [
        (1, "110", "OPEN", '{"n": 0.3, "name": "ä"}'),
        (2, "200", "VOID", None),
        (4, "10000", None, '{"name":"c"}'),
    ]
    right = write_parquet(tmp_path / "b.parquet", places, "key int, cents bigint, state varchar, who json")
    request = Comparison(
        Location(lines, where="id in ('1', '2', '4')"), Location(str(right)), key=("id",), mapped=mapped, way=way
    )
    result = compare(request)
    assert [(one.key["id"], one.columns) for one in result.samples] == [("4", ("who",))]
    assert result.coverage.mapped["state"] == ("upper(state)", "state")


@pytest.mark.parametrize("way", WAYS)
def test_a_key_may_be_an_expression(tmp_path, lines, way):
    mapped = (Mapped("key", "cast(id as int) + 1", "key"),)
    places = [(2, "open"), (3, "void"), (6, "void")]
    right = write_parquet(tmp_path / "b.parquet", places, "key int, state varchar")
    place = Location(lines, where="id <> '3' and id <> '4'")
    asked = {"key": ("key",), "columns": ("state",), "mapped": mapped}
    result = compare(Comparison(place, Location(str(right)), **asked, way=way))
    assert result.equal, result.samples
    assert result.rows.matched == 3


def test_totals_are_of_the_chosen_lines(tmp_path, lines):
    right = write_csv(
        tmp_path / "b.csv", [(1, "OPEN", "1.1"), (3, "OPEN", "12345678901234567890.05")], ("id", "s", "amount")
    )
    rules = {"amount": ColumnRule(kind=Kind.NUMERIC)}
    mapped = (Mapped("s", "upper(state)", "s"),)
    request = Comparison(
        Location(lines, where="state = 'open'"), Location(str(right)), key=("id",), mapped=mapped, rules=rules,
        groups=(GroupTotal(by=("s",), measure="amount"),),
    )  # fmt: skip
    (group,) = compare(request).groups
    assert (group.group, group.left, group.within) == ({"s": "OPEN"}, "12345678901234567891.15", True)


@pytest.mark.parametrize(
    ("amount", "left", "by_value"),
    [
        ("1.10", "2.4", False),
        ("110e-2", "2.4", True),
        ('"1.1"', "2.4", True),
        ("1.000000000000000001", "2.300000000000000001", True),
        ('1.1, "n": 1, "n": 2', "2.4", False),
        ('7, "amount": 1.1', "2.4", True),
        ("null", "1.3", False),
    ],
)
def test_totals_over_sql_are_added_by_duckdb_where_it_adds_exactly(tmp_path, amount, left, by_value):
    path = tmp_path / "a.jsonl"
    path.write_text(
        f'{{"id": 1, "by": "x", "amount": {amount}}}\n'
        '{"id": 2, "by": "x", "amount": 1.3}\n{"id": 3, "by": "y", "amount": 5}\n'
    )
    right = write_csv(tmp_path / "b.csv", [(1, "x", left)], ("id", "by", "amount"))
    request = Comparison(
        Location(str(path), where="\"by\" = 'x'"), Location(str(right)), key=("id",), way="joined",
        rules={"amount": ColumnRule(kind=Kind.NUMERIC)}, groups=(GroupTotal(by=("by",), measure="amount"),),
    )  # fmt: skip
    result = compare(request)
    assert [(group.group, Decimal(group.left), group.within) for group in result.groups] == [
        ({"by": "x"}, Decimal(left), True)
    ]
    assert (
        any(query.text.startswith("select line as line from (select line as") for query in result.queries) is by_value
    )


def test_totals_of_expressions_are_added_by_duckdb(tmp_path, lines):
    mapped = (Mapped("cents", "cast(cast(amount as decimal(38, 2)) * 100 as bigint)", "cents"),)
    right = write_csv(tmp_path / "b.csv", [(1, "110"), (2, "200")], ("id", "cents"))
    request = Comparison(
        Location(lines, where="id < '3'"), Location(str(right)), key=("id",), mapped=mapped, way="joined",
        groups=(GroupTotal(by=(), measure="cents"),), columns=("cents",),
    )  # fmt: skip
    result = compare(request)
    assert [(group.left, group.within) for group in result.groups] == [("310", True)]
    assert not any(query.text.startswith("select line, e") for query in result.queries)


def test_a_member_named_twice_is_its_last_value_by_every_way(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "n": 1, "\\u006e": 2}\n{"id": 2, "n": 1, "m": {"n": 5}}\n')
    right = write_parquet(tmp_path / "b.parquet", [(1, 1), (2, 1)], "id int, n int")
    totals = (GroupTotal(by=("id",), measure="n"),)
    request = Comparison(Location(str(tmp_path / "a.jsonl")), Location(str(right)), key=("id",), groups=totals)
    result = compare(request)
    assert result.plan.way == "joined"
    assert [(one.key["id"], one.columns) for one in result.samples] == [("1", ("n",))]
    assert [group.left for group in result.groups if not group.within] == ["2"]


@pytest.mark.parametrize("bad", ["[1]", '{"id": 9, "state": "void",}', '{"id": 9, "state": "void", }'])
def test_a_line_that_is_no_object_is_named_though_a_filter_leaves_it_out(tmp_path, lines, bad, monkeypatch):
    monkeypatch.setattr(jsonlines, "NAMED_BY", 1)  # the lines that name columns are read as they come
    with Path(lines).open("a") as file:
        file.write(f"{bad}\n")
    request = Comparison(Location(lines, where="state = 'open'"), rows(tmp_path, 1, 3), key=("id",))
    fault = "no JSON object" if bad == "[1]" else "not JSON"
    for way in WAYS:
        with pytest.raises(SideError, match=rf"a\.jsonl: 1 line is {fault}: line 6"):
            compare(replace(request, way=way))


@pytest.mark.parametrize("where", ["nothing = 1", "state = "])
def test_a_filter_that_is_no_condition_is_refused_in_one_line(tmp_path, lines, where):
    with pytest.raises(RequestError) as caught:
        compare(Comparison(Location(lines, where=where), rows(tmp_path, 1), key=("id",)))
    assert str(caught.value).startswith("the filter of the left is no condition: a.jsonl: ")
    assert "\n" not in str(caught.value)


def test_members_that_sql_does_not_tell_apart_are_refused_by_name(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "n": 1, "N": 2}\n')
    with pytest.raises(RequestError, match="does not tell the members n, N apart"):
        compare(Comparison(Location(str(tmp_path / "a.jsonl"), where="n = '1'"), rows(tmp_path, 1), key=("id",)))


@pytest.mark.parametrize("way", [None, "merged", "joined", "reference"])
def test_a_rule_on_text_holds_between_members_that_nobody_calls_text(tmp_path, way):
    left, right = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    left.write_text('{"id": 1, "state": "Open", "who": " A  b"}\n')
    right.write_text('{"id": 1, "state": "oPEN", "who": "A b "}\n')
    rules = {"state": ColumnRule(ignore_case=True), "who": ColumnRule(whitespace=Whitespace.COLLAPSE)}
    request = Comparison(Location(str(left)), Location(str(right)), key=("id",), rules=rules, way=way)
    assert not compare(replace(request, rules={})).equal
    assert compare(request).equal


def test_a_rule_on_text_of_what_is_no_text_is_refused(tmp_path):
    path = str(write_parquet(tmp_path / "a.parquet", [(1, 2)], "id bigint, amount integer"))
    other = str(write_parquet(tmp_path / "b.parquet", [(1, 2)], "id bigint, amount integer"))
    for rule in (ColumnRule(ignore_case=True), ColumnRule(whitespace=Whitespace.TRIM)):
        with pytest.raises(TypesError, match="column amount: a rule on case or blanks does not fit integer"):
            compare(Comparison(Location(path), Location(other), key=("id",), rules={"amount": rule}))


def test_a_second_look_and_every_store_know_the_filter(stores: Stores, tmp_path, lines):
    """Rows of a server come into the DuckDB of the lines, and meet what the filter left."""
    for kind in ("postgresql", "mysql", "sqlite"):
        place = stores.write(kind, [(1, "x", *[None] * 6), (3, "y", *[None] * 6)])
        request = Comparison(Location(lines, where="state = 'open'"), place, key=("id",), columns=("id",))
        assert compare(request).rows.matched == 2
