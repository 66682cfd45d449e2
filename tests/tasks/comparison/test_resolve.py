"""What a request may name, held against the columns of both sides before any row is read."""

from pathlib import Path

import pytest

from tasks.comparison import (
    Column,
    Comparison,
    ControlTotal,
    GroupTotal,
    Kind,
    Location,
    Mapped,
    OneToMany,
    Samples,
    Sides,
    compare,
)
from tasks.comparison.errors import MissingColumnError, NoKeyError, RequestError, SameObjectError, TypesError
from tasks.comparison.mentions import reads
from tasks.comparison.rules import ColumnRule
from tasks.comparison.sides.memory import MemorySide

HERE = Location("memory")
NAMES = ("id", "tenant", "amount")
ROWS = [(1, "a", 5), (2, "b", 7)]


def side(name, names=NAMES, rows=ROWS, unique=()):
    kinds = {"id": Kind.INTEGER, "amount": Kind.INTEGER, "cents": Kind.INTEGER}
    columns = [Column(one, kinds.get(one, Kind.TEXT)) for one in names]
    return MemorySide(name, columns, rows, unique=unique)


def resolved(left=None, right=None, **asked):
    asked = {"key": ("id",)} | asked
    return compare(Comparison(HERE, HERE, **asked), sides=(left or side("left"), right or side("right"))).coverage


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"ignore": ("tenent",)}, "neither side has what is to be ignored: tenent"),
        ({"samples": Samples(redact=("Tenant",))}, "neither side has what is to be redacted: Tenant"),
    ],
)
def test_a_misspelt_name_is_refused_where_it_would_leave_in_or_show_a_column(asked, told):
    with pytest.raises(MissingColumnError, match=told):
        resolved(**asked)


def test_what_one_side_has_may_be_ignored_and_redacted():
    left = side("left", (*NAMES, "note"), [(*row, "x") for row in ROWS])
    assert resolved(left, ignore=("note",), samples=Samples(redact=("*",))).ignored == ("note",)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"columns": ("amount",), "ignore": ("amount",)}, "amount cannot be compared and ignored"),
        ({"ignore": ("id",)}, "id cannot be compared and ignored"),
        ({"mapped": (Mapped("x", "amount", "amount"),), "ignore": ("x",)}, "x cannot be compared and ignored"),
        ({"matching": OneToMany(Sides.LEFT, "amount"), "ignore": ("amount",)}, "amount cannot be compared and ignored"),
        ({"ignore": ("*",)}, r"\* cannot be ignored"),
    ],
)
def test_a_column_is_compared_or_ignored(asked, told):
    with pytest.raises(RequestError, match=told):
        resolved(**asked)


def test_a_name_is_mapped_once():
    with pytest.raises(RequestError, match="x is mapped more than once"):
        resolved(mapped=(Mapped("x", "amount", "amount"), Mapped("x", "tenant", "tenant")))


@pytest.mark.parametrize(
    ("mapped", "left_only", "right_only"),
    [
        (Mapped("x", "a", "b"), ("b",), ("a",)),
        (Mapped("b", "a", "a"), ("b",), ("b",)),
        (Mapped("x", "a", "coalesce(A, b)"), (), ()),
        (Mapped("x", "a", '"a" || b'), (), ()),
        (Mapped("x", "a", "case b when 'a' then 'b' end"), (), ("a",)),
        (Mapped("x", "upper", "upper(b)"), (), ("upper",)),
        (Mapped("x", "b", "upper(b)"), (), ()),
    ],
)
def test_a_column_whose_partner_a_mapping_took_is_on_one_side_only(mapped, left_only, right_only, tmp_path):
    sides = [Location(str(tmp_path / name)) for name in ("left.csv", "right.csv")]
    for one in sides:
        Path(one.address).write_text("id,a,b,upper\n1,x,y,z\n")
    found = compare(Comparison(*sides, key=("id",), mapped=(mapped,))).coverage
    assert (found.left_only, found.right_only) == (left_only, right_only)


def test_what_is_compared_or_ignored_is_on_no_side_only():
    left, right = (side(name, ("id", "a", "b"), [(1, "x", "y")]) for name in ("left", "right"))
    crossed = {"mapped": (Mapped("x", "a", "b"),)}
    assert resolved(left, right, **crossed, columns=("b",)).left_only == ()
    found = resolved(left, right, **crossed, ignore=("b",))
    assert (found.left_only, found.right_only) == ((), ("a",))


@pytest.mark.parametrize(
    ("redact", "asked", "told"),
    [
        (("tenant",), {"groups": (GroupTotal(("tenant",)),)}, "tenant"),
        (("amount",), {"groups": (GroupTotal(("tenant",), "amount"),)}, "amount"),
        (("amount",), {"controls": (ControlTotal("amount"),)}, "amount"),
        (("*",), {"groups": (GroupTotal(("id", "tenant")),)}, "tenant"),
    ],
)
def test_a_total_that_would_show_what_is_redacted_is_refused(redact, asked, told):
    with pytest.raises(RequestError, match=f"a total would show {told}, which is redacted"):
        resolved(samples=Samples(redact=redact), **asked)


def test_totals_by_what_is_shown_are_told():
    resolved(samples=Samples(redact=("amount",)), groups=(GroupTotal(("tenant",)),))
    resolved(samples=Samples(redact=("*",)), groups=(GroupTotal(("id",)),))


def test_rows_that_share_no_column_but_the_key_are_not_equal():
    left, right = side("left", ("id", "name"), [(1, "a")]), side("right", ("id", "Name"), [(1, "b")])
    with pytest.raises(MissingColumnError, match="no column but the key is on both sides: name is on the left only"):
        resolved(left, right)
    assert resolved(left, right, columns=("id",)).columns == ()
    assert resolved(side("left", ("id",), [(1,)]), right).right_only == ("Name",)


def test_mapped_columns_are_compared_beside_those_that_are_named():
    left = side("left", ("id", "tenant", "cents"), ROWS)
    mapped = (Mapped("amount", "cents", "amount"),)
    assert resolved(left, columns=("tenant",), mapped=mapped).columns == ("tenant", "amount")
    result = compare(
        Comparison(HERE, HERE, key=("id",), columns=("tenant",), mapped=mapped),
        sides=(side("left", ("id", "tenant", "cents"), [(1, "a", 6), (2, "b", 7)]), side("right")),
    )
    assert result.rows.changed == 1


def test_a_key_is_found_among_columns_that_are_not_compared():
    left, right = (side(name, unique=("id",)) for name in ("left", "right"))
    found = resolved(left, right, key=(), columns=("tenant",))
    assert (found.key, found.key_from, found.columns) == (("id",), "primary key", ("tenant",))
    assert resolved(key=(), columns=("amount",)).key == ("id",)
    with pytest.raises(NoKeyError):
        resolved(left, right, key=(), ignore=("id", "tenant", "amount"))


@pytest.mark.parametrize("rows", [[], [(1, "a", 5)]])
def test_a_side_of_few_rows_hinders_no_key(rows):
    assert resolved(side("left", rows=rows), key=()).key == ("id",)
    assert resolved(side("left", rows=rows), side("right", rows=rows), key=()).key == ("id",)


def test_a_map_of_columns_to_themselves_does_not_make_one_object_two():
    one = side("both")
    with pytest.raises(SameObjectError):
        resolved(one, one, mapped=(Mapped("sum", "amount", "amount"),))
    assert resolved(one, one, mapped=(Mapped("sum", "amount", "id"),)).mapped == {"sum": ("amount", "id")}


@pytest.mark.parametrize(
    "rule",
    [ColumnRule(round_to=1), ColumnRule(second_digits=0), ColumnRule(zone_utc=True)],
    ids=lambda rule: rule.words,
)
def test_a_rule_that_does_nothing_to_a_kind_is_refused(rule):
    with pytest.raises(TypesError, match=r"column tenant: .* does not fit text"):
        resolved(rules={"tenant": rule})


def test_text_that_is_no_number_cannot_be_summed():
    left = side("left", rows=[(1, "x", 5)])
    asked = {"rules": {"tenant": ColumnRule(kind=Kind.NUMERIC)}, "groups": (GroupTotal((), "tenant"),)}
    with pytest.raises(TypesError, match="tenant cannot be summed"):
        resolved(left, **asked)


@pytest.mark.parametrize(
    ("expression", "column", "is_read"),
    [
        ("date", "date", True),
        ("cast(ts as date)", "date", False),
        ('cast("date" as text)', "date", True),
        ("cast(`date` as char)", "date", True),
        ("extract(year from ts)", "year", False),
        ("upper(Note)", "note", True),
        ("note(x)", "note", False),
        ("'note'", "note", False),
        ("x /* note */ -- note", "note", False),
        ("$$note$$ || x", "note", False),
        ("a.note", "note", True),
        ("notes", "note", False),
    ],
)
def test_a_column_is_read_where_an_expression_names_it(expression: str, column: str, *, is_read: bool):
    assert reads(expression, column) is is_read


def test_a_column_called_like_a_word_of_the_language_does_not_hide_behind_it():
    left = side("left", ("id", "ts", "date"), [(1, "a", "x")])
    found = resolved(left, side("right", ("id", "day"), [(1, "a")]), mapped=(Mapped("day", "ts", "day"),))
    assert found.left_only == ("date",)
