"""A check as monitoring sees it: nothing that is absent or old looks good."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.catalog import Catalog
from checks.findings import Verdict
from checks.outcome import Outcome, Severity
from checks.readiness.facts import Facts
from checks.readiness.watched import WatchedCheck, unknown_checks, watched_checks
from checks.slots import Cadence, Slot
from tests.reports.examples import NOW, SLOT, catalog, health, verdict


def watched(known: Catalog, *verdicts: Verdict) -> dict[str, WatchedCheck]:
    facts = Facts.of(known, verdicts, contexts={}, waivers=(), as_of=NOW)
    return {one.name: one for one in watched_checks(facts)}


def hours_ago(hours: int) -> Slot:
    return Slot(SLOT.at - timedelta(hours=hours), Cadence.HOURLY)


def test_a_check_carries_whose_it_is_and_what_it_weighs():
    known = catalog(health("desk", service="desk", severity="critical"))
    assert watched(known, verdict("desk", Outcome.PASS)) == {
        "desk": WatchedCheck(
            "desk",
            Cadence.HOURLY,
            Severity.CRITICAL,
            "Desk Ops",
            "desk",
            Outcome.PASS,
            timedelta(seconds=30),
            fresh=True,
        )
    }


def test_a_check_that_nobody_observed_is_missing_without_age_and_not_fresh():
    never = watched(catalog(health("never")))["never"]
    assert (never.outcome, never.age, never.fresh) == (Outcome.MISSING, None, False)


def test_a_pass_that_is_too_old_is_stale_keeps_its_age_and_is_not_fresh():
    old = watched(catalog(health("desk")), verdict("desk", Outcome.PASS, slot=hours_ago(5)))["desk"]
    assert (old.outcome, old.fresh) == (Outcome.STALE, False)
    assert old.age == timedelta(hours=5, seconds=30)


def test_what_fails_on_evidence_of_now_is_fresh():
    failing = watched(catalog(health("desk")), verdict("desk", Outcome.FAIL))["desk"]
    assert (failing.outcome, failing.fresh) == (Outcome.FAIL, True)


def test_a_report_that_is_found_stale_now_is_fresh_evidence_of_that():
    found = watched(catalog(health("desk")), verdict("desk", Outcome.STALE))["desk"]
    assert (found.outcome, found.fresh) == (Outcome.STALE, True)


@pytest.mark.parametrize("outcome", [Outcome.MISSING, Outcome.ERROR])
def test_a_slot_without_evidence_has_no_age_however_young_it_is(outcome: Outcome):
    found = watched(catalog(health("desk")), verdict("desk", outcome))["desk"]
    assert (found.outcome, found.age, found.fresh) == (outcome, None, False)


def test_the_oldest_subject_decides_and_one_that_is_missing_leaves_no_age():
    known = catalog(health("desk", "/health", "/ready"))
    young = verdict("desk", Outcome.PASS)
    older = replace(verdict("desk", Outcome.PASS, subject="api:/ready"), judged_at=NOW - timedelta(minutes=20))
    both = watched(known, young, older)["desk"]
    assert (both.outcome, both.age, both.fresh) == (Outcome.PASS, timedelta(minutes=20), True)
    one = watched(known, young)["desk"]
    assert (one.outcome, one.age, one.fresh) == (Outcome.MISSING, None, False)


def test_where_nobody_can_tell_every_check_is_an_error():
    known = catalog(health("desk", service="desk"), health("forgotten"))
    found = unknown_checks(known)
    assert [(one.name, one.owner, one.outcome, one.age, one.fresh) for one in found] == [
        ("desk", "Desk Ops", Outcome.ERROR, None, False),
        ("forgotten", None, Outcome.ERROR, None, False),
    ]
