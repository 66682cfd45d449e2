"""What no program can look at in the examples: missing, then a claim, and counted once another has accepted it."""

from pathlib import Path

import pytest

from checks.outcome import Outcome
from checks.readiness.assessment import Assessment
from checks.readiness.score import Score
from flows.wiring import load_catalog
from tasks.collectors.sources import FolderAccess, Sources
from tests.examples.observing import EXAMPLES, Example
from tests.tasks.collectors.test_attestation import LATER, Home
from tests.tasks.sealing.sealed import START


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr("tests.examples.observing.now", lambda: LATER)
    return Home(tmp_path)


def assessed(example: str, model: str, home: Home) -> Assessment:
    """A model where everything but what people attest is supposed to have passed."""
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    looking = Example(catalog, Sources({"evidence": FolderAccess("evidence", home.root, 10_000_000)}))
    others = looking.supposed(name for name in catalog.checks if name != "attested")
    return looking.assessed({**others, **looking.observed(["attested"])})[model]


@pytest.mark.parametrize(
    ("example", "model", "part"),
    [("weighted-score", "score", "reliability/retries"), ("service-scorecard", "scorecard", "redis/backoff")],
)
def test_a_persons_word_counts_once_another_has_accepted_it(example: str, model: str, part: str, home: Home):
    found = [assessed(example, model, home)]
    record = home.add(use_case=model, validation_item=part)
    found.append(assessed(example, model, home))
    home.person("reviewer").review(record, accepted=True, remarks="", at=START.replace(minute=30))
    found.append(assessed(example, model, home))
    assert [one.elements[part].outcome for one in found] == [Outcome.MISSING, Outcome.CLAIMED, Outcome.PASS]
    last = found[-1].elements
    assert [name for name, one in found[0].elements.items() if one.outcome is not last[name].outcome] == [part]


def test_it_earns_its_points_by_then_and_no_sooner(home: Home):
    scores = [assessed("weighted-score", "score", home)]
    record = home.add(use_case="score", validation_item="reliability/retries")
    scores.append(assessed("weighted-score", "score", home))
    home.person("reviewer").review(record, accepted=True, remarks="", at=START.replace(minute=30))
    scores.append(assessed("weighted-score", "score", home))
    nobody, claimed, accepted = [one.computed for one in scores if isinstance(one, Score)]
    assert nobody == claimed < 100
    assert accepted == pytest.approx(claimed + 12 / 6, abs=0.1)
