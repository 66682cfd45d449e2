"""As what two columns are compared: what both say, what the rule says, and what is refused."""

import pickle
from datetime import timedelta
from decimal import Decimal

import pytest

from tasks.comparison.agreement import agreed_kind
from tasks.comparison.errors import TypesError
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.rules import EXACTLY, ColumnRule, Tolerance, Whitespace

CENTS, UTC, TRIM = ColumnRule(round_to=2), ColumnRule(zone_utc=True), ColumnRule(whitespace=Whitespace.TRIM)


def typed(kind: Kind, declared: str = "", element: Kind | None = None) -> Column:
    return Column("v", kind, declared, element=element)


def loose(kind: Kind) -> Column:
    return Column("v", kind, loose=True)


AGREED = [
    (typed(Kind.TEXT), typed(Kind.TEXT), EXACTLY, Kind.TEXT),
    (typed(Kind.TEXT), typed(Kind.INTEGER), ColumnRule(kind=Kind.NUMERIC), Kind.NUMERIC),
    (typed(Kind.INTEGER), typed(Kind.NUMERIC), EXACTLY, Kind.NUMERIC),
    (typed(Kind.FLOAT), typed(Kind.FLOAT), EXACTLY, Kind.FLOAT),
    (typed(Kind.FLOAT), typed(Kind.FLOAT), CENTS, Kind.NUMERIC),
    (typed(Kind.FLOAT), typed(Kind.NUMERIC), CENTS, Kind.NUMERIC),
    (typed(Kind.FLOAT), typed(Kind.INTEGER), ColumnRule(tolerance=Tolerance(relative=Decimal(1))), Kind.NUMERIC),
    (typed(Kind.LOCAL_TIMESTAMP), typed(Kind.TIMESTAMP), UTC, Kind.TIMESTAMP),
    (typed(Kind.LOCAL_TIMESTAMP), loose(Kind.TEXT), UTC, Kind.TIMESTAMP),
    (loose(Kind.TEXT), typed(Kind.DATE), EXACTLY, Kind.DATE),
    (typed(Kind.UUID), loose(Kind.JSON), EXACTLY, Kind.UUID),
    (loose(Kind.JSON), loose(Kind.JSON), EXACTLY, Kind.JSON),
    (loose(Kind.JSON), loose(Kind.JSON), TRIM, Kind.TEXT),
    (loose(Kind.TEXT), loose(Kind.JSON), EXACTLY, Kind.TEXT),
    (loose(Kind.TEXT), loose(Kind.INTEGER), EXACTLY, Kind.INTEGER),
    (loose(Kind.BOOLEAN), loose(Kind.INTEGER), EXACTLY, Kind.TEXT),
    (typed(Kind.ARRAY, element=Kind.INTEGER), typed(Kind.ARRAY, element=Kind.NUMERIC), EXACTLY, Kind.ARRAY),
    (typed(Kind.OTHER, "inet"), typed(Kind.OTHER, "inet"), EXACTLY, Kind.OTHER),
]
UTC_OF_LOCAL = (typed(Kind.LOCAL_TIMESTAMP), typed(Kind.TIMESTAMP), EXACTLY)
ADVICE = [
    (*UTC_OF_LOCAL, "{zone_utc: true}"),
    (typed(Kind.TEXT), typed(Kind.INTEGER), EXACTLY, "{read_as: integer}"),
    (typed(Kind.TEXT), typed(Kind.JSON), EXACTLY, "{read_as: json}"),
    (typed(Kind.DATE), typed(Kind.INTEGER), EXACTLY, "{read_as: text}"),
    (typed(Kind.TEXT), typed(Kind.BYTES), EXACTLY, "{read_as: text}"),
    (typed(Kind.FLOAT), typed(Kind.NUMERIC), EXACTLY, "{round_to: 2}"),
    (loose(Kind.TEXT), loose(Kind.TEXT), ColumnRule(tolerance=Tolerance(absolute=Decimal(1))), "{read_as: numeric}"),
    (loose(Kind.TEXT), loose(Kind.TEXT), ColumnRule(tolerance=Tolerance(time=timedelta(1))), "{read_as: timestamp}"),
    (loose(Kind.TEXT), loose(Kind.TEXT), CENTS, "{read_as: numeric}"),
    (typed(Kind.INTEGER), typed(Kind.INTEGER), TRIM, "{read_as: text}"),
]
REFUSED = [
    (typed(Kind.TEXT), typed(Kind.INTEGER), EXACTLY),
    (typed(Kind.FLOAT), typed(Kind.NUMERIC), EXACTLY),
    (typed(Kind.LOCAL_TIMESTAMP), typed(Kind.TIMESTAMP), EXACTLY),
    (typed(Kind.ARRAY, element=Kind.TEXT), typed(Kind.ARRAY, element=Kind.INTEGER), EXACTLY),
    (typed(Kind.OTHER, "inet"), typed(Kind.OTHER, "cidr"), EXACTLY),
    (typed(Kind.INTEGER), typed(Kind.INTEGER), TRIM),
    (typed(Kind.TEXT), typed(Kind.TEXT), ColumnRule(tolerance=Tolerance(absolute=Decimal(1)))),
    (typed(Kind.INTEGER), typed(Kind.INTEGER), ColumnRule(tolerance=Tolerance(time=timedelta(1)))),
]


@pytest.mark.parametrize(("left", "right", "rule", "kind"), AGREED)
def test_two_columns_are_compared_as_one_kind_whichever_comes_first(left, right, rule, kind):
    assert agreed_kind("v", left, right, rule) is kind
    assert agreed_kind("v", right, left, rule) is kind


@pytest.mark.parametrize(("left", "right", "rule"), REFUSED)
def test_columns_of_two_kinds_are_refused_by_name(left, right, rule):
    for one, other in ((left, right), (right, left)):
        with pytest.raises(TypesError, match="column v: "):
            agreed_kind("v", one, other, rule)


@pytest.mark.parametrize(("left", "right", "rule", "advice"), ADVICE)
def test_a_refusal_says_which_rule_would_help(left, right, rule, advice):
    for one, other in ((left, right), (right, left)):
        with pytest.raises(TypesError) as caught:
            agreed_kind("v", one, other, rule)
        assert str(caught.value).endswith(f", such as rules: {{v: {advice}}}")
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
