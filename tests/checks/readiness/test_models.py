"""What holds for every readiness model: it names what exists, and removing evidence never makes its answer better."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from checks.models import in_order
from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.assessment import Assessment
from checks.readiness.registry import ASSESS, TEMPLATES
from tests.checks.readiness.examples import CHECKS, catalog, facts, verdict, waiver
from tests.checks.readiness.models import MODELS

ONE = dict.fromkeys(("gate",), MODELS["release-gate"])


def assess(template: str, outcomes: dict[str, Outcome], **more: Any) -> Assessment:
    known = catalog({"it": MODELS[template]})
    verdicts = [verdict(check, outcome) for check, outcome in outcomes.items()]
    return assess_all(facts(known, verdicts, **more), ASSESS)["it"]


def test_every_template_is_tried():
    assert TEMPLATES.keys() == ASSESS.keys() == MODELS.keys(), "give the new template a model in MODELS"


@pytest.mark.parametrize("template", MODELS)
def test_an_assessment_can_be_read_again_from_its_json(template: str):
    found = assess(template, dict.fromkeys(CHECKS, Outcome.PASS))
    assert type(found).model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("template", MODELS)
def test_over_nothing_nothing_passes(template: str):
    found = assess(template, {})
    assert not found.outcome.passes
    named_only = {"ownership"}  # whether people were named is for the catalogue to say, and not for evidence
    assert not any(part.outcome.passes for name, part in found.elements.items() if name not in named_only)


@pytest.mark.parametrize("template", MODELS)
def test_it_passes_where_all_evidence_does(template: str):
    found = assess(template, dict.fromkeys(CHECKS, Outcome.PASS))
    assert {part.outcome for part in found.elements.values()} == {Outcome.PASS}
    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize("template", MODELS)
@given(data=st.data())
def test_removing_evidence_improves_nothing(template: str, data: st.DataObject):
    outcomes = data.draw(st.dictionaries(st.sampled_from(CHECKS), st.sampled_from(Outcome)))
    dropped = data.draw(st.sets(st.sampled_from(CHECKS)))
    waivers = [waiver(check) for check in data.draw(st.sets(st.sampled_from(CHECKS)))]
    # A waiver excepts what is known and what is not: what it covers stays out of the comparison.
    before = assess(template, outcomes, waivers=waivers)
    less = {check: outcome for check, outcome in outcomes.items() if check not in dropped}
    after = assess(template, less, waivers=waivers)
    waived = {one.check for one in waivers}
    if not before.outcome.passes and not (dropped & waived):
        assert not after.outcome.passes
    if before.figure is not None and after.figure is not None and not (dropped & waived):
        assert after.figure <= before.figure
    for name, part in before.elements.items():
        rests_on = {answer.reference.partition("@")[0].partition("#")[0] for answer in part.answers}
        if not part.outcome.passes and not (rests_on & dropped & waived):
            assert not after.elements[name].outcome.passes


def test_a_model_may_rest_on_another_and_on_a_part_of_it():
    rests = {"template": "release-gate", "items": {"all": {"requires": ["model:gate"], "about": "any-version"}}}
    part = {"template": "release-gate", "items": {"one": {"requires": ["model:gate/two"], "about": "any-version"}}}
    known = catalog({"above": rests, "part": part, **ONE})
    assert [model.id for model in in_order(known.models)] == ["gate", "above", "part"]
    found = assess_all(facts(known, [verdict("books"), verdict("restore")]), ASSESS)
    assert (found["gate"].outcome, found["above"].outcome, found["part"].outcome) == (
        Outcome.MISSING,
        Outcome.MISSING,
        Outcome.PASS,
    )


@pytest.mark.parametrize(
    ("requires", "problem"),
    [
        (["nope"], "models.gate.items.live.requires.0: no check is called 'nope'"),
        (["model:nope"], "models.gate.items.live.requires.0: no model is called 'nope'"),
        (["model:other/nope"], "models.gate.items.live.requires.0: model 'other' has no part called 'nope'"),
        (["model:gate"], "models.gate: it rests on itself"),
        (["model:other"], "models.gate: it rests on itself, by way of other"),
        (["no reference"], "'no reference' is no reference"),
    ],
)
def test_a_reference_to_nothing_and_a_circle_are_refused(requires: list[str], problem: str):
    gate = {"template": "release-gate", "items": {"live": {"requires": requires}}}
    other = {"template": "release-gate", "items": {"back": {"requires": ["model:gate"]}}}
    with pytest.raises(ValidationError) as refused:
        catalog({"gate": gate, "other": other})
    assert problem in str(refused.value)
