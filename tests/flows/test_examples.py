"""What is broken in the sandbox changes exactly those cells of each team's models that rest on what noticed it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from checks.catalog import Catalog
from checks.findings import Verdict
from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.readiness.requirement import Element
from checks.slots import Cadence
from examples.sandbox.system import Sandbox
from flows.settings import Settings
from flows.wiring import load_catalog, now
from tasks.store.evidence_store import EvidenceStore
from tests.flows.conftest import Run

EXAMPLES = Path(__file__).parents[2] / "examples"
BROKEN = {
    "release-gate": "stale-report",
    "service-scorecard": "future-report",
    "weighted-score": "truncated-metrics",
    "use-case-register": "down",
}
"""For each example a switch that one of its hourly checks notices."""


@pytest.fixture
def example_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The register reads people's evidence from the home that it runs in."""
    monkeypatch.setenv("READINESS_HOME", str(home))
    return home


def assessments(catalog: Catalog, settings: Settings) -> tuple[dict[str, Assessment], list[Verdict]]:
    """Every model now, by what the store holds; drills are not due in this test, and count as carried out just now."""
    as_of = now()
    with EvidenceStore.open(settings.store_url) as store:
        verdicts = store.latest(as_of=as_of)
        contexts = store.contexts({one.slot for one in verdicts})
    facts = Facts.of(catalog, verdicts, contexts=contexts, waivers=(), as_of=as_of + timedelta(seconds=1))
    return assess_all(facts, ASSESS), verdicts


def beneath(catalog: Catalog, model: str, element: str, found: Mapping[str, Assessment]) -> Iterator[str]:
    """The checks that a part of a model rests on, also by way of other models."""
    for answer in found[model].elements[element].answers:
        name = answer.reference
        if name.startswith("model:"):
            other, _, part = name.removeprefix("model:").partition("/")
            parts = [part] if part else list(found[other].elements)
            for one in parts:
                yield from beneath(catalog, other, one, found)
        else:
            yield name.partition("@")[0].partition("#")[0]


@pytest.mark.slow
@pytest.mark.parametrize("example", BROKEN)
def test_a_switch_changes_exactly_the_cells_that_rest_on_it(
    example: str, breakable: Sandbox, run: Run, example_home: Path
):
    path = EXAMPLES / example / "readiness.yaml"
    catalog, _ = load_catalog(path)
    settings = Settings(catalog=path, home=example_home)
    good = run(Cadence.HOURLY, catalog=path).outcomes
    before, _ = assessments(catalog, settings)
    breakable.switch(BROKEN[example], on=True)
    broken = run(Cadence.HOURLY, catalog=path).outcomes
    after, _ = assessments(catalog, settings)
    noticed = {check for check, outcome in broken.items() if outcome is not good[check]}
    assert noticed
    changed, resting = set(), set()
    for model, found in after.items():
        for name, part in found.elements.items():
            if part.outcome is not before[model].elements[name].outcome:
                changed.add((model, name))
            if noticed & set(beneath(catalog, model, name, after)):
                resting.add((model, name))
    assert changed <= resting
    assert all(part_of(after, one).outcome is not Outcome.PASS for one in resting)
    if example != "use-case-register":  # nobody attested anything there, so no cell could become worse
        assert changed


def part_of(found: Mapping[str, Assessment], named: tuple[str, str]) -> Element:
    model, name = named
    return found[model].elements[name]
