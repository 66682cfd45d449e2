"""Handwritten documents become catalogues in which every status is a claim, and what was not read is listed."""

from datetime import UTC, datetime

import pytest
import yaml

from checks.catalog import Catalog
from checks.catalog_text import read_catalog
from checks.errors import CatalogError
from checks.handwritten.drafting import drafted
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS, TEMPLATES
from checks.readiness.release_gate import ReleaseGate
from checks.readiness.score import Score
from checks.readiness.service_scorecard import ServiceScorecard
from checks.readiness.use_case_register import UseCaseRegister
from checks.readiness.weighted_score import WeightedScore
from flows.wiring import kinds

REGISTER = """\
# Ready or not
Some words on why.

## Register
| Case | Architecture Status | Prod Status | Owner | Last Updated | Notes |
| --- | --- | --- | --- | --- | --- |
| A-1 | `GREEN` | `NOT_STARTED` | `tbd` | 2026-02-11 | first \\| and second |
| A-2 | `GREEN` | `BLOCKED` | Runs | 2026-02-12 | waits |
| A-3 | `GREEN` | `FINISHED` | Runs | soon | odd |

## Required Evidence
1. It was seen.
2. It was seen again.
"""
SCORECARD = """\
## Core criteria
- [ ] Builds repeat
- [ ] Health is asked for

## Services
| Service | Current Level | Biggest Gaps | Evidence |
|---|---:|---|---|
| `bus` | L1.5 | no drill; no limit; no owner; no rest | `x.md` |

## Owners
| Domain | Baseline SLO | Alert Trigger | Owner |
|---|---|---|---|
| Books | age <= 10 min | stale | Desk |
"""
SCORE = """\
## Score
Current score: 99%

## Gate checklist
- Threats are known

### Release (Weight 60%)
- Signing: with a key. (done)
- Notes: are kept. (finished)

### Docs (Weight 40%)
- Guide: for all
- Guide: for some. (partial)

## Recommended
- Profiles
"""
CHECKLIST = """\
# Guide
Read me.

## Shutdown
- [x] drains
- [ ] closes

## Alerts
1. too slow
"""


def draft(text: str) -> tuple[Catalog, list[str]]:
    written, unread = drafted(text, name="tracker.md", system="imported", environment="staging")
    return read_catalog(written, name="draft", kinds=kinds(), templates=TEMPLATES), [
        f"{line.number}: {line.text}" for line in unread
    ]


def test_a_register_keeps_its_rows_and_its_evidence():
    catalog, unread = draft(REGISTER)
    model = catalog.models["readiness"]
    assert isinstance(model, UseCaseRegister)
    first, second, third = model.use_cases.values()
    assert (first.code, first.architecture, first.claimed, first.owner) == ("A-1", "GREEN", "NOT_STARTED", "tbd")
    assert first.notes == "first | and second"
    assert second.blocked == "the document does not say why"
    assert third.claimed is None
    assert [one.title for one in model.evidence.values()] == ["It was seen.", "It was seen again."]
    assert unread == ["2: Some words on why.", "9: A-3 has the status 'FINISHED', which is none of the four"]


def test_a_scorecard_keeps_services_levels_gaps_and_owners():
    catalog, _ = draft(SCORECARD)
    model = catalog.models["readiness"]
    assert isinstance(model, ServiceScorecard)
    assert (model.services["bus"].claimed, model.services["bus"].gaps) == ("L1.5", ("no drill", "no limit", "no owner"))
    assert [one.title for one in model.criteria.values()] == ["Builds repeat", "Health is asked for"]
    row = model.matrix["books"]
    assert (row.slo, row.trigger, row.owner) == ("age <= 10 min", "stale", "Desk")


def test_a_score_keeps_weights_words_and_its_checklist():
    catalog, unread = draft(SCORE)
    model, gate = catalog.models["readiness"], catalog.models["gate"]
    assert isinstance(model, WeightedScore)
    assert isinstance(gate, ReleaseGate)
    assert (model.claimed, [one.weight for one in model.categories.values()]) == (99, [60, 40])
    release, docs = model.categories.values()
    assert [one.claimed for one in release.items.values()] == ["done", None]
    assert [(one.topic, one.claimed) for one in docs.items.values()] == [("Guide", None), ("Guide", "partial")]
    assert list(model.recommended) == ["profiles"]
    assert [one.title for one in gate.items.values()] == ["Threats are known"]
    assert unread == ["9: Notes: are kept. (finished): 'finished' is none of done, partial and pending"]


def test_an_item_that_is_both_done_and_pending_is_kept_twice_and_contradicts_itself():
    text = "### Security (Weight 100%)\n- Audit log: of decisions. (done)\n- Audit log: of attempts. (pending)\n"
    catalog, unread = draft(text)
    known = Facts.of(catalog, [], contexts={}, waivers=[], as_of=datetime(2026, 11, 22, 14, tzinfo=UTC))
    found = assess_all(known, ASSESS)["readiness"]
    assert isinstance(found, Score)
    (category,) = found.categories
    assert [(one.claimed, one.contradiction) for one in category.items] == [
        ("done", ("security/audit-log-2",)),
        ("pending", ("security/audit-log",)),
    ]
    assert category.claimed_points == 0  # both take the worse
    assert unread == []


def test_weights_of_99_are_read_and_refused_with_what_they_come_to():
    with pytest.raises(CatalogError, match="the weights sum to 99"):
        draft(SCORE.replace("Weight 40%", "Weight 39%"))


def test_any_list_is_a_gate():
    catalog, unread = draft(CHECKLIST)
    model = catalog.models["readiness"]
    assert isinstance(model, ReleaseGate)
    assert {name: item.claimed for name, item in model.items.items()} == {
        "drains": "done",
        "closes": "listed",
        "too-slow": "listed",
    }
    assert unread == ["2: Read me."]


@pytest.mark.parametrize("text", [REGISTER, SCORECARD, SCORE, CHECKLIST])
def test_no_draft_names_any_evidence(text: str):
    catalog, _ = draft(text)
    assert [one for model in catalog.models.values() for one in model.references] == []


def test_a_reference_in_a_document_stays_words():
    text, _ = drafted("- costs ${MONEY}\n", name="t.md", system="imported", environment="staging")
    assert "${" not in yaml.safe_load(text)["models"]["readiness"]["items"]["costs-money"]["title"]


def test_a_document_without_any_list_or_table_is_refused():
    with pytest.raises(CatalogError, match="nothing to draft"):
        draft("# Only\n\nwords.\n")
