"""The ladder climbed on base backups of a real cluster that archives its log, and on each way such a backup breaks."""

import gzip
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from checks.evidence.records import Evidence
from checks.expectations.backup import BACKUP
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup import BackupCheck, BackupRow
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.database import binaries
from tasks.collectors.backup import BackupCollector
from tests.tasks.collectors.broken_base_backups import BROKEN, PLAIN, TAR, Bench, Scene, fake, ledger, with_postgres
from tests.tasks.dumps import alive
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
    tables = {"public.entries": {"rows": 500, "newest": "booked_at", "equal_before": "1s"}}
    check = bench.check(of="ledger", form={"system": None}, tables=tables)
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert found["B6-equal"].because.startswith("500 rows that had settled")
    assert {"B2-system", "B3-readable", "B5-schema", "B6-recovered", "B6-RPO", "B7-RTO"} <= found.keys()
    assert BackupCollector.rows_from(check, evidence.captures) == evidence.rows
    assert row_of(evidence).recovered_at == scene.latest
    assert (row_of(evidence).teardown_seconds or 0) > 0, "the server is stopped and its folder removed"
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


def pack(path: Path) -> None:
    """Packs a file as archivers do: some with gzip, some with Zstandard."""
    ending, body = (".gz", gzip.compress(path.read_bytes())) if int(path.name[-1], 16) % 2 else (".zst", zstd(path))
    path.with_name(path.name + ending).write_bytes(body)
    path.unlink()


def zstd(path: Path) -> bytes:
    return bytes(pa.compress(path.read_bytes(), "zstd", asbytes=True))


def test_a_log_that_is_compressed_in_its_archive_is_followed_and_replayed(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "packed")
    for segment in bench.segments():
        pack(segment)
    check = bench.check(**ledger())
    evidence = bench.collect(check)
    (found,) = judged((check, evidence))
    assert unmet(found) == {}
    assert row_of(evidence).recovered_at == scene.latest


def test_a_log_that_nobody_here_can_read_is_not_missing_and_decides_nothing(scene: Scene, tmp_path: Path):
    bench = scene.bench(tmp_path / "encrypted")
    segment = bench.segments()[-1]
    segment.unlink()
    segment.with_name(f"{segment.name}.gpg").write_bytes(b"\x84\x5e" + bytes(1000))
    check = bench.check(**ledger())
    (found,) = judged((check, bench.collect(check)))
    told = {rule: found[rule].outcome for rule in ("B3-continuity", "B3-unpacked", "B3-readable", "B4-restored")}
    assert told == {"B3-continuity": Outcome.PASS, **dict.fromkeys(list(told)[1:], Outcome.INCONCLUSIVE)}
    assert f"{segment.name}.gpg is compressed or encrypted" in found["B3-unpacked"].because
    assert Outcome.FAIL not in {finding.outcome for finding in found.values()}


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.tasks.collectors.broken_base_backups import Bench, Scene, ledger
from tests.tasks.primary import Primary
folder, name, programs, system = sys.argv[1:]
scene = Scene(Primary(Path("."), 1, Path(".")), datetime.now(UTC), datetime.now(UTC), system)
bench = Bench(scene, Path(folder), name, Path(programs))
bench.collect(bench.check(**ledger()))
"""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files whose name is short: a socket's path holds a hundred bytes."""
    folder = Path(os.path.realpath("/tmp")) / f"readiness-kill-{os.getpid()}"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def killed(bench: Bench, begun: Path, short: Path) -> Path:
    """Kills a drill once `begun` is there, and returns the folder that it leaves."""
    command = [sys.executable, "-c", KILLED, str(bench.folder), bench.name, str(bench.programs), bench.scene.system]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(short)}
    drill = subprocess.Popen(command, env=environment)
    try:
        for _ in range(1200):
            if begun.exists():
                break
            assert drill.poll() is None, "it ended by itself"
            time.sleep(0.05)
    finally:
        drill.kill()
        drill.wait()
    (left,) = short.iterdir()
    return left


def test_a_recovery_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so(
    scene: Scene, tmp_path: Path, short: Path
):
    """The server is killed while it asks for its log; it goes on without the drill, and waits."""
    bench, begun = scene.bench(tmp_path / "killed"), tmp_path / "begun"
    wait = f'"--restore_command=touch {begun}; sleep 100; false"'
    with_postgres(bench, f'case "$*" in *-D*) set -- "$@" {wait};; esac; exec {binaries() / "postgres"} "$@"')
    left = killed(bench, begun, short)
    server = int((left / "data" / "postmaster.pid").read_text().split()[0])
    assert alive(server)
    bench.programs = binaries()
    check = bench.check(**ledger())
    (found,) = judged((check, bench.collect(check)))
    assert {rule: found[rule].outcome for rule in unmet(found)} == {"B4-leftovers": Outcome.WARN}
    assert left.name in found["B4-leftovers"].because
    assert not alive(server)
    assert list(short.iterdir()) == []


def test_a_reading_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so(
    scene: Scene, tmp_path: Path, short: Path
):
    bench, begun = scene.bench(tmp_path / "killed"), tmp_path / "begun"
    with_postgres(bench, f'exec {binaries() / "postgres"} "$@"')
    fake(bench, "pg_waldump", f"touch {begun}; exec sleep 100")
    left = killed(bench, begun, short)
    assert (left / "pg_wal").is_dir()
    bench.programs = binaries()
    check = bench.check(**ledger(), restore=None)
    (found,) = judged((check, bench.collect(check)))
    assert {rule: found[rule].outcome for rule in unmet(found)} == {"B4-leftovers": Outcome.WARN}
    assert left.name in found["B4-leftovers"].because
    assert list(short.iterdir()) == []


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
