"""The weighted score: earned by evidence alone, beside what was claimed."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.readiness.score import Score
from tests.checks.readiness.examples import catalog, facts, verdict, waiver

ITEMS: dict[str, Any] = {
    "ci": {"title": "Pipeline", "requires": ["api"], "claimed": "done"},
    "sign": {"title": "Signing", "requires": ["books", "restore"], "halfway": ["books"], "claimed": "partial"},
    "notes": {"title": "Notes", "claimed": "done"},
}
SCORE: dict[str, Any] = {
    "template": "weighted-score",
    "claimed": 90,
    "categories": {
        "release": {"title": "Release", "weight": 60, "items": ITEMS},
        "docs": {"title": "Docs", "weight": 40, "items": {"guide": {"requires": ["docs"]}}},
    },
    "roadmap": {"next": {"title": "Sign it", "items": ["release/ci", "release/sign"]}},
    "recommended": {"profiles": {"requires": ["docs"]}},
}


def scored(known: Facts | None = None, model: dict[str, Any] | None = None) -> Score:
    given = known or facts(catalog({"score": model or SCORE}))
    found = assess_all(given, ASSESS)["score"]
    assert isinstance(found, Score)
    return found


def test_points_are_earned_by_evidence_and_never_by_a_word():
    found = scored()
    release = found.categories[0]
    assert [one.earned for one in release.items] == ["done", "done", "pending"]
    assert (release.points, release.claimed_points) == (40.0, 50.0)
    assert (found.computed, found.claimed_by_items) == (80.0, 50.0)
    assert found.outcome is Outcome.FAIL
    assert "90 % are claimed, 10 too many" in found.sentence


def test_half_a_point_needs_evidence_of_its_own():
    known = facts(catalog({"score": SCORE}), [verdict("books"), verdict("restore", Outcome.FAIL)])
    assert [one.earned for one in scored(known).categories[0].items] == ["pending", "partial", "pending"]


def test_a_waiver_earns_nothing():
    known = facts(catalog({"score": SCORE}), [verdict("api", Outcome.FAIL)], waivers=[waiver("api")])
    item = scored(known).categories[0].items[0]
    assert (item.part.outcome, item.earned) == (Outcome.WAIVED, "pending")


def test_what_is_not_known_stays_in_what_the_score_is_out_of():
    known = facts(catalog({"score": SCORE}), [verdict("docs")])
    found = scored(known)
    assert found.computed == 40.0
    assert (found.measured, found.total, found.measured_percent) == (1, 4, 25)


def test_one_topic_said_twice_takes_the_worse_and_is_flagged():
    twice = {
        "logged": {"requires": ["api"], "claimed": "done", "topic": "Audit logging"},
        "again": {"requires": ["books"], "claimed": "pending", "topic": "audit logging"},
    }
    model = {"template": "weighted-score", "categories": {"all": {"title": "All", "weight": 100, "items": twice}}}
    found = scored(facts(catalog({"score": model}), [verdict("api"), verdict("books", Outcome.FAIL)]), model)
    assert [one.earned for one in found.categories[0].items] == ["pending", "pending"]
    assert found.claimed_by_items == 0
    assert found.contradictions == (
        "all/logged is claimed done; all/again says otherwise",
        "all/again is claimed pending; all/logged says otherwise",
    )


def test_a_step_tells_the_points_that_it_would_bring():
    known = facts(catalog({"score": SCORE}), [verdict("api")])
    (step,) = scored(known).roadmap
    assert (step.done, step.points_left, step.already_claimed) == (1, 20.0, False)


def test_a_score_is_cut_and_never_rounded_up():
    items = {f"i{number}": {"requires": ["api"]} for number in range(2999)} | {"last": {"requires": ["books"]}}
    model = {"template": "weighted-score", "categories": {"all": {"title": "All", "weight": 100, "items": items}}}
    found = scored(facts(catalog({"score": model}), [verdict("api"), verdict("books", Outcome.FAIL)]), model)
    assert found.computed == 99.9


def test_what_is_claimed_within_the_tolerance_passes_if_the_target_is_reached():
    good = {**SCORE, "claimed": 81, "target": 80}
    assert scored(model=good).outcome is Outcome.PASS
    assert scored(model={**good, "claimed": 83}).outcome is Outcome.FAIL
    assert scored(model={**good, "target": 81}).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"categories": {"all": {"title": "All", "weight": 99, "items": ITEMS}}}, "the weights sum to 99"),
        ({"roadmap": {"next": {"title": "x", "items": ["release/nope"]}}}, "names what is no item: release/nope"),
        (
            {"categories": {"all": {"title": "All", "weight": 100, "items": {"one": {"claimed": "finished"}}}}},
            "'finished' is no status; write done, partial or pending",
        ),
    ],
)
def test_a_score_that_cannot_add_up_is_refused(change: dict[str, Any], problem: str):
    with pytest.raises(ValidationError, match=problem):
        catalog({"score": {**SCORE, "roadmap": {}, **change}})
