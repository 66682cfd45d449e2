"""Years of hourly history for the benchmark of assessing: a catalogue, one real day, and copies of it in bulk.

The day is recorded as a run records it. Its copies are made within the database, day by day, with triggers, foreign
keys and indexes out of the way and put back afterwards: 43.8 million verdicts in minutes, in the memory of one day.
"""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import URL

from checks.catalog import Catalog
from checks.catalog_text import read_catalog
from checks.evidence.digests import sha256
from checks.evidence.inputs import NOW
from checks.findings import Finding, RunContext, Verdict
from checks.outcome import Outcome, Severity
from checks.readiness.assessing import assess_all
from checks.readiness.registry import ASSESS, TEMPLATES
from checks.slots import Cadence, Slot
from flows.facts import facts_at
from flows.wiring import kinds
from tasks.store.database import parse_url
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tasks.store.slot_numbers import number_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
GROWING = ("bundles", "verdicts", "model_standings")
_CACHE_KB = 1_500_000
_TOLD = 100  # days between two words on progress


@dataclass(frozen=True, slots=True)
class History:
    """So many checks, judged each hour for so many days before an instant."""

    checks: int
    days: int
    end: datetime

    @property
    def start(self) -> datetime:
        return self.end - self.days * DAY

    @property
    def last_bundle(self) -> str:
        """Where its newest bundle would lie: copies of a day say where the first day's bundles do."""
        return Slot(self.start + 23 * HOUR, Cadence.HOURLY).label

    @property
    def context(self) -> RunContext:
        """Judged by the catalogue that is in force."""
        return RunContext("production", "v0.2.0", sha256(catalog_text(self).encode()))

    @property
    def names(self) -> list[str]:
        return [f"check-{number:04}" for number in range(self.checks)]


def catalog_text(history: History) -> str:
    """Every check, and a model of each template that rests on a quarter of them."""
    names = history.names
    quarters = [names[place::4] for place in range(4)]
    criterion = {"group": "All", "dimension": "reliability", "level": "L1", "requires": ["{service}"]}
    items = {name: {"requires": [name]} for name in quarters[1]}
    models: dict[str, Any] = {
        "gate": {"template": "release-gate", "items": {name: {"requires": [name]} for name in quarters[0]}},
        "score": {
            "template": "weighted-score",
            "categories": {"all": {"title": "All", "weight": 100, "items": items}},
        },
        "card": {
            "template": "service-scorecard",
            "criteria": {"lives": {"title": "It lives", **criterion}},
            "services": {name: {"target": "L1"} for name in quarters[2]},
        },
        "register": {
            "template": "use-case-register",
            "evidence": {"seen": {"title": "Seen", "requires": ["{use_case}"]}},
            "use_cases": {name: {"code": name, "owner": "Desk Ops"} for name in quarters[3]},
        },
    }
    sources = {"web": {"http": "${BENCH_URL}"}}
    checks = {name: {"kind": "health", "endpoints": [f"web:/{name}"]} for name in names}
    values = {"system": "bench", "environment": "production", "version": "v0.2.0", "sources": sources}
    return json.dumps({**values, "checks": checks, "models": models}, indent=1)


def catalog_of(history: History) -> Catalog:
    return read_catalog(catalog_text(history), name="bench", kinds=kinds(), templates=TEMPLATES)


def verdicts(history: History, slot: Slot) -> Iterator[Verdict]:
    """What a run found in a slot: each hundredth check fails."""
    for number, name in enumerate(history.names):
        subject = f"web:/{name}"
        finding = Finding(
            check=name,
            kind="health",
            subject=subject,
            expectation="http",
            outcome=Outcome.FAIL if number % 100 == 0 else Outcome.PASS,
            severity=Severity.MAJOR,
            observed=200,
            expected=200,
            because="HTTP 200; expected 200",
        )
        yield Verdict(name, "health", subject, slot, (finding,), slot.at + timedelta(minutes=7), "f" * 64)


def record(store: EvidenceStore, history: History, slot: Slot) -> None:
    """As a run records it, and seals it."""
    contents = SlotContents(list(verdicts(history, slot)))
    store.record(slot, contents, status=SlotStatus.COLLECTED, context=history.context, staging=".")
    store.seal(slot, digest=slot.label, path=slot.label, at=slot.at + timedelta(minutes=8))


def make(url: str, history: History) -> None:
    """A store with that history."""
    catalog = catalog_of(history)
    with EvidenceStore.open(url) as store:
        for number in range(24):
            slot = Slot(history.start + number * HOUR, Cadence.HOURLY)
            record(store, history, slot)
            facts = facts_at(catalog, store, (), as_of=slot.at + timedelta(minutes=8))
            store.note_run(slot, {}, [found.as_earlier(NOW) for found in assess_all(facts, ASSESS).values()])
    address = parse_url(url)
    if address.drivername.startswith("sqlite"):
        _grow_sqlite(address, history)
    else:
        _grow_postgresql(address, history)


def _grow_sqlite(url: URL, history: History) -> None:
    marks = ", ".join("?" * len(GROWING))
    asked = f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ({marks}) AND sql IS NOT NULL"
    with _hurried(url) as connection:
        aside = [row for row in connection.execute(asked, GROWING) if row[0] != "table"]
        for kind, name, _ in aside:
            connection.execute(f"DROP {kind} {name}")
        for table in GROWING:
            connection.execute(f"CREATE TEMP TABLE one_{table} AS SELECT * FROM {table}")
        with _key_made_afterwards(connection):
            for table in GROWING:
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                copied = _copying(table, columns, later="{} + ? * 86400000000")
                for day in _days(history, table):
                    connection.execute(copied, [day] * copied.count("?"))
    with _hurried(url) as connection:
        for _, _, sql in aside:
            connection.execute(sql)
    with closing(sqlite3.connect(str(url.database))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def _hurried(url: URL) -> Iterator[sqlite3.Connection]:
    """One transaction that no crash would survive."""
    with closing(sqlite3.connect(str(url.database), isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KB}", "foreign_keys = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


@contextmanager
def _key_made_afterwards(connection: sqlite3.Connection) -> Iterator[None]:
    """Fills the verdicts without their key, sorts that, and then writes into the schema that it was there all along."""
    [(table,)] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'verdicts'").fetchall()
    connection.execute("DROP TABLE verdicts")
    connection.execute("CREATE TABLE verdicts AS SELECT * FROM one_verdicts")
    yield
    connection.execute("CREATE UNIQUE INDEX verdicts_key ON verdicts (series, slot)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'verdicts'", (table,))
    key = "UPDATE sqlite_master SET name = 'sqlite_autoindex_verdicts_1', sql = NULL WHERE name = 'verdicts_key'"
    connection.execute(key)


def _grow_postgresql(url: URL, history: History) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in ("session_replication_role = replica", "synchronous_commit = off"):
            connection.execute(f"SET {setting}")  # neither triggers nor foreign keys are asked
        connection.execute("SET maintenance_work_mem = '1GB'")
        aside = list(_indexes(connection))
        for drop, _ in aside:
            connection.execute(drop)
        for table in GROWING:
            connection.execute(f"CREATE TEMP TABLE one_{table} AS SELECT * FROM {table}")
            told = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum"
            columns = [row[0] for row in connection.execute(told, [table])]
            copied = _copying(table, columns, later="{} + %s * interval '24 hours'").replace("?", "%s")
            for day in _days(history, table):
                connection.execute(copied, [day] * copied.count("%s"))
        for _, create in aside:
            connection.execute(create)
        connection.execute("VACUUM (ANALYZE)")  # as autovacuum would have by then


def _indexes(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    """How to drop and to make again each index of the verdicts; that of `bundles` is small, and referred to."""
    keys = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'verdicts'::regclass"
    for name, told in list(connection.execute(f"{keys} AND contype IN ('p', 'u')")):
        yield f"ALTER TABLE verdicts DROP CONSTRAINT {name}", f"ALTER TABLE verdicts ADD CONSTRAINT {name} {told}"
    for name, told in list(
        connection.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'verdicts'")
    ):
        yield f"DROP INDEX IF EXISTS {name}", told.replace("INDEX ", "INDEX IF NOT EXISTS ", 1)


def _copying(table: str, columns: list[str], *, later: str) -> str:
    """The statement that adds a table's first day once more, so many days later."""
    step = number_of(Slot(datetime(1970, 1, 2, tzinfo=UTC), Cadence.PULSE))
    moved = {"slot": f"slot + ? * {step}"} | {
        name: later.format(name) for name in ("at", "as_of", "judged_at", "sealed_at")
    }
    chosen = ", ".join(moved.get(name, name) for name in columns)
    named = ", ".join(columns)
    return f"INSERT INTO {table} ({named}) SELECT {chosen} FROM one_{table}"


def _days(history: History, table: str) -> Iterator[int]:
    for day in range(1, history.days):
        if day % _TOLD == 0 and table == "verdicts":
            print(f"{day:,} of {history.days:,} days", file=sys.stderr)
        yield day


@contextmanager
def database_on(server: str, name: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database on a server, which is dropped afterwards."""
    url = parse_url(server)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
