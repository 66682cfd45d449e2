"""The release gate: all of it, for one version, or no; and why."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Demand, Facts, Release
from checks.readiness.registry import ASSESS
from checks.readiness.release_gate import GateDecision
from tests.checks.readiness.examples import CHECKS, catalog, facts, verdict, waiver

GATE: dict[str, Any] = {
    "template": "release-gate",
    "areas": {"books": {"title": "The books agree", "owner": "Finance"}},
    "items": {
        "live": {"requires": ["api"], "owner": "Desk Ops"},
        "agree": {"requires": ["books"], "area": "books"},
        "written": {"requires": ["docs"], "about": "any-version"},
    },
}


def decision(known: Facts | None = None, *, release: str | None = "v0.2.0") -> GateDecision:
    demand = Demand(release=Release(release, "production") if release else None)
    found = assess_all(known or facts(catalog({"gate": GATE})), ASSESS, demand=demand)["gate"]
    assert isinstance(found, GateDecision)
    return found


def failing(*names: str) -> Facts:
    outcomes = {check: Outcome.FAIL if check in names else Outcome.PASS for check in CHECKS}
    return facts(catalog({"gate": GATE}), [verdict(check, outcome) for check, outcome in outcomes.items()])


def test_it_opens_only_where_every_item_passes():
    assert decision().is_open
    for check in ("api", "books", "docs"):
        assert not decision(failing(check)).is_open


def test_a_no_leads_from_the_gate_to_the_evidence_and_its_age():
    assert decision(failing("books")).chain == (
        "gate ← agree ← books is FAIL: it is FAIL [2026-11-22T1400Z.hourly, 3 min old]",
    )


def test_an_area_is_the_worst_of_its_items():
    (area,) = decision(failing("books")).areas
    assert (area.outcome, area.owner, area.because) == (Outcome.FAIL, "Finance", "0 of 1 items pass; agree does not")


def test_an_area_without_items_blocks():
    gate = {**GATE, "areas": {**GATE["areas"], "empty": {"title": "Nobody thought of it"}}}
    assert decision(facts(catalog({"gate": gate}))).outcome is Outcome.MISSING


def test_evidence_of_another_version_blocks_but_for_items_about_any():
    found = decision(release="v0.3.0")
    assert {item.name: item.outcome for item in found.items} == {
        "live": Outcome.STALE,
        "agree": Outcome.STALE,
        "written": Outcome.PASS,
    }


def test_without_a_release_it_is_about_the_version_that_runs():
    assert decision(release=None).release == "v0.2.0"
    unknown = decision(facts(catalog({"gate": GATE}), version=None), release=None)
    assert unknown.release is None
    assert not unknown.is_open
    assert "a version that no evidence names" in unknown.sentence


def test_a_waived_item_lets_it_open_and_is_shown():
    known = facts(
        catalog({"gate": GATE}),
        [verdict("api", Outcome.FAIL), verdict("books"), verdict("docs")],
        waivers=[waiver("api")],
    )
    found = decision(known)
    assert found.is_open
    assert found.items[0].outcome is Outcome.WAIVED


def test_an_item_that_does_not_apply_says_who_declared_it():
    declared = {"not_applicable": {"reason": "there is no shop yet", "approved_by": "the board"}}
    gate = {**GATE, "items": {**GATE["items"], "live": declared}}
    found = decision(facts(catalog({"gate": gate}), [verdict("books"), verdict("docs")]))
    assert found.items[0].outcome is Outcome.NOT_APPLICABLE
    assert found.items[0].because == "declared by the board: there is no shop yet"
    assert found.is_open


def test_what_somebody_claims_blocks():
    gate = {**GATE, "items": {**GATE["items"], "live": {"claimed": "done"}}}
    assert decision(facts(catalog({"gate": gate}))).items[0].outcome is Outcome.CLAIMED


def test_every_item_is_seen_to_block():
    assert decision().proven == 3


def test_an_item_in_an_area_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="there is no such area: live is in 'nowhere'"):
        catalog({"gate": {"template": "release-gate", "items": {"live": {"requires": ["api"], "area": "nowhere"}}}})
