"""The database server holds what it should, and each role can do what it is for and nothing more."""

import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from examples.sandbox.database import AUDITOR, Cluster, stop_leftover
from examples.sandbox.folder import Folder
from examples.sandbox.ledger import TENANTS, entries
from examples.sandbox.system import Sandbox


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def test_the_ledger_is_the_same_every_time_and_ends_just_before_now():
    started = datetime(2026, 11, 22, 14, 0, 0, 5, tzinfo=UTC)
    first, second = entries(started), entries(started + timedelta(hours=1))
    assert [(entry.id, entry.tenant, entry.amount) for entry in first] == [
        (entry.id, entry.tenant, entry.amount) for entry in second
    ]
    assert len({entry.id for entry in first}) == len(first)
    assert timedelta(0) < started - first[-1].booked_at < timedelta(minutes=5)
    assert all(entry.amount for entry in first)


def test_every_table_is_filled(sandbox):
    url = sandbox.environment["SANDBOX_LEDGER_URL"]
    for table, rows in {
        "entries": 4000,
        "shadow_entries": 4000,
        "usage": 45,
        "usage_totals": 15,
        "heartbeat": 1,
    }.items():
        assert ask(url, f"select count(*) from {table}") == [(rows,)]


def test_the_usage_log_has_every_tenant_on_every_day_up_to_today(sandbox):
    rows = ask(
        sandbox.environment["SANDBOX_LEDGER_URL"], "select day, array_agg(tenant order by tenant) from usage group by 1"
    )
    assert all(tenants == list(TENANTS) for _, tenants in rows)
    assert max(day for day, _ in rows) in {(datetime.now(UTC) - timedelta(days=back)).date() for back in (0, 1)}


@pytest.mark.parametrize("statement", ["delete from entries", "create table mine (id int)", "drop table usage"])
def test_an_auditor_may_read_and_nothing_else(sandbox, statement):
    with psycopg.connect(sandbox.environment["SANDBOX_LEDGER_URL"]) as connection:
        # Without the session's own guard: the privileges have to hold by themselves.
        connection.execute("set transaction read write")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_an_auditors_sessions_are_read_only_by_default(sandbox):
    url = sandbox.environment["SANDBOX_LEDGER_URL"]
    assert ask(url, "show default_transaction_read_only") == [("on",)]


def test_a_rehearsal_cannot_reach_the_ledger(sandbox):
    url = sandbox.environment["SANDBOX_RESTORE_URL"].replace("/restore_target", "/ledger")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(url)


def test_the_restore_target_is_empty(sandbox):
    query = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"
    assert ask(sandbox.environment["SANDBOX_RESTORE_URL"], query) == [(0,)]


def test_a_rehearsal_restores_the_archive_into_a_database_of_its_own(sandbox: Sandbox):
    environment = sandbox.environment
    archive = next(Folder(Path(environment["SANDBOX_FOLDER"])).backups.glob("*.dump"))
    server, name = environment["SANDBOX_RESTORE_URL"], f"rehearsal_{uuid.uuid4().hex}"
    target = server.replace("/restore_target", f"/{name}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    restore = [
        Path(environment["SANDBOX_POSTGRES_BIN"]) / "pg_restore",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
    ]
    subprocess.run([*restore, f"--dbname={target}", archive], check=True)
    whole = "select count(*), sum(amount), max(booked_at), (select beat_at from heartbeat) from entries"
    assert ask(target, whole) == ask(environment["SANDBOX_LEDGER_URL"], whole)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name}")


def test_the_archive_is_named_with_its_instant_and_its_checksum_is_read_by_sha256sum(sandbox):
    backups = Folder(Path(sandbox.environment["SANDBOX_FOLDER"])).backups
    archive = next(backups.glob("*.dump"))
    made = datetime.strptime(archive.name, "ledger-%Y%m%dT%H%M%SZ.dump").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - made < timedelta(hours=1)
    checked = subprocess.run(["sha256sum", "--check", f"{archive.name}.sha256"], cwd=backups, check=False)
    assert checked.returncode == 0


def test_the_server_that_a_killed_run_left_is_stopped(tmp_path):
    folder = Folder(tmp_path)
    folder.clear()
    cluster = Cluster(folder)
    try:
        cluster.start()
        stop_leftover(folder)
        with pytest.raises(psycopg.OperationalError, match="Connection refused"):
            psycopg.connect(cluster.url(AUDITOR, "ledger"))
    finally:
        cluster.stop()
