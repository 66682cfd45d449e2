"""The use-case register: a status is earned by every piece of evidence, kept while it lasts, and typed by nobody."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.register import Register, RegisterRow
from checks.readiness.registry import ASSESS
from checks.slots import Cadence, Slot
from tests.checks.readiness.examples import CHECKS, NOW, SLOT, catalog, facts, verdict

CASE: dict[str, Any] = {
    "owner": "Runs",
    "architecture": "GREEN",
    "claimed": "NOT_STARTED",
    "notes": "Live validation",
    "validation": {"requires": ["restore"]},
}
REGISTER: dict[str, Any] = {
    "template": "use-case-register",
    "evidence": {
        "credentials": {"title": "Real credentials", "requires": ["api"]},
        "trace": {"title": "A trace", "requires": ["books@web:/{use_case}"]},
    },
    "use_cases": {"uc-001": {**CASE, "code": "books"}},
    "beside": {"audit": {"requires": ["docs"]}},
}


def row(outcomes: dict[str, Outcome] | None = None, **change: Any) -> RegisterRow:
    return registered(outcomes, **change).rows[0]


def registered(outcomes: dict[str, Outcome] | None = None, **change: Any) -> Register:
    given = dict.fromkeys(CHECKS, Outcome.PASS) if outcomes is None else outcomes
    cases = {"uc-001": {**REGISTER["use_cases"]["uc-001"], **change}}
    known = catalog({"register": {**REGISTER, "use_cases": cases}})
    found = assess_all(facts(known, [verdict(name, one) for name, one in given.items()]), ASSESS)["register"]
    assert isinstance(found, Register)
    return found


def test_it_is_ready_with_all_of_it_and_never_without():
    assert row().status == "READY_FOR_GO_LIVE"
    for name in ("api", "books", "restore"):
        less = {check: Outcome.PASS for check in CHECKS if check != name}
        assert row(less).status == "IN_PROGRESS"
        assert not row(less).part.outcome.passes


def test_nothing_observed_is_not_started_whatever_the_architecture_says():
    found = row({})
    assert (found.status, found.architecture, found.part.outcome) == ("NOT_STARTED", "GREEN", Outcome.MISSING)


def test_evidence_that_contradicts_it_blocks_it_and_says_why():
    found = row({"api": Outcome.FAIL, "books": Outcome.PASS})
    assert found.status == "BLOCKED"
    assert found.cause == "credentials is FAIL: it is FAIL"


def test_evidence_that_ran_out_takes_it_back_and_is_the_cause():
    found = row({**dict.fromkeys(CHECKS, Outcome.PASS), "books": Outcome.STALE})
    assert (found.status, found.cause) == ("IN_PROGRESS", "trace is STALE: it is STALE")


@pytest.mark.parametrize("owner", [None, "tbd", "TBD", "nobody"])
def test_nothing_is_ready_that_nobody_owns(owner: str | None):
    found = row(owner=owner)
    assert (found.status, found.cause) == ("IN_PROGRESS", "everything is shown, and nobody owns it")
    assert not found.part.outcome.passes


def test_a_person_may_hold_it_back_with_a_reason():
    found = row(blocked="the supplier has no contract yet")
    assert (found.status, found.part.outcome) == ("BLOCKED", Outcome.FAIL)


def test_what_is_listed_beside_changes_no_status():
    without = registered({**dict.fromkeys(CHECKS, Outcome.PASS), "docs": Outcome.FAIL})
    assert without.rows[0].status == "READY_FOR_GO_LIVE"
    assert without.beside[0].outcome is Outcome.FAIL
    assert without.outcome is Outcome.PASS


def test_a_review_is_needed_where_the_register_asks_for_one():
    known = catalog({"register": {**REGISTER, "review": ["docs"]}})
    good = [verdict(name) for name in CHECKS if name != "docs"]
    found = assess_all(facts(known, good), ASSESS)["register"]
    assert isinstance(found, Register)
    assert found.rows[0].status == "IN_PROGRESS"
    assert found.elements["uc-001/review"].outcome is Outcome.MISSING


def test_a_row_is_old_by_its_evidence_or_else_by_its_document():
    assert not row().is_old
    assert row({}, updated="2026-10-01").is_old
    assert not row({}, updated="2026-11-20").is_old
    old = Slot(SLOT.at.replace(year=2025), Cadence.HOURLY)
    known = catalog({"register": REGISTER})
    found = assess_all(facts(known, [verdict("api", slot=old)], as_of=NOW), ASSESS)["register"]
    assert isinstance(found, Register)
    assert found.rows[0].is_old


def test_the_matrix_is_counted_whole():
    found = registered({"api": Outcome.PASS})
    assert (found.shown, found.total, found.rows[0].shown) == (1, 3, 1)


@pytest.mark.parametrize(
    ("before", "now", "is_remarked"),
    [
        ("NOT_STARTED", "IN_PROGRESS", False),
        ("READY_FOR_GO_LIVE", "BLOCKED", False),
        ("NOT_STARTED", "READY_FOR_GO_LIVE", True),
        ("READY_FOR_GO_LIVE", "NOT_STARTED", True),
    ],
)
def test_a_leap_between_two_days_is_remarked(before: str, now: str, is_remarked: bool):
    assert (registered().remark(before, now) is not None) is is_remarked


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"use_cases": {"uc-001": {"claimed": "DONE"}}}, "Input should be 'NOT_STARTED'"),
        (
            {"use_cases": {"uc-001": {"claimed": "BLOCKED"}}},
            "use_cases.uc-001: it is claimed BLOCKED and does not say why",
        ),
        (
            {"use_cases": {"uc-001": {"code": "A"}, "uc-002": {"code": "A"}}, "evidence": {"one": {"title": "One"}}},
            "A stands here more than once",
        ),
        ({"use_cases": {"uc-001": {"evidence": {"nope": {}}}}}, "there is no evidence called nope"),
        ({"use_cases": {"uc-001": {"updated": "yesterday"}}}, "Input should be a valid date"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(change: dict[str, Any], problem: str):
    with pytest.raises(ValidationError) as refused:
        catalog({"register": {**REGISTER, **change}})
    assert problem in str(refused.value)
