"""Restoring: what is refused before it starts, and how a program that does not end is ended."""

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.errors import CollectionError
from examples.sandbox.database import Cluster, binaries
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.inspecting import Questions
from tasks.drills.plain_dumps import read_plain_dump
from tasks.drills.programs import Programs, run
from tasks.drills.restore import Archive, RestorePlan, rehearse
from tasks.drills.targets import ServerTarget
from tasks.drills.timeline import Timeline
from tests.tasks.dumps import Ledger, alive, databases


def test_a_server_older_than_the_one_the_backup_was_taken_of_is_no_target(cluster: Cluster, tmp_path: Path):
    ledger = Ledger.new(cluster)
    archive = ledger.dump(tmp_path / "ledger.dump")
    ledger.drop()
    address = DatabaseAddress.of("rehearsal", cluster.url("rehearsal", "restore_target"))
    target = ServerTarget(address, isolated=True, now=lambda: datetime.now(UTC))
    plan = RestorePlan(Programs(binaries()), Questions(smoke=("select 1",)))
    timeline = Timeline(lambda: datetime.now(UTC), time.monotonic)
    rehearsal = asyncio.run(rehearse(Archive(archive, "custom", "99.1"), target, plan, timeline))
    assert "older than 99.1" in (rehearsal.facts.target_cause or "")
    assert rehearsal.facts.restored is None
    assert databases(cluster) == set()


@pytest.mark.parametrize(
    "line",
    [
        "\\connect ledger",
        "\\c ledger",
        "\\! rm -rf",
        "DROP DATABASE ledger;",
        "CREATE ROLE boss;",
        "ALTER DATABASE x SET y;",
    ],
)
def test_a_line_that_reaches_outside_the_database_is_found(tmp_path: Path, line: str):
    script = tmp_path / "dump.sql"
    script.write_text(f"-- PostgreSQL database dump\n\\restrict key\n{line}\nSELECT 1;\n")
    assert read_plain_dump(script).reaches_out == line


def test_rows_that_look_like_commands_are_rows(tmp_path: Path):
    script = tmp_path / "dump.sql"
    script.write_text("COPY public.entries (id) FROM stdin;\n\\N\n\\connect ledger\nDROP DATABASE x;\n\\.\nSELECT 1;\n")
    dump = read_plain_dump(script)
    assert dump.reaches_out is None
    assert dump.tables == ("public.entries",)


def test_a_program_past_its_limit_is_ended_with_everything_it_started(tmp_path: Path):
    script = f"sleep 60 & echo $! > {tmp_path / 'child'}; wait"
    began = time.monotonic()
    ended = asyncio.run(run(["/bin/sh", "-c", script], seconds=0.5))
    assert time.monotonic() - began < 30, "it was waited for to its own end"
    assert ended.timed_out
    assert not ended.succeeded
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if not alive(child):
            return
        time.sleep(0.02)
    pytest.fail("what it started still runs")


@pytest.mark.parametrize("after", [0, 0.0005, 0.001, 0.002, 0.005, 0.05])
def test_a_program_is_ended_at_once_whenever_its_caller_is_cancelled(after: float):
    async def cancel() -> None:
        running = asyncio.create_task(run(["/bin/sh", "-c", "sleep 30; true"], seconds=60))
        await asyncio.sleep(after)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    began = time.monotonic()
    asyncio.run(cancel())
    assert time.monotonic() - began < 20


def test_a_program_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("READINESS_SECRET", "hunter2")
    told = asyncio.run(run(["/usr/bin/env"], seconds=10, environment={"PGHOST": "here"}))
    assert b"hunter2" not in told.stdout
    assert b"PGHOST=here" in told.stdout


def test_very_long_output_keeps_its_beginning_and_its_end():
    script = "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo last"
    told = asyncio.run(run(["/bin/sh", "-c", script], seconds=30, kept=10_000))
    assert told.stdout.startswith(b"first")
    assert told.stdout.endswith(b"last\n")
    assert b"bytes left out" in told.stdout
    assert len(told.stdout) < 30_000


def test_an_address_of_another_database_system_is_refused_without_its_password():
    with pytest.raises(CollectionError) as refused:
        DatabaseAddress.of("ledger", "mysql://root:hunter2@db/ledger")
    assert "hunter2" not in str(refused.value)


def test_an_address_reaches_programs_by_variables_only():
    address = DatabaseAddress.of("ledger", "postgresql+psycopg://me:pass%40word@db:5433/ledger?sslmode=require")
    told = address.environment()
    assert told["PGPASSWORD"] == "pass@word"
    assert (told["PGHOST"], told["PGPORT"], told["PGSSLMODE"]) == ("db", "5433", "require")
    assert "pass" not in repr(address)
    assert os.environ.get("PGPASSWORD") is None
