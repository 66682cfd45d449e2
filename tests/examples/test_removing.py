"""No example can be made to say yes by removing data: whatever is dropped of what was found, nothing begins to pass."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.catalog import Catalog
from checks.findings import Finding, RunContext, Verdict
from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS, TEMPLATES
from checks.slots import Slot
from examples.requirements import EXAMPLES, REQUIREMENTS
from flows.wiring import load_catalog

NOW = datetime(2026, 11, 22, 14, 10, tzinfo=UTC)
Subject = tuple[str, str]


@cache
def catalog(example: str) -> Catalog:
    return load_catalog(EXAMPLES / example / "readiness.yaml")[0]


@cache
def subjects(example: str) -> tuple[Subject, ...]:
    return tuple((check.id, subject) for check in catalog(example).checks.values() for subject in check.subjects)


def assessed(example: str, outcomes: Mapping[Subject, Outcome]) -> dict[str, Assessment]:
    """Every model, where each subject has one finding."""
    verdicts = [_verdict(catalog(example), *one, outcome) for one, outcome in outcomes.items()]
    contexts = {one.slot: RunContext("sandbox", "v0.2.0", "c" * 64) for one in verdicts}
    return assess_all(Facts.of(catalog(example), verdicts, contexts=contexts, waivers=(), as_of=NOW), ASSESS)


def _verdict(known: Catalog, name: str, subject: str, outcome: Outcome) -> Verdict:
    check = known.checks[name]
    finding = Finding(
        check=name,
        kind=check.kind,
        subject=subject,
        expectation="found",
        outcome=outcome,
        severity=check.severity,
        because=f"it is {outcome}",
    )
    return Verdict(name, check.kind, subject, Slot.current(check.every, NOW), (finding,), NOW)


def test_the_examples_have_models_of_every_template():
    assert {model.template for example in REQUIREMENTS for model in catalog(example).models.values()} == set(TEMPLATES)


@pytest.mark.parametrize("example", REQUIREMENTS)
@settings(max_examples=20)
@given(data=st.data())
def test_dropping_findings_improves_nothing(example: str, data: st.DataObject):
    every = subjects(example)
    odd = data.draw(st.dictionaries(st.sampled_from(every), st.sampled_from(Outcome), max_size=6))
    dropped = data.draw(st.sets(st.sampled_from(every), min_size=1, max_size=12)) | (
        set(odd) if data.draw(st.booleans()) else set()
    )
    found = dict.fromkeys(every, Outcome.PASS) | odd
    before = assessed(example, found)
    after = assessed(example, {one: outcome for one, outcome in found.items() if one not in dropped})
    for name, model in before.items():
        less = after[name]
        assert model.outcome.passes or not less.outcome.passes
        assert model.figure is None or less.figure is None or less.figure <= model.figure
        better = {
            part
            for part, element in model.elements.items()
            if not element.outcome.passes and less.elements[part].outcome.passes
        }
        assert better == set()
