"""What is redacted stands nowhere in a result nor on its page, whatever is compared and whoever answers."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from reports.comparison import comparison_html, comparison_page
from tasks.comparison import (
    Comparison,
    ControlTotal,
    GroupTotal,
    Location,
    Mapped,
    Samples,
    SecondLook,
    compare,
)
from tasks.comparison.errors import RequestError, SideError
from tasks.comparison.redaction import without_reason, without_values
from tasks.comparison.request import KeyRange
from tests.tasks.comparison.pairs.stores import KINDS, Row, Stores, request, write_postgres

PAIRS = [
    pytest.param(*pair, id="-".join(pair))
    for pair in [*zip(KINDS, (*KINDS[1:], KINDS[0]), strict=True), *zip(KINDS, KINDS, strict=True)]
]
FIRST = 98765_4321


def table(rows: int) -> list[Row]:
    """Rows whose numbers and names are found again wherever they stand."""
    return [(FIRST + n, f"s3cret{n}", None, None, 1, True, None, None) for n in range(rows)]


def edited(rows: list[Row]) -> list[Row]:
    """A row gone, one more, and one whose tenant is another."""
    changed = (*rows[3][:4], 2, *rows[3][5:])
    return [*rows[:3], changed, *rows[5:], (FIRST + 999, "s3cret999", None, None, 1, True, None, None)]


def shown(asked: Comparison) -> str:
    """The result with its queries, and its page."""
    told = compare(asked).to_json()
    return json.dumps(told) + comparison_html(comparison_page(told, title="x"))


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_no_value_of_a_redacted_column_is_told(left: str, right: str, stores: Stores):
    before = table(40)
    sides = stores.write(left, before), stores.write(right, edited(before))
    look = SecondLook(timedelta(0))
    for key, redact in product((("*",), ("id",), ("name",), ("id", "name")), (("*",), ("id", "name"))):
        asked = request(*sides, key=key, samples=Samples(redact=redact), second_look=look)
        found = shown(asked)
        assert "[redacted]" in found
        for column, word in (("id", str(FIRST)[:6]), ("name", "s3cret")):
            if redact != ("*",) or key == ("*",) or column not in key:
                assert word not in found, (key, redact)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Location, Location]:
    """Two files that differ in what nobody may see."""
    sides = (Location(str(tmp_path / "left.csv")), Location(str(tmp_path / "right.csv")))
    for one, note in zip(sides, ("s3cretA", "s3cretB"), strict=True):
        Path(one.address).write_text(f"id,a,note\n1,x,{note}\n2,y,s3cretC\n")
    return sides


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("note", "note"),
        ("note", "a"),
        ("a", "note"),
        ("upper(note)", "upper(note)"),
        ('"note" || a', "a"),
        ("NOTE || a", "a"),
        ("a", "concat(a, Note)"),
        ("case when id = '1' then note end", "a"),
        ("read_csv", "read_csv"),
        ("columns('n.*')", "a"),
        ("(select max(note))", "a"),
        ("#3", "a"),
    ],
)
def test_a_mapping_of_a_redacted_column_is_redacted(left: str, right: str, files):
    mapped = (Mapped("n2", left, right),)
    for more in ({}, {"columns": ("a",)}, {"key": ("id", "n2")}, {"key": ("*",)}):
        asked = Comparison(*files, **({"key": ("id",), "mapped": mapped} | more), samples=Samples(redact=("note",)))
        try:
            found = shown(asked)
        except (RequestError, SideError) as error:  # an expression that this side does not know shows nothing
            found = str(error)
        assert "s3cret" not in found.lower(), more
    for total in ({"groups": (GroupTotal(("n2",)),)}, {"controls": (ControlTotal("n2"),)}):
        with pytest.raises((RequestError, SideError)):
            compare(Comparison(*files, key=("id",), mapped=mapped, **total, samples=Samples(redact=("note",))))


def test_a_group_of_a_mapping_of_a_redacted_column_is_refused_by_name(files):
    asked = Comparison(
        *files, key=("id",), mapped=(Mapped("n2", "upper(note)", "note"),), groups=(GroupTotal(("n2",)),),
        samples=Samples(redact=("note",)),
    )  # fmt: skip
    with pytest.raises(RequestError, match="a total would show n2, which is redacted"):
        compare(asked)
    with pytest.raises(RequestError, match="a total would show a, which is redacted"):
        compare(replace(asked, key=("*",), groups=(GroupTotal(("a",)),), samples=Samples(redact=("*",))))


def test_what_stands_for_a_redacted_column_is_redacted_under_every_name(files):
    """The other side's column of a mapping that is hidden holds the same, whichever mapping names it."""
    mapped = (Mapped("n2", "note", "a"), Mapped("n3", "id", "a"))
    found = compare(Comparison(*files, key=("id",), mapped=mapped, samples=Samples(redact=("note",))))
    assert {sample.right["n3"] for sample in found.samples} == {"[redacted]"}


@pytest.mark.parametrize(
    "said",
    [
        "Could not convert string 'O'Brien 123-45' to INT32",
        'invalid input syntax for type integer: "say "sec" ret"',
        "Could not cast value 9223372036854775 to DECIMAL(5,2)",
        "Overflow in multiplication of INT64 (9223372036854775 * 100000)!",
        "there is an instant too late to be joined: -9222615529186428160",
    ],
)
def test_an_error_tells_no_value_however_it_is_quoted(said: str, files):
    found = without_values(said, Comparison(*files, samples=Samples(redact=("note",))))
    assert re.search(r"Brien|sec|ret\b|922|1000", found) is None
    assert said.startswith(found.partition("[redacted]")[0])


def test_an_error_keeps_the_line_and_the_file_that_it_is_about(files):
    said = "ledger-20260101.csv: line 1234 has another number of columns than the header"
    assert without_values(said, Comparison(*files, samples=Samples(redact=("note",)))) == said


def test_why_another_way_was_taken_tells_no_value(files):
    because = "the sides are of two kinds; not joined: late.csv: too late: -9222615529186428160"
    hidden = without_reason(because, Comparison(*files, samples=Samples(redact=("note",))))
    assert hidden == "the sides are of two kinds; not joined: late.csv: too late: [redacted]"
    assert without_reason(because, Comparison(*files)) == because


def test_a_value_that_cannot_be_joined_is_not_told_as_the_reason(postgres_database: str, tmp_path: Path):
    place = write_postgres(postgres_database, "late", [(1, "294270-12-31")], "id int, v timestamp")
    (tmp_path / "late.csv").write_text("id,v\n1,294270-12-31 00:00:00\n")
    asked = Comparison(place, Location(str(tmp_path / "late.csv")), key=("id",), samples=Samples(redact=("v",)))
    assert compare(asked).plan.because.endswith("too late to be joined: [redacted]")


def test_the_columns_of_a_redacted_mapping_are_redacted_too(files):
    mapped = (Mapped("n2", "note", "note"), Mapped("n3", "lower(note)", "note"))
    assert "s3cret" not in shown(Comparison(*files, key=("id",), mapped=mapped, samples=Samples(redact=("n2",))))


def test_a_mapping_that_shows_nothing_redacted_is_shown(files):
    mapped = (Mapped("b", "case when a = 'q' then a else lower(a) || '!' end", "a"),)
    (sample, *_) = compare(Comparison(*files, key=("id",), mapped=mapped, samples=Samples(redact=("note",)))).samples
    assert (sample.left["b"], sample.right["b"]) == ("x!", "x")


def test_an_error_of_a_cast_does_not_tell_the_value(files):
    mapped = (Mapped("n2", "cast(note as int)", "note"),)
    asked = Comparison(*files, key=("id",), mapped=mapped, samples=Samples(redact=("note",)))
    with pytest.raises(SideError, match=r"Could not convert string \[redacted\] to INT32"):
        compare(asked)
    with pytest.raises(SideError, match="s3cretA"):
        compare(replace(asked, samples=Samples()))


@pytest.mark.parametrize("kind", ["postgresql", "mysql", "sqlite", "parquet"])
def test_the_keys_of_a_range_are_not_told_by_its_queries(kind: str, stores: Stores):
    sides = stores.write(kind, table(40)), stores.write(kind, edited(table(40)))
    part = KeyRange(FIRST + 2, FIRST + 30)
    found = shown(request(*sides, samples=Samples(redact=("id",)), part=part))
    assert str(FIRST)[:6] not in found
    assert ">= [redacted]" in found
    assert f">= {FIRST + 2}" in shown(request(*sides, part=part))
