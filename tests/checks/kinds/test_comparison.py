"""What a catalogue may ask of two data sets."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from checks.expectations.comparison import allowed
from checks.kinds.comparison import Side, Tolerance
from checks.kinds.parity import ParityCheck
from checks.kinds.reconciliation import ReconciliationCheck
from checks.places import Place

SIDES = {"left": "events:ledger.jsonl", "right": "ledger:public.entries"}


def test_the_short_forms_mean_the_long_ones():
    short = ReconciliationCheck.model_validate({**SIDES, "key": "id", "rules": {"amount": {"tolerance": 0.01}}})
    assert short.left == Side(place=Place("events", "ledger.jsonl"))
    assert short.key == ("id",)
    assert short.rules["amount"].tolerance == Tolerance(absolute=Decimal("0.01"))
    assert short.sources == ("events", "ledger")


def test_an_instant_until_which_a_difference_is_known_is_kept_in_utc():
    known = {"what": "missing", "rows": 2, "until": "2026-12-01T01:00:00+01:00", "reason": "migration"}
    check = ParityCheck.model_validate({**SIDES, "expect": {"known": [known]}})
    assert check.expect.known[0].until == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ({"expect": {"changed": -1}}, [("expect", "changed")]),
        ({"expect": {"missing": "998%"}}, [("expect", "missing")]),
        ({"key": "id", "match": {"many": "left", "sum": "x", "by": ["a"]}}, [("match", "one to many", "by")]),
        ({"match": {"amount": "x", "window": "1h"}}, [("match", "items")]),
    ],
)
def test_a_value_of_several_forms_is_refused_once_and_by_the_form_that_was_meant(wrong, places):
    with pytest.raises(ValidationError) as refused:
        ReconciliationCheck.model_validate({**SIDES, **wrong})
    assert [problem["loc"] for problem in refused.value.errors()] == places


@pytest.mark.parametrize(
    ("allowance", "rows", "count"), [(3, 0, 3), ("0.1%", 1999, 1), ("0.1%", 999, 0), ("100%", 7, 7)]
)
def test_a_share_is_rounded_down_to_rows(allowance: int | str, rows: int, count: int):
    assert allowed(allowance, rows) == count


@pytest.mark.parametrize(
    "wrong",
    [
        {"left": "no-place"},
        {"left": {"where": "id > 1"}},
        {"rules": {"amount": {"tolerance": {}}}},
        {"rules": {"amount": {"tolerance": -1}}},
        {"rules": {"amount": {"tolerance": True}}},
        {"rules": {"amount": {"tolerance": "nan"}}},
        {"rules": {"amount": {"whitespace": "none"}}},
        {"totals": [{"by": []}]},
        {"samples": {"each": 1001}},
        {"ignore": ["*"]},
        {"ignore": ["id"], "key": "id"},
        {"ignore": ["x"], "columns": ["x"]},
        {"ignore": ["x"], "map": {"x": {"left": "a", "right": "a"}}},
        {"second_look": {}},
        {"expect": {"missing": -1}},
        {"expect": {"missing": "many"}},
        {"expect": {"known": [{"what": "missing", "rows": 1, "until": "2026-12-01T00:00:00", "reason": "no zone"}]}},
        {"expect": {"known": [{"what": "missing", "rows": 1, "until": "2026-12-01T00:00:00Z"}]}},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        ParityCheck.model_validate({**SIDES, **wrong})
