"""Where models stood before: as a run of then noted it; without such a run, assessed again from what was known then."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from checks.evidence.inputs import NOW as AT_ITS_END
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from flows.facts import earlier_standings
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotContents, SlotStatus
from tests.checks.readiness.examples import CHECKS, NOW, SLOT, VERSION, catalog, verdict
from tests.tasks.store.making import standing

DIGEST, ANOTHER = "c" * 64, "d" * 64
DAY = timedelta(days=1)
KNOWN = catalog({"gate": {"template": "release-gate", "items": {name: {"requires": [name]} for name in CHECKS}}})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(f"sqlite:///{tmp_path}/store.db") as opened:
        yield opened


def ran(store: EvidenceStore, days_ago: int, outcome: Outcome = Outcome.PASS) -> Slot:
    """A run so many days ago, in which every check had one outcome."""
    slot = Slot(SLOT.at - days_ago * DAY, Cadence.HOURLY)
    verdicts = [verdict(check, outcome, slot=slot) for check in CHECKS]
    context = RunContext("production", VERSION, DIGEST)
    store.record(slot, SlotContents(verdicts), status=SlotStatus.COLLECTED, context=context, staging=".")
    return slot


def earlier(store: EvidenceStore, digest: str = DIGEST) -> list[tuple[str, str, Outcome, str]]:
    found = earlier_standings(KNOWN, digest, store, (), as_of=NOW)
    return [(one.model, one.ago, one.outcome, one.sentence) for one in found]


def test_without_a_note_what_was_known_then_is_assessed_again(store: EvidenceStore):
    ran(store, 1, Outcome.FAIL)
    [(model, ago, outcome, _)] = earlier(store)
    assert (model, ago, outcome) == ("gate", "a day ago", Outcome.FAIL)


def test_what_the_run_of_then_noted_is_quoted_as_it_is(store: EvidenceStore):
    slot = ran(store, 7)
    store.note_run(slot, {}, [standing(slot.at + timedelta(minutes=8), ago=AT_ITS_END)])
    week, day = earlier(store)
    assert week == ("gate", "a week ago", Outcome.FAIL, "1 of 2 hold")
    assert day[1:3] == ("a day ago", Outcome.STALE)  # there was no run: all that was known had grown old by then


def test_what_was_noted_by_another_catalogue_is_assessed_again_by_this_one(store: EvidenceStore):
    slot = ran(store, 1)
    store.note_run(slot, {}, [standing(slot.at + timedelta(minutes=8), ago=AT_ITS_END)])
    assert [outcome for _, _, outcome, _ in earlier(store, ANOTHER)] == [Outcome.PASS]


def test_before_there_was_evidence_nothing_stood_anywhere(store: EvidenceStore):
    ran(store, 0)
    assert earlier(store) == []
