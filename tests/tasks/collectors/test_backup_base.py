"""The ladder climbed on base backups of a real cluster that archives its log, and on each way such a backup breaks."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.evidence.records import Evidence
from checks.expectations.backup import BACKUP
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup import BackupCheck, BackupRow
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.collectors.backup import BackupCollector
from tests.tasks.collectors.broken_base_backups import BROKEN, PLAIN, TAR, Scene, ledger
from tests.tasks.primary import primary

pytestmark = pytest.mark.xdist_group("base-backups")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with primary(tmp_path_factory.mktemp("primary").resolve()) as cluster:
        system = cluster.ask("select system_identifier from pg_control_system()")
        cluster.back_up(PLAIN)
        cluster.back_up(TAR, "--format=tar", "--gzip")
        later = cluster.write(1001)
        cluster.archived()
        latest = cluster.write(2001)
        cluster.archived()
        yield Scene(cluster, later, latest, system)


Findings = Mapping[str, Finding]


@pytest.fixture(scope="module")
def broken(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Findings]:
    """Every broken backup collected by itself and all of them judged together, since judging one costs as much."""
    batch = []
    for name, case in BROKEN.items():
        bench = scene.bench(tmp_path_factory.mktemp("broken"), case.backup)
        fields = case.arrange(bench)
        check = bench.check(**{**ledger(), **(fields or {}), "id": name.replace(" ", "-").replace("'", "")})
        batch.append((check, bench.collect(check)))
    found = judged(*batch)
    return dict(zip(BROKEN, found, strict=True))


def judged(*batch: tuple[BackupCheck, Evidence]) -> list[Findings]:
    now = datetime.now(UTC)
    slot, occasion = Slot.on_demand(Cadence.WEEKLY, now), Occasion(now, {})
    judgements = judge(BACKUP, batch, slot=slot, occasion=occasion)
    return [{finding.expectation: finding for finding in one.verdicts[0].findings} for one in judgements]


@pytest.mark.parametrize("name", BROKEN)
def test_each_way_of_being_no_good_has_a_finding_of_its_own(broken: Mapping[str, Findings], name: str):
    found, case = broken[name], BROKEN[name]
    bad = {rule: found[rule].outcome for rule in unmet(found) if found[rule].outcome is not Outcome.INCONCLUSIVE}
    assert bad == case.unmet, unmet(found)
    assert case.words in found[next(iter(case.unmet))].because


def test_what_is_no_good_is_not_restored(broken: Mapping[str, Findings]):
    restored = {
        name for name, found in broken.items() if found.get("B4-cleared", found["B1-content"]).outcome is Outcome.PASS
    }
    tried = {"a target after the end", "a target before the backup", "a segment lost on the way", "an unknown role"}
    assert restored - {"gaps", "a changed copy"} == tried


@pytest.mark.parametrize("backup", [PLAIN, TAR])
def test_a_sound_backup_climbs_every_step(scene: Scene, tmp_path: Path, backup: str):
    bench = scene.bench(tmp_path / backup, backup)
    check = bench.check(of="ledger", form={"system": None})
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert {"B2-system", "B3-readable", "B5-schema", "B6-recovered", "B6-RPO", "B7-RTO"} <= found.keys()
    assert BackupCollector.rows_from(check, evidence.captures) == evidence.rows
    assert row_of(evidence).recovered_at == scene.latest
    assert (row_of(evidence).format, row_of(evidence).dumped_from) == (f"base {backup}", "18")


def test_a_backup_is_recovered_to_an_instant_between_two_transactions(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "instant")
    between = scene.later + (scene.latest - scene.later) / 2
    check = bench.check(form={"database": "ledger", "recover": {"until": between.isoformat()}})
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert {"B6-recovered", "B6-target-time"} <= found.keys()
    assert row_of(evidence).recovered_at == scene.later
    assert row_of(evidence).rows_restored == 600
    assert "B6-RPO" not in found, "an instant that was chosen measures no loss"


def test_a_backup_alone_is_recovered_to_its_own_beginning(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "alone", TAR)
    check = bench.check(form={"database": "ledger", "wal": None})
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert row_of(evidence).recovered_at == row_of(evidence).created_at
    assert row_of(evidence).rows_restored == 500


def unmet(found: Findings) -> dict[str, str]:
    """What is neither passed nor undecided for want of what stands before it."""
    undecided = {rule for rule, finding in found.items() if finding.because.startswith("not judged")}
    return {
        rule: finding.because
        for rule, finding in found.items()
        if finding.outcome is not Outcome.PASS and rule not in undecided
    }


def row_of(evidence: Evidence) -> BackupRow:
    (row,) = evidence.rows
    assert isinstance(row, BackupRow)
    return row


def test_a_disk_with_too_little_room_for_the_copy_is_the_observers_trouble(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tasks.drills.held_folders.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
    bench = scene.bench(tmp_path / "full")
    check = bench.check(**ledger())
    evidence = bench.collect(check)
    assert (row_of(evidence).target_cause or "").startswith("no free disk: the copy needs ")
    assert row_of(evidence).restored is None
