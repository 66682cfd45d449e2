"""The ladder climbed on copies of a SQLite file, made and broken as they are in life."""

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.expectations.backup import BACKUP
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup import BackupCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
from tests.tasks.dumps import sign

SCHEMA = """
pragma application_id = 4711;
pragma user_version = 3;
create table tenants (id integer primary key, name text not null);
create table entries (id integer primary key, tenant integer references tenants, note text, booked_at text not null);
create index entries_by_tenant on entries (tenant);
insert into tenants values (1, 'Aurora'), (2, 'Borealis');
"""


class Bench:
    """An application's file, the folder of its backups, and the collector that looks at both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "backups"
        self.folder.mkdir()
        self.source = folder / "app.db"
        booked = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
        rows = [(number, number % 2 + 1, "x" * 100, booked) for number in range(400)]
        with closing(sqlite3.connect(self.source)) as session, session:
            session.executescript(SCHEMA)
            session.executemany("insert into entries values (?, ?, ?, ?)", rows)

    def back_up(self) -> Path:
        """A copy by SQLite's own way of making one."""
        backup = self.folder / f"app-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        with closing(sqlite3.connect(self.source)) as source, closing(sqlite3.connect(backup)) as copy:
            source.backup(copy)
        sign(backup)
        return backup

    def change(self, backup: Path, statements: str) -> None:
        with closing(sqlite3.connect(backup)) as session:
            session.executescript(statements)
        sign(backup)

    def check(self, *, restore: dict[str, Any] | None = None, **fields: Any) -> BackupCheck:
        smoke = ["select tenant, count(*) from entries group by tenant"]
        canary = "select exists (select 1 from tenants where name = 'Aurora')"
        asked = {
            "id": "app-backup",
            "backups": "backups:*.db",
            "form": {"made_by": "sqlite", "application_id": 4711, "user_version": 3},
            "of": "app",
            "tables": {"main.entries": {"rows": 100, "newest": "booked_at"}, "main.tenants": {}},
            "restore": {"canary": canary, "smoke": smoke, **(restore or {})},
            "expect": {"size": None},
        }
        return BackupCheck.model_validate({**asked, **fields})

    def collect(self, check: BackupCheck) -> Evidence:
        sources = Sources(
            {
                "backups": FolderAccess("backups", self.folder, 10**9),
                "app": DatabaseAccess("app", f"sqlite:///{self.source}", 60),
            }
        )
        return asyncio.run(BackupCollector(sources, lambda: datetime.now(UTC)).collect(check))

    def findings(self, check: BackupCheck) -> dict[str, Finding]:
        now = datetime.now(UTC)
        slot = Slot.on_demand(Cadence.WEEKLY, now)
        judgement = judge(BACKUP, [(check, self.collect(check))], slot=slot, occasion=Occasion(now, {}))[0]
        return {finding.expectation: finding for finding in judgement.verdicts[0].findings}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return Bench(tmp_path)


def unmet(findings: dict[str, Finding]) -> dict[str, Outcome]:
    """What is neither passed nor undecided for want of what stands before it."""
    decided = (Outcome.PASS, Outcome.INCONCLUSIVE)
    return {name: finding.outcome for name, finding in findings.items() if finding.outcome not in decided}


def test_a_sound_copy_climbs_every_step_and_nothing_is_left(bench: Bench, tmp_path: Path):
    bench.back_up()
    found = bench.findings(bench.check())
    assert {finding.outcome for finding in found.values()} == {Outcome.PASS}, {n: f.because for n, f in found.items()}
    assert {"B0-found", "B2-integrity", "B3-log", "B5-schema", "B6-RPO", "B6-canary", "B7-RTO"} <= found.keys()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_looking_at_a_backup_changes_nothing_in_its_folder(bench: Bench):
    backup = bench.back_up()
    bench.change(backup, "pragma journal_mode = wal")
    before = {path.name: path.read_bytes() for path in bench.folder.iterdir()}
    bench.findings(bench.check())
    assert {path.name: path.read_bytes() for path in bench.folder.iterdir()} == before


def test_the_row_is_read_again_from_the_captures_alone(bench: Bench):
    bench.back_up()
    check = bench.check()
    evidence = bench.collect(check)
    assert BackupCollector.rows_from(check, evidence.captures) == evidence.rows
    row = evidence.rows[0].model_dump()
    assert row["restored"] is True
    assert row["teardown_seconds"] > 0


def test_an_empty_file_is_said_to_be_empty(bench: Bench):
    backup = bench.back_up()
    backup.write_bytes(b"")
    sign(backup)
    assert unmet(bench.findings(bench.check())) == {"B1-content": Outcome.FAIL}


def test_a_truncated_file_is_told_by_the_pages_its_header_counts(bench: Bench):
    backup = bench.back_up()
    backup.write_bytes(backup.read_bytes()[:-4096])
    sign(backup)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B2-header": Outcome.FAIL}
    assert "truncated" in found["B2-header"].because
    assert found["B4-restored"].outcome is Outcome.INCONCLUSIVE


def test_something_else_under_a_backups_name_is_no_sqlite_file(bench: Bench):
    backup = bench.back_up()
    backup.write_bytes(b"<html>maintenance</html>" * 100)
    sign(backup)
    assert "no SQLite file" in bench.findings(bench.check())["B2-header"].because


def test_a_page_that_was_overwritten_fails_the_integrity_check_and_is_not_restored(bench: Bench):
    backup = bench.back_up()
    whole = bytearray(backup.read_bytes())
    whole[8 * 4096 : 8 * 4096 + 64] = b"\xff" * 64
    backup.write_bytes(whole)
    sign(backup)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B2-integrity": Outcome.FAIL}
    assert found["B4-restored"].outcome is Outcome.INCONCLUSIVE


def test_a_byte_that_changed_since_fails_the_checksum(bench: Bench):
    backup = bench.back_up()
    whole = backup.read_bytes()
    backup.write_bytes(whole.replace(b"Aurora", b"Aurorb"))
    assert unmet(bench.findings(bench.check())) == {"B2-checksum": Outcome.FAIL}


def test_rows_that_refer_to_missing_rows_are_named(bench: Bench):
    bench.change(bench.back_up(), "delete from tenants where id = 2")
    found = bench.findings(bench.check())
    assert found["B2-foreign-keys"].outcome is Outcome.FAIL
    assert found["B2-foreign-keys"].because == "200 rows refer to rows that are not there: entries"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [("pragma application_id = 1", "B2-application"), ("pragma user_version = 2", "B2-version")],
)
def test_a_database_of_another_application_is_not_restored(bench: Bench, statement: str, rule: str):
    bench.change(bench.back_up(), statement)
    found = bench.findings(bench.check())
    assert unmet(found) == {rule: Outcome.FAIL}
    assert found["B4-restored"].outcome is Outcome.INCONCLUSIVE


def test_a_database_without_the_tables_is_another_one(bench: Bench):
    bench.change(bench.back_up(), "drop table entries")
    assert unmet(bench.findings(bench.check())) == {"B2-tables": Outcome.FAIL}


def test_a_file_copied_while_in_use_is_told_by_the_log_beside_it(bench: Bench):
    backup = bench.back_up()
    with closing(sqlite3.connect(bench.source)) as session:
        session.execute("pragma journal_mode = wal")
        session.execute("insert into tenants values (3, 'Corona')")
        session.commit()
        shutil.copyfile(bench.source, backup)
        shutil.copyfile(f"{bench.source}-wal", f"{backup}-wal")
    sign(backup)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B3-log": Outcome.FAIL}
    assert found["B4-restored"].outcome is Outcome.PASS, "with its log the copy still comes back"


def test_a_missing_canary_fails(bench: Bench):
    bench.change(bench.back_up(), "update tenants set name = 'Other' where id = 1")
    assert unmet(bench.findings(bench.check())) == {"B6-canary": Outcome.FAIL}


def test_too_few_and_too_old_rows_fail(bench: Bench):
    bench.change(bench.back_up(), "delete from entries where id > 10; update entries set booked_at = '2020-01-01'")
    assert unmet(bench.findings(bench.check())) == dict.fromkeys(("B6-rows", "B6-share", "B6-RPO"), Outcome.FAIL)


def test_a_column_that_is_not_there_is_no_column_of_times(bench: Bench):
    bench.back_up()
    found = bench.findings(bench.check(tables={"main.entries": {"newest": "nothing"}}))
    assert "no such column" in found["B6-rows"].because


def test_a_schema_that_moved_on_is_named(bench: Bench):
    bench.back_up()
    with closing(sqlite3.connect(bench.source)) as session:
        session.execute("drop index entries_by_tenant")
    assert "has besides index main.entries" in bench.findings(bench.check())["B5-schema"].because


def test_a_question_that_never_ends_is_stopped_at_its_limit(bench: Bench):
    bench.back_up()
    endless = "with recursive n (i) as (select 1 union all select i + 1 from n) select max(i) from n"
    found = bench.findings(bench.check(restore={"smoke": [endless], "within": "300ms"}))
    assert unmet(found) == {"B7-smoke": Outcome.FAIL}
    assert "interrupted" in found["B7-smoke"].because


def test_no_question_can_change_the_copy(bench: Bench):
    bench.back_up()
    found = bench.findings(bench.check(restore={"smoke": ["delete from entries returning id"]}))
    assert unmet(found) == {"B7-smoke": Outcome.FAIL}


def test_a_long_pause_between_two_backups_is_a_gap(bench: Bench):
    shutil.copyfile(bench.back_up(), bench.folder / "app-20260101T000000Z.db")
    assert unmet(bench.findings(bench.check(expect={"size": None, "gap": "26h"}))) == {"B3-gap": Outcome.FAIL}


def test_a_single_backup_decides_nothing_about_gaps(bench: Bench):
    bench.back_up()
    assert bench.findings(bench.check(expect={"size": None, "gap": "26h"}))["B3-gap"].outcome is Outcome.INCONCLUSIVE


HELD = """
import time
from tasks.drills.held_folders import held_folder
from tasks.drills.targets import Clearing
with held_folder(Clearing()) as folder:
    (folder / "app.db").write_text("half a copy")
    print(folder.name, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_drill_left_is_removed_by_the_next_which_says_so(bench: Bench, tmp_path: Path):
    bench.back_up()
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(tmp_path / "temporary")}
    drill = subprocess.Popen([sys.executable, "-c", HELD], stdout=subprocess.PIPE, text=True, env=environment)
    assert drill.stdout is not None
    left = drill.stdout.readline().strip()
    assert bench.collect(bench.check()).rows[0].model_dump()["leftovers"] == 0, "it is still alive"
    drill.kill()
    drill.communicate()
    found = bench.findings(bench.check())
    assert unmet(found) == {"B4-leftovers": Outcome.WARN}
    assert left in found["B4-leftovers"].because
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_full_disk_is_the_observers_trouble(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    backup = bench.back_up()

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tasks.drills.sqlite_rehearsal.shutil.copyfile", fill)
    found = bench.findings(bench.check())
    assert unmet(found) == {"B4-target": Outcome.ERROR}
    assert "no free disk: the copy could not be made" in found["B4-target"].because
    free = backup.stat().st_size - 1
    monkeypatch.setattr("tasks.drills.held_folders.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, free))
    assert f"no free disk: the copy needs {free + 1} bytes" in bench.findings(bench.check())["B4-target"].because
