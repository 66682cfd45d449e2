"""Rehearsals of archives that go wrong at the observer: programs, targets, disks, limits, and a killed drill."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.errors import CollectionError
from checks.kinds.backup import BackupCheck
from checks.outcome import Outcome
from examples.sandbox.database import Cluster, binaries
from tasks.collectors.backup import BackupCollector
from tests.tasks.collectors.ledger_backups import NAME, Bench, bench_of, fake_program, outcomes, unmet
from tests.tasks.dumps import databases, sign


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    with bench_of(cluster, tmp_path) as made:
        yield made


def test_programs_older_than_the_archive_are_the_observers_trouble(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    fake_program(tmp_path / "old", "pg_restore", "echo 'pg_restore (PostgreSQL) 9.6.24'")
    bench.programs = tmp_path / "old"
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B2-programs": Outcome.ERROR}
    assert "older than pg_dump 18" in found["B2-programs"].because


def test_missing_programs_are_the_observers_trouble(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    bench.programs = tmp_path
    assert unmet(bench.findings(bench.weekly())) == {"B2-programs": Outcome.ERROR}


def test_a_restore_past_its_time_limit_is_stopped_and_says_so(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    real = binaries() / "pg_restore"
    fake_program(tmp_path / "slow", "pg_restore", f'case "$*" in *--dbname*) sleep 60;; *) exec {real} "$@";; esac')
    bench.programs = tmp_path / "slow"
    found = bench.findings(bench.weekly(restore={"within": "500ms"}))
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "its time limit" in found["B4-restored"].because
    assert databases(bench.ledger.cluster) == set()


def test_warnings_of_a_restore_warn(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    real = binaries() / "pg_restore"
    fake_program(tmp_path / "w", "pg_restore", f'echo "pg_restore: warning: something was odd" >&2; exec {real} "$@"')
    bench.programs = tmp_path / "w"
    assert unmet(bench.findings(bench.weekly())) == {"B4-clean": Outcome.WARN}


def test_a_full_disk_at_the_target_is_the_observers_trouble(bench: Bench, tmp_path: Path):
    """The server may write no file beyond some size, which it takes for a full disk."""
    bench.ledger.run(
        "create table wide (body text); alter table wide alter body set storage plain;"
        "insert into wide select repeat('x', 7800) from generate_series(1, 3000)"
    )
    bench.ledger.dump(bench.folder / NAME)
    fake_program(tmp_path / "small", "postgres", f'ulimit -f 36000; exec {binaries() / "postgres"} "$@"')
    for name in ("initdb", "pg_ctl", "pg_restore"):
        (tmp_path / "small" / name).symlink_to(binaries() / name)
    bench.programs = tmp_path / "small"
    found = bench.findings(bench.weekly(restore={"into": None}))
    assert unmet(found) == {"B4-target": Outcome.ERROR}
    assert "no free disk" in found["B4-target"].because


def test_a_server_older_than_the_dump_is_the_observers_trouble(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(archive.read_bytes().replace(b"18.6", b"99.6", 1))
    sign(archive)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-target": Outcome.ERROR}
    assert "older than 99.6, of which the backup was taken" in found["B4-target"].because
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE


def test_a_header_that_speaks_of_a_time_to_come_is_stale(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.check(timezone="Etc/GMT+12"))
    assert unmet(found) == {"B1-clock": Outcome.STALE}
    assert "made in the future" in found["B1-clock"].because


KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from checks.kinds.backup import BackupCheck
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
rehearsal = sys.argv[3]
restore = {"into": "rehearsal", "isolated": True, "smoke": ["select 1"]}
check = BackupCheck.model_validate({"backups": "backups:*", "programs": "programs", "restore": restore})
folders = {name: FolderAccess(name, Path(path), 10**9) for name, path in zip(("backups", "programs"), sys.argv[1:3])}
sources = Sources({**folders, "rehearsal": DatabaseAccess("rehearsal", rehearsal, 60)})
asyncio.run(BackupCollector(sources, lambda: datetime.now(UTC)).collect(check))
"""


def test_a_drill_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    begun, real = tmp_path / "begun", binaries() / "pg_restore"
    slow = f'case "$*" in *--dbname*) echo $$ > {begun}.new; mv {begun}.new {begun}; exec sleep 60;; esac'
    fake_program(tmp_path / "slow", "pg_restore", f'{slow}; exec {real} "$@"')
    rehearsal = bench.ledger.cluster.url("rehearsal", "restore_target")
    command = [sys.executable, "-c", KILLED, str(bench.folder), str(tmp_path / "slow"), rehearsal]
    drill = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    try:
        wait_until(begun.exists)
    finally:
        drill.kill()
        drill.wait()
    os.kill(int(begun.read_text()), signal.SIGKILL)
    (left,) = databases(bench.ledger.cluster)
    wait_until(lambda: not bench.ledger.sessions_of("rehearsal"))
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-leftovers": Outcome.WARN}
    assert left in found["B4-leftovers"].because
    assert databases(bench.ledger.cluster) == set()


def wait_until(so: Callable[[], bool]) -> None:
    for _ in range(600):
        if so():
            return
        time.sleep(0.05)
    pytest.fail("it never came to that")


def test_a_target_that_does_not_answer_is_the_observers_trouble(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.source_url = "postgresql://nobody@127.0.0.1:1/none"
    found = bench.findings(bench.weekly(restore={"into": "ledger"}, of=None))
    assert unmet(found) == {"B4-target": Outcome.ERROR}
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE


def test_a_target_whose_role_may_not_create_databases_is_the_observers_trouble(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.source_url = bench.ledger.cluster.url("auditor", "ledger")
    found = bench.findings(bench.weekly(restore={"into": "ledger"}, of=None))
    assert "no database can be created there" in found["B4-target"].because


def test_a_script_that_would_leave_the_isolated_database_is_not_run(bench: Bench):
    bench.ledger.dump(bench.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sql", "--create", "--no-owner", kind="plain")
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "reach outside" in found["B4-restored"].because


def test_no_password_stands_in_arguments_or_captures(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    seen = tmp_path / "seen"
    real = binaries() / "pg_restore"
    fake_program(
        tmp_path / "spy", "pg_restore", f'echo "$0 $*" >> {seen}; env | cut -d= -f1 >> {seen}.env; exec {real} "$@"'
    )
    bench.programs = tmp_path / "spy"
    evidence = bench.collect(bench.weekly())
    password = bench.ledger.cluster.url("rehearsal", "x").split(":")[2].split("@")[0]
    source = bench.source_url.split(":")[2].split("@")[0]
    told = seen.read_text() + "".join(str(capture) for capture in evidence.captures) + str(evidence.provenance)
    assert password not in told
    assert source not in told
    names = set(Path(f"{seen}.env").read_text().split())
    assert not {name for name in names if not name.startswith("PG")} - {"PATH", "LC_ALL", "TZ", "PWD", "SHLVL", "_"}


def test_the_row_is_read_again_from_the_captures_alone(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    check = bench.weekly()
    evidence = bench.collect(check)
    assert BackupCollector.rows_from(check, evidence.captures) == evidence.rows
    row = evidence.rows[0].model_dump()
    assert row["restored"] is True
    assert row["teardown_seconds"] > 0, "making room again is a part of the drill"


def test_a_pattern_cannot_leave_its_folder(bench: Bench):
    bench.ledger.dump(bench.folder.parent / NAME)
    with pytest.raises(CollectionError, match="leaves its folder"):
        bench.collect(bench.check(backups=f"backups:../{NAME}"))


def test_a_cancelled_check_leaves_no_database_behind(bench: Bench, tmp_path: Path):
    bench.ledger.dump(bench.folder / NAME)
    real = binaries() / "pg_restore"
    fake_program(tmp_path / "slow", "pg_restore", f'case "$*" in *--dbname*) sleep 60;; *) exec {real} "$@";; esac')
    bench.programs = tmp_path / "slow"

    async def cancel() -> None:
        task = asyncio.create_task(bench.collector().collect(bench.weekly()))
        while not databases(bench.ledger.cluster):  # noqa: ASYNC110 (nothing tells when it appears)
            await asyncio.sleep(0.05)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 20

    asyncio.run(cancel())
    assert databases(bench.ledger.cluster) == set()


def test_a_target_that_is_not_declared_isolated_is_no_catalogue():
    with pytest.raises(ValueError, match="isolated: true"):
        BackupCheck.model_validate({"backups": "b:*", "restore": {"into": "ledger", "smoke": ["select 1"]}})


def test_a_disk_with_too_little_room_for_the_archive_is_the_observers_trouble(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    archive = bench.ledger.dump(bench.folder / NAME)
    free = archive.stat().st_size - 1
    monkeypatch.setattr("tasks.drills.held_folders.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, free))
    found = bench.findings(bench.weekly(restore={"into": None}))
    assert unmet(found) == {"B4-target": Outcome.ERROR}
    assert f"no free disk: the copy needs {free + 1} bytes" in found["B4-target"].because
