"""What a reference to evidence comes to: never better than what was observed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.outcome import Outcome
from checks.readiness.facts import Answer, Demand, Facts, Release
from checks.references import CheckReference, parse_reference
from checks.slots import Cadence, Slot
from tests.checks.readiness.examples import CHECKS, NOW, SLOT, catalog, facts, verdict, waiver


def answer(reference: str, known: Facts | None = None, demand: Demand | None = None) -> Answer:
    named = parse_reference(reference)
    assert isinstance(named, CheckReference)
    return (known or facts(catalog())).answer(named, demand or Demand())


def test_a_check_that_passes_is_answered_with_its_evidence():
    found = answer("api")
    assert found.outcome is Outcome.PASS
    assert (found.slot, found.version, found.age(NOW)) == (SLOT.label, "v0.2.0", timedelta(minutes=3))


@pytest.mark.parametrize(
    ("reference", "outcome"),
    [
        ("api@web:/api", Outcome.PASS),
        ("api@web:/nowhere", Outcome.MISSING),
        ("api#http", Outcome.PASS),
        ("api@web:/api#http", Outcome.PASS),
        ("api#certificate", Outcome.MISSING),
    ],
)
def test_a_part_of_a_check_is_named_by_subject_and_expectation(reference: str, outcome: Outcome):
    assert answer(reference).outcome is outcome


def test_one_expectation_is_not_failed_by_another():
    found = verdict("api")
    both = replace(found, findings=(*found.findings, *verdict("api", Outcome.FAIL, expectation="prompt").findings))
    known = facts(catalog(), [both])
    assert answer("api", known).outcome is Outcome.FAIL
    assert answer("api#http", known).outcome is Outcome.PASS


@pytest.mark.parametrize("word", ["collected", "observed"])
def test_an_expectation_of_what_could_not_be_asked_is_not_merely_missing(word: str):
    known = facts(catalog(), [verdict("api", Outcome.ERROR, expectation=word)])
    assert answer("api#http", known).outcome is Outcome.ERROR


def test_evidence_that_is_older_than_demanded_is_stale():
    found = answer("api", demand=Demand(max_age=timedelta(minutes=2)))
    assert found.outcome is Outcome.STALE
    assert "3 min old and may be 2 min" in found.because
    assert found.was is Outcome.PASS


def test_evidence_that_outlived_its_cadence_is_stale():
    old = Slot(SLOT.at - timedelta(hours=3), Cadence.HOURLY)
    assert answer("api", facts(catalog(), [verdict("api", slot=old)])).outcome is Outcome.STALE


@pytest.mark.parametrize(
    ("version", "release", "why"),
    [
        ("v0.1.0", Release("v0.2.0", "production"), "about version v0.1.0, not v0.2.0"),
        ("v0.2.0", Release("v0.2.0", "staging"), "about production, not staging"),
        (None, Release("v0.2.0", "production"), "does not say which version ran"),
    ],
)
def test_evidence_about_another_version_or_environment_is_stale(version: str | None, release: Release, why: str):
    found = answer("api", facts(catalog(), version=version), Demand(release=release))
    assert found.outcome is Outcome.STALE
    assert why in found.because


def test_what_fails_stays_a_failure_whatever_is_demanded():
    known = facts(catalog(), [verdict("api", Outcome.FAIL)], version="v0.1.0")
    assert answer("api", known, Demand(release=Release("v0.2.0", "production"))).outcome is Outcome.FAIL


def test_a_waiver_that_holds_is_shown_with_what_it_excepts():
    found = answer("api", facts(catalog(), [verdict("api", Outcome.FAIL)], waivers=[waiver()]))
    assert found.outcome is Outcome.WAIVED
    assert "waived by risk" in found.because
    assert "it is FAIL" in found.because


def test_a_waiver_that_ran_out_is_a_failure_even_of_what_is_only_stale():
    ended = waiver(since=timedelta(days=40))
    known = facts(catalog(), [verdict("api", Outcome.STALE)], waivers=[ended])
    assert answer("api", known).outcome is Outcome.FAIL


def test_nothing_is_waived_that_passes():
    assert answer("api", facts(catalog(), waivers=[waiver()])).outcome is Outcome.PASS


def test_a_check_that_may_never_be_waived_is_not():
    known = catalog(exceptions={"never": ["api"]})
    assert answer("api", facts(known, [verdict("api", Outcome.FAIL)], waivers=[waiver()])).outcome is Outcome.FAIL


def test_no_more_waivers_count_than_the_catalogue_admits():
    known = catalog(exceptions={"most": 1})
    granted = [waiver("books", since=timedelta(days=2)), waiver("api")]
    found = facts(known, [verdict(name, Outcome.FAIL) for name in CHECKS], waivers=granted)
    assert [answer(name, found).outcome for name in ("books", "api")] == [Outcome.WAIVED, Outcome.FAIL]


def test_a_waiver_longer_than_the_catalogue_admits_does_not_count():
    known = catalog(exceptions={"longest": "7d"})
    assert answer("api", facts(known, [verdict("api", Outcome.FAIL)], waivers=[waiver()])).outcome is Outcome.FAIL


def test_a_waiver_is_spoken_of_before_it_ends():
    soon = waiver(lasts=timedelta(days=10))
    assert [
        words
        for _, words in facts(catalog(), waivers=[soon, waiver("books", lasts=timedelta(days=60))]).waivers.ending()
    ] == ["the waiver of api on * ends in 9 d"]
