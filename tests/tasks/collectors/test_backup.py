"""The ladder from B0 to B7, climbed on real archives of a real database."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.expectations.backup import BACKUP
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup import BackupCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.database import Cluster, binaries
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
from tests.tasks.dumps import Ledger, databases, sign

CANARY = "select exists (select from heartbeat where name = 'canary')"
SMOKE = ("select tenant, sum(amount) from entries group by tenant",)
NAME = "ledger-2026.dump"


class Bench:
    """A ledger, a folder of its backups, and the collector that looks at both."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.programs = binaries()
        self.source_url = ledger.url

    def check(self, *, restore: dict[str, Any] | None = None, **fields: Any) -> BackupCheck:
        asked: dict[str, Any] = {
            "id": "ledger-backup",
            "backups": "backups:*",
            "of": "ledger",
            "programs": "programs",
            "tables": {"public.entries": {"newest": "booked_at"}, "public.heartbeat": {"newest": "beat_at"}},
            "restore": restore,
            "expect": {"size": None},
        }
        return BackupCheck.model_validate({**asked, **fields})

    def weekly(self, *, restore: dict[str, Any] | None = None, **fields: Any) -> BackupCheck:
        into = {"into": "rehearsal", "isolated": True, "canary": CANARY, "smoke": SMOKE, **(restore or {})}
        return self.check(restore=into, **fields)

    def collector(self) -> BackupCollector:
        rehearsal = self.ledger.cluster.url("rehearsal", "restore_target")
        return BackupCollector(
            Sources(
                {
                    "backups": FolderAccess("backups", self.folder, 10**9),
                    "offsite": FolderAccess("offsite", self.folder.parent / "offsite", 10**9),
                    "programs": FolderAccess("programs", self.programs, 10**9),
                    "ledger": DatabaseAccess("ledger", self.source_url, 60),
                    "rehearsal": DatabaseAccess("rehearsal", rehearsal, 60),
                }
            ),
            lambda: datetime.now(UTC),
        )

    def collect(self, check: BackupCheck) -> Evidence:
        return asyncio.run(self.collector().collect(check))

    def findings(self, check: BackupCheck) -> dict[str, Finding]:
        now = datetime.now(UTC)
        slot = Slot.on_demand(Cadence.WEEKLY, now)
        judgement = judge(BACKUP, [(check, self.collect(check))], slot=slot, occasion=Occasion(now, {}))[0]
        return {finding.expectation: finding for finding in judgement.verdicts[0].findings}


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    ledger = Ledger.new(cluster)
    (tmp_path / "backups").mkdir()
    yield Bench(ledger, tmp_path / "backups")
    ledger.drop()


def outcomes(findings: dict[str, Finding]) -> dict[str, Outcome]:
    return {name: finding.outcome for name, finding in findings.items()}


def unmet(findings: dict[str, Finding]) -> dict[str, Outcome]:
    """What is neither passed nor undecided for want of what stands before it."""
    decided = (Outcome.PASS, Outcome.INCONCLUSIVE)
    return {name: finding.outcome for name, finding in findings.items() if finding.outcome not in decided}


@pytest.mark.parametrize("kind", ["custom", "directory", "tar"])
def test_a_sound_archive_climbs_every_step(bench: Bench, kind: str):
    archive = bench.ledger.dump(bench.folder / NAME, kind=kind)
    found = bench.findings(bench.weekly(expect={"size": None, "checksum": archive.is_file()}))
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}
    assert {"B0-found", "B2-readable", "B4-restored", "B5-schema", "B6-RPO", "B6-canary", "B7-RTO"} <= found.keys()
    assert databases(bench.ledger.cluster) == set()


def test_a_plain_script_climbs_every_step(bench: Bench):
    bench.ledger.dump(bench.folder / f"{datetime.now(UTC):ledger-%Y%m%dT%H%M%SZ}.sql", "--no-owner", kind="plain")
    found = bench.findings(bench.weekly())
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}


def test_without_a_declared_target_a_server_is_started_for_the_rehearsal(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"into": None}))
    assert set(outcomes(found).values()) == {Outcome.PASS}, {n: f.because for n, f in found.items()}


def test_a_daily_check_asks_nothing_of_a_copy(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.check())
    assert set(outcomes(found).values()) == {Outcome.PASS}
    assert not any(name.startswith(("B4", "B5", "B6", "B7")) for name in found)


def test_no_backup_is_a_failure_of_the_first_step_and_decides_no_other(bench: Bench):
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B0-found": Outcome.FAIL}
    assert outcomes(found)["B7-smoke"] is Outcome.INCONCLUSIVE


def test_an_empty_file_is_said_to_be_empty(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(b"")
    sign(archive)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B1-content": Outcome.FAIL}
    assert "empty" in found["B1-content"].because


def test_a_truncated_archive_fails_its_checksum_and_is_not_restored(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(archive.read_bytes()[:-700])
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B2-checksum": Outcome.FAIL}
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE
    assert "rehearsal.json" not in {capture.item for capture in bench.collect(bench.weekly()).captures}


@pytest.mark.parametrize("kind", ["custom", "tar", "plain"])
def test_a_truncated_archive_whose_checksum_agrees_is_read_to_its_end(bench: Bench, kind: str):
    archive = bench.ledger.dump(bench.folder / NAME, kind=kind)
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size * 3 // 4])
    sign(archive)
    assert unmet(bench.findings(bench.check())) == {"B2-readable": Outcome.FAIL}


def test_a_truncated_archive_whose_checksum_agrees_fails_to_restore(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.write_bytes(archive.read_bytes()[:-700])
    sign(archive)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "truncated or damaged" in found["B4-restored"].because
    assert databases(bench.ledger.cluster) == set()


def test_a_directory_that_lacks_a_file_cannot_be_read(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME, kind="directory")
    next(file for file in archive.iterdir() if file.name != "toc.dat").unlink()
    assert unmet(bench.findings(bench.check(expect={"size": None, "checksum": False}))) == {"B2-readable": Outcome.FAIL}


def test_an_archive_of_another_database_is_not_restored(bench: Bench, cluster: Cluster):
    other = Ledger.new(cluster, "create table items (id int)")
    other.dump(bench.folder / NAME)
    other.drop()
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B2-database": Outcome.FAIL, "B2-tables": Outcome.FAIL}
    assert other.name in found["B2-database"].because
    assert outcomes(found)["B4-restored"] is Outcome.INCONCLUSIVE


def test_an_archive_without_rows_is_told_by_its_contents(bench: Bench):
    bench.ledger.dump(bench.folder / NAME, "--schema-only")
    assert unmet(bench.findings(bench.weekly())) == {"B2-tables": Outcome.FAIL}


def test_something_else_under_a_backups_name_cannot_be_read(bench: Bench):
    (bench.folder / NAME).write_bytes(b"<html>maintenance</html>")
    sign(bench.folder / NAME)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B2-readable": Outcome.FAIL}
    assert "no archive of pg_dump" in found["B2-readable"].because


def test_an_archive_from_the_future_is_stale(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger-20990101T000000Z.sql", "--no-owner", kind="plain")
    found = bench.findings(bench.check())
    assert unmet(found) == {"B1-clock": Outcome.STALE}
    assert outcomes(found)["B1-age"] is Outcome.INCONCLUSIVE


def test_an_archive_that_is_too_old_is_stale(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger-20200101T000000Z.sql", "--no-owner", kind="plain")
    assert unmet(bench.findings(bench.check())) == {"B1-age": Outcome.STALE}


def test_the_time_of_the_file_alone_dates_no_backup(bench: Bench):
    bench.ledger.dump(bench.folder / "ledger.sql", "--no-owner", kind="plain")
    assert outcomes(bench.findings(bench.check()))["B1-age"] is Outcome.INCONCLUSIVE
    assert outcomes(bench.findings(bench.check(trust_file_time=True)))["B1-age"] is Outcome.PASS


def test_a_missing_checksum_is_no_matching_one(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    archive.with_name(f"{NAME}.sha256").unlink()
    assert outcomes(bench.findings(bench.check()))["B2-checksum"] is Outcome.INCONCLUSIVE


def test_a_backup_that_shrank_fails_against_the_median_of_those_before(bench: Bench):
    for day in range(1, 4):
        (bench.folder / f"ledger-2020-01-0{day}.sql").write_bytes(b"-- PostgreSQL database dump\n" * 100_000)
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.check(expect={}))) == {"B1-size": Outcome.FAIL}


def test_the_first_backup_has_no_size_to_be_held_against(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert outcomes(bench.findings(bench.check(expect={})))["B1-size"] is Outcome.INCONCLUSIVE


def test_copies_must_hold_the_same_bytes(bench: Bench):
    archive = bench.ledger.dump(bench.folder / NAME)
    offsite = bench.folder.parent / "offsite"
    offsite.mkdir()
    check = bench.check(copies=["offsite:."])
    assert unmet(bench.findings(check)) == {"B1-redundancy": Outcome.FAIL}
    (offsite / NAME).write_bytes(archive.read_bytes()[:-1] + b"?")
    assert "bytes differ" in bench.findings(check)["B1-redundancy"].because
    (offsite / NAME).write_bytes(archive.read_bytes())
    assert unmet(bench.findings(check)) == {}


def test_fewer_backups_than_must_be_kept_fail(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.check(expect={"size": None, "kept": 2}))) == {"B1-kept": Outcome.FAIL}


def test_a_schema_that_moved_on_is_named_line_by_line(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("alter table entries add column note text; drop index entries_by_tenant")
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B5-schema": Outcome.FAIL}
    assert "lacks column public.entries.note text" in found["B5-schema"].because
    assert "has besides index CREATE INDEX entries_by_tenant" in found["B5-schema"].because


def test_a_backup_that_lacks_much_of_what_the_source_holds_fails(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.ledger.run("insert into entries select n, 'new', n, now() from generate_series(501, 1000) n")
    assert unmet(bench.findings(bench.weekly())) == {"B6-share": Outcome.FAIL}


def test_an_empty_table_comes_back_with_too_few_rows(bench: Bench):
    bench.ledger.run("truncate entries")
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"smoke": ["select 1"]}))
    assert unmet(found) == {"B6-rows": Outcome.FAIL}


def test_a_missing_canary_fails(bench: Bench):
    bench.ledger.run("delete from heartbeat; insert into heartbeat values ('other', now())")
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly())) == {"B6-canary": Outcome.FAIL}


def test_old_records_break_the_recovery_point(bench: Bench):
    bench.ledger.run("update entries set booked_at = '2020-01-01'; update heartbeat set beat_at = '2020-01-01'")
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly())) == {"B6-RPO": Outcome.FAIL}


def test_records_of_the_future_prove_no_recovery_point(bench: Bench):
    bench.ledger.run("update heartbeat set beat_at = '2099-01-01'")
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B6-newest": Outcome.STALE}
    assert outcomes(found)["B6-RPO"] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("query", ["select nothing from nowhere", "select 1 where false", "delete from entries"])
def test_a_question_without_an_answer_fails_and_measures_no_recovery_time(bench: Bench, query: str):
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly(restore={"smoke": [*SMOKE, query]}))
    assert unmet(found) == {"B7-smoke": Outcome.FAIL}
    assert outcomes(found)["B7-RTO"] is Outcome.INCONCLUSIVE


def test_a_recovery_that_takes_too_long_fails(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    assert unmet(bench.findings(bench.weekly(expect={"size": None, "rto": "1ms"}))) == {"B7-RTO": Outcome.FAIL}


def test_a_source_that_is_gone_leaves_the_rest_of_the_ladder(bench: Bench):
    bench.ledger.dump(bench.folder / NAME)
    bench.source_url = f"postgresql://nobody@127.0.0.1:1/{bench.ledger.name}"
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B5-source": Outcome.ERROR}
    assert outcomes(found)["B5-schema"] is Outcome.INCONCLUSIVE
    assert outcomes(found)["B7-smoke"] is Outcome.PASS


def test_an_object_that_cannot_be_restored_fails_with_the_servers_words(bench: Bench):
    bench.ledger.run(
        "create function at_home() returns bool language sql as $$ select current_database() like 'ledger%' $$;"
        "alter table entries add check (at_home())"
    )
    bench.ledger.dump(bench.folder / NAME)
    found = bench.findings(bench.weekly())
    assert unmet(found) == {"B4-restored": Outcome.FAIL}
    assert "check constraint" in found["B4-restored"].because
    assert databases(bench.ledger.cluster) == set()


def fake_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


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
    assert evidence.rows[0].restored is True


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
