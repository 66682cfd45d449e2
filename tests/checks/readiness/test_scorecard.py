"""The service scorecard: levels by evidence, gaps from what fails, owners who were named."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.levels import LEVELS, level_number, level_word, reached
from checks.readiness.registry import ASSESS
from checks.readiness.scorecard import Scorecard
from tests.checks.readiness.examples import CHECKS, catalog, facts, verdict


def criterion(level: str, *requires: str, dimension: str = "reliability") -> dict[str, Any]:
    return {"title": f"Asked for {level}", "group": "All", "dimension": dimension, "level": level, "requires": requires}


CARD: dict[str, Any] = {
    "template": "service-scorecard",
    "since": "2026-10-27",
    "default_owner": "Desk Ops",
    "criteria": {
        "answers": criterion("L1", "{service}@web:/{service}"),
        "copied": criterion("L2", "restore", dimension="operations"),
        "written": criterion("L2", "docs", dimension="operations"),
    },
    "services": {"api": {"target": "L2", "evidence": "api", "claimed": "L2"}, "books": {"target": "L1"}},
    "matrix": {"fresh": {"slo": "age at most 10 min", "trigger": "stale", "requires": ["docs"]}},
    "conditions": {"alive": {"requires": ["api"]}},
}


def scored(*failing: str, card: dict[str, Any] | None = None, silent: str = "") -> Scorecard:
    known = catalog({"card": card or CARD})
    outcomes = {name: Outcome.FAIL if name in failing else Outcome.PASS for name in CHECKS if name != silent}
    found = assess_all(facts(known, [verdict(name, outcome) for name, outcome in outcomes.items()]), ASSESS)["card"]
    assert isinstance(found, Scorecard)
    return found


def levels(found: Scorecard) -> dict[str, str]:
    return {row.part.name: row.level for row in found.services}


def test_a_level_is_reached_by_all_that_it_and_those_below_ask():
    assert levels(scored()) == {"api": "L2", "books": "L2"}
    assert levels(scored("restore")) == {"api": "L1.5", "books": "L1.5"}
    assert levels(scored("restore", "docs")) == {"api": "L1", "books": "L1"}
    assert levels(scored("api")) == {"api": "L0", "books": "L2"}


def test_the_whole_is_its_median_and_its_least():
    found = scored("api")
    assert (found.median, found.least) == ("L1", "L0")
    assert (found.figure, found.figure_words) == (1.0, "L1")


def test_gaps_are_the_three_that_press_most_or_those_that_a_person_wrote():
    found = scored("api", "restore", "docs")
    assert [gap.partition(":")[0] for gap in found.services[0].gaps] == ["Asked for L1", "Asked for L2", "Asked for L2"]
    written = {**CARD, "services": {**CARD["services"], "api": {"target": "L2", "gaps": ["no runbook"]}}}
    row = scored("api", card=written).services[0]
    assert (row.gaps, row.gaps_edited) == (("no runbook",), True)


def test_a_row_below_its_target_says_what_is_the_worst_of_it():
    row = scored("restore").services[0]
    assert (row.part.outcome, row.part.because, row.blocking) == (Outcome.FAIL, "L1.5 of L2", ("copied",))


def test_a_row_at_its_target_is_no_better_than_the_evidence_it_is_known_by():
    card = {**CARD, "services": {"books": {"target": "L1", "evidence": "api"}}}
    row = scored(card=card, silent="api").services[0]
    assert (row.level, row.part.outcome) == ("L2", Outcome.MISSING)


def test_a_default_owner_is_shown_and_is_nobody():
    found = scored()
    assert (found.matrix[0].part.owner, found.matrix[0].defaulted) == ("Desk Ops", True)
    assert found.elements["ownership"].outcome is Outcome.FAIL
    named = {**CARD, "matrix": {"fresh": {**CARD["matrix"]["fresh"], "owner": "Books"}}}
    assert scored(card=named).outcome is Outcome.PASS
    tbd = {**CARD, "matrix": {"fresh": {**CARD["matrix"]["fresh"], "owner": "tbd"}}}
    assert scored(card=tbd).elements["ownership"].outcome is Outcome.FAIL


def test_what_passes_in_each_dimension_is_counted():
    assert [(one.name, one.passing, one.total) for one in scored("docs").services[0].dimensions] == [
        ("reliability", 1, 1),
        ("operations", 1, 2),
    ]


def test_days_are_counted_from_the_first():
    assert scored().day == 27


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"services": {"api": {"target": "L3"}}}, "no criterion is asked for L3"),
        ({"services": {"api": {"target": "L1", "criteria": {"nope": {}}}}}, "services.api: there is no criterion nope"),
        (
            {"services": {"api": {"target": "L2", "extra": {"written": {"level": "L2", "requires": ["docs"]}}}}},
            "models.card: 2 of its parts are called 'api/written'",
        ),
        ({"services": {"api": {"target": "L4"}}}, "Input should be 'L1', 'L2' or 'L3'"),
        (
            {"services": {"nope": {"target": "L1"}}},
            "models.card.criteria.answers.requires.0: no check is called 'nope'",
        ),
        ({"criteria": {**CARD["criteria"], "one": criterion("L1", "no reference")}}, "'no reference' is no reference"),
        ({"services": {"api": {"target": "L1", "gaps": ["a", "b", "c", "d"]}}}, "at most 3 items"),
    ],
)
def test_a_scorecard_that_nobody_could_answer_is_refused(change: dict[str, Any], problem: str):
    with pytest.raises(ValidationError) as refused:
        catalog({"card": {**CARD, **change}})
    assert problem in str(refused.value)


OUTCOMES = st.dictionaries(st.sampled_from(LEVELS), st.lists(st.sampled_from(Outcome), max_size=4))


@given(OUTCOMES, st.fractions(min_value=Fraction(1, 100), max_value=1))
def test_a_level_never_skips_one_that_is_not_whole(outcomes: dict[Any, list[Outcome]], half: Fraction):
    level = reached(outcomes, half=half)
    whole = [name for name in LEVELS if outcomes.get(name) and all(one.passes for one in outcomes[name])]
    assert LEVELS[: int(level)] == tuple(whole)[: int(level)]
    assert level_number(level_word(level)) == level
