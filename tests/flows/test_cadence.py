"""Running a cadence: slots, absence, and what happens when storing or sealing goes wrong."""

import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.errors import CatalogError, SealError, StoreError
from checks.evidence.digests import sha256
from checks.evidence.log_records import CatalogChange
from checks.evidence.signed_records import SignedRecord
from checks.outcome import Outcome
from checks.readiness.schedule import Keeping
from checks.slots import Cadence, Slot
from flows import watching, wiring
from flows.people import pause
from flows.progress import STAGES
from flows.settings import Settings
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import DevelopmentKeyWarning
from tasks.sealing.verify import trust_for, verify_evidence
from tasks.store.evidence_store import EvidenceStore
from tests.flows.conftest import Run
from tests.flows.homes import CATALOG

MODEL = "models: {gate: {template: release-gate, items: {report: {requires: [report]}}}}\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A catalogue of two checks that need no server; neither passes."""
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG.replace("FOLDER", str(tmp_path)))
    return path


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wiring, "now", clock)
    return clock


@pytest.fixture
def store(home: Path) -> Callable[[], EvidenceStore]:
    return lambda: EvidenceStore.open(f"sqlite:///{home / 'readiness.db'}")


def slot(hour: int, minute: int = 0) -> Slot:
    return Slot(datetime(2026, 11, 22, hour, minute, tzinfo=UTC), Cadence.HOURLY)


def verified(home: Path) -> int:
    """How many bundles there are, all of them verified with their chain."""
    reports = verify_evidence([home / "evidence"], trust_for([home / "evidence"], None))
    assert all(report.verified for report in reports), [report.lines() for report in reports if not report.verified]
    return len(reports)


def test_a_run_fills_the_slot_that_is_due(
    run: Run, catalog: Path, clock: Clock, home: Path, store: Callable[[], EvidenceStore]
):
    summary = run(Cadence.HOURLY, catalog)
    assert summary.slot == slot(14)
    assert summary.outcomes == {"nobody-listens": Outcome.FAIL, "report": Outcome.MISSING}
    assert verified(home) == 1
    assert (home / "evidence" / "latest" / "hourly").resolve() == (summary.bundle or Path()).resolve()
    assert "nobody" in (home / "reports" / "tracker.md").read_text()
    with store() as opened:
        stages = dict(opened.calendar(Cadence.HOURLY, as_of=clock.now).stages)
    assert set(stages) == set(STAGES)
    assert all(0 < seconds < 60 for seconds in stages.values())


def test_where_a_model_stands_is_noted_by_the_run_that_assessed_it(
    run: Run, catalog: Path, clock: Clock, store: Callable[[], EvidenceStore], home: Path
):
    catalog.write_text(catalog.read_text() + MODEL)
    run(Cadence.HOURLY, catalog)
    digest = sha256(catalog.read_bytes())
    with store() as opened:
        (noted,) = opened.standings(as_of=clock.now, catalog_digest=digest, ago="a day ago")
    page = json.loads((home / "reports" / "gate.json").read_text())
    assert (noted.model, noted.as_of, noted.outcome) == ("gate", clock.now, page["outcome"])
    assert noted.parts.keys() == {"report"}


def test_a_run_whose_time_cannot_be_noted_is_sealed_all_the_same(
    run: Run, catalog: Path, clock: Clock, home: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise StoreError("the store is gone")

    monkeypatch.setattr(EvidenceStore, "note_run", refuse)
    assert run(Cadence.HOURLY, catalog).bundle
    assert verified(home) == 1


def test_a_second_run_in_the_same_slot_adds_and_never_replaces(run: Run, catalog: Path, clock: Clock, home: Path):
    first = run(Cadence.HOURLY, catalog)
    clock.now += timedelta(minutes=5)
    second = run(Cadence.HOURLY, catalog)
    assert second.slot == slot(14, 12)
    assert first.bundle
    assert first.bundle.exists()
    assert verified(home) == 2


def test_a_slot_that_was_filled_is_not_collected_again(run: Run, catalog: Path, clock: Clock):
    first = run(Cadence.HOURLY, catalog)
    again = run(Cadence.HOURLY, catalog, slot=first.slot.at)
    assert again.slot == first.slot
    assert again.bundle is None
    assert again.outcomes == {}


def test_a_slot_in_the_future_is_refused(run: Run, catalog: Path, clock: Clock, home: Path):
    with pytest.raises(CatalogError, match="in the future"):
        run(Cadence.HOURLY, catalog, slot=clock.now + timedelta(hours=1, minutes=-7))
    assert not (home / "evidence" / "2026").exists()


def test_after_an_outage_the_newest_slot_is_collected_and_every_other_one_recorded_as_missed(
    run: Run, catalog: Path, clock: Clock, home: Path, store: Callable[[], EvidenceStore]
):
    run(Cadence.HOURLY, catalog)
    clock.now += timedelta(hours=3)
    summary = run(Cadence.HOURLY, catalog)
    assert summary.slot == slot(17)
    assert summary.missed == (slot(15), slot(16))
    assert verified(home) == 4
    with store() as opened:
        assert {verdict.outcome for verdict in opened.verdicts(slot(15))} == {Outcome.MISSING}
    bundle = home / "evidence" / "2026" / "11" / "22" / "2026-11-22T1500Z.hourly"
    assert "Evidence-Slot-Status: missed" in (bundle / "bag" / "bag-info.txt").read_text()
    verdicts = json.loads((bundle / "bag" / "data" / "verdicts.json").read_text())
    assert {finding["outcome"] for finding in verdicts["findings"]} == {"MISSING"}


def test_in_a_pause_that_is_on_record_nothing_is_owed_or_missed(
    run: Run, catalog: Path, clock: Clock, home: Path, monkeypatch: pytest.MonkeyPatch
):
    def keeping() -> Keeping:
        (hourly,) = watching.watched(Settings(catalog=catalog)).schedules
        return hourly.keeping

    monkeypatch.setattr(watching, "now", clock)
    run(Cadence.HOURLY, catalog)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentKeyWarning)
        pause(Settings(), [Cadence.HOURLY], until=slot(16).at, reason="moving house", at=slot(15).at)
    assert keeping() is Keeping.KEPT
    clock.now += timedelta(hours=1)
    assert keeping() is Keeping.PAUSED
    clock.now += timedelta(hours=2)
    assert keeping() is Keeping.OVERDUE
    assert run(Cadence.HOURLY, catalog).missed == (slot(16),)
    assert keeping() is Keeping.KEPT
    assert verified(home) == 3


def test_evidence_of_a_slot_whose_time_is_over_is_late(run: Run, catalog: Path, clock: Clock):
    run(Cadence.HOURLY, catalog)
    clock.now += timedelta(hours=1)
    summary = run(Cadence.HOURLY, catalog, slot=slot(13).at)
    assert "Evidence-Slot-Status: late" in ((summary.bundle or Path()) / "bag" / "bag-info.txt").read_text()


def test_a_collector_that_breaks_is_a_finding_and_not_a_failed_run(
    run: Run, catalog: Path, clock: Clock, home: Path, monkeypatch: pytest.MonkeyPatch
):
    async def broken(self: object, check: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("tasks.collectors.health.HealthCollector.collect", broken)
    summary = run(Cadence.HOURLY, catalog)
    assert summary.outcomes["nobody-listens"] is Outcome.ERROR
    assert summary.outcomes["report"] is Outcome.MISSING
    assert "a defect" in ((summary.bundle or Path()) / "bag" / "data" / "report.md").read_text()
    assert verified(home) == 1


def test_a_run_that_cannot_seal_fails_and_the_next_one_seals_for_it(
    run: Run,
    catalog: Path,
    clock: Clock,
    home: Path,
    store: Callable[[], EvidenceStore],
    monkeypatch: pytest.MonkeyPatch,
):
    def refuse(*_: object) -> None:
        raise SealError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(BundleWriter, "seal", refuse)
        with pytest.raises(SealError, match="no room"):
            run(Cadence.HOURLY, catalog)
    with store() as opened:
        assert [stored.slot for stored in opened.unsealed()] == [slot(14)]
    assert not (home / "evidence" / "latest").exists()

    clock.now += timedelta(minutes=5)
    run(Cadence.HOURLY, catalog)
    with store() as opened:
        assert opened.unsealed() == []
    assert verified(home) == 2
    sealed = home / "evidence" / "2026" / "11" / "22" / "2026-11-22T1400Z.hourly" / "bag" / "data"
    assert (sealed / "report.html").exists()


def test_a_run_that_cannot_store_leaves_no_bundle(
    run: Run, catalog: Path, clock: Clock, home: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object, **__: object) -> bool:
        raise StoreError("the store is gone")

    with monkeypatch.context() as broken:
        broken.setattr(EvidenceStore, "record", refuse)
        with pytest.raises(StoreError, match="the store is gone"):
            run(Cadence.HOURLY, catalog)
    assert not (home / "evidence" / "latest").exists()
    assert run(Cadence.HOURLY, catalog).slot == slot(14)
    assert verified(home) == 1


def test_findings_name_files_that_are_in_the_bag(run: Run, catalog: Path, clock: Clock, tmp_path: Path):
    (tmp_path / "report.json").write_text(json.dumps({"generated_at": "2026-11-22T14:00:00Z"}))
    summary = run(Cadence.HOURLY, catalog)
    bag = (summary.bundle or Path()) / "bag"
    findings = json.loads((bag / "data" / "verdicts.json").read_text())["findings"]
    named = {path for finding in findings for path in finding["evidence"]}
    assert any(path.startswith("data/raw/report/") for path in named)
    assert all((bag / path).is_file() for path in named)


def test_another_catalogue_is_a_leaf_of_the_log_before_the_first_bundle_it_judged(
    run: Run, catalog: Path, clock: Clock, home: Path
):
    run(Cadence.HOURLY, catalog)
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    catalog.write_text(catalog.read_text().replace("max_age: 2h", "max_age: 200h"))
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    records = sorted((home / "evidence" / "records").iterdir())
    assert [path.name for path in records] == ["000000000.catalog-change.json", "000000003.catalog-change.json"]
    change = SignedRecord.parse(records[1].read_bytes()).record
    assert isinstance(change, CatalogChange)
    assert change.after == sha256(catalog.read_bytes()) != change.before
    reports = verify_evidence([home / "evidence"], trust_for([home / "evidence"], None))
    named = [step.note for report in reports for step in report.steps if step.number == 11]
    assert [note.split(" and ")[0] for note in named if note] == [
        f"catalogue sha256:{digest[:16]}" for digest in (change.before, change.before, change.after) if digest
    ]
