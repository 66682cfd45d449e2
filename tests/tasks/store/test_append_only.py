"""The database itself refuses to change what is recorded, whoever asks."""

import sqlite3

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from checks.slots import Cadence
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import TWO, hour, past_the_store, record, seal, standing, verdict


@pytest.fixture(autouse=True)
def recorded(store: EvidenceStore) -> None:
    """One slot owed, recorded and sealed, and its run noted."""
    store.owe(Cadence.HOURLY, until=TWO)
    record(store, hour(), verdict(hour()))
    seal(store, hour())
    store.note_run(hour(), {"collect": 4.5}, [standing(TWO)])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdicts SET outcome = 'PASS'",
        "UPDATE verdicts SET findings = '[]'",
        "DELETE FROM verdicts",
        "UPDATE series SET subject = 'another'",
        "DELETE FROM series",
        "UPDATE bundles SET status = 'late'",
        "UPDATE bundles SET bundle_digest = 'sha256:other'",
        "UPDATE bundles SET bundle_digest = NULL, bundle_path = NULL, sealed_at = NULL",
        "DELETE FROM bundles",
        "UPDATE slots SET filled_by = NULL",
        "UPDATE slots SET cadence = 'daily'",
        "DELETE FROM slots",
        "UPDATE run_stages SET seconds = 0",
        "DELETE FROM run_stages",
        "UPDATE model_standings SET standing = '{}'",
        "DELETE FROM model_standings",
    ],
)
def test_what_is_recorded_cannot_be_changed(url: str, statement: str):
    with pytest.raises(DBAPIError, match="is append-only"), past_the_store(url) as connection:
        connection.execute(text(statement))


def test_a_bundle_cannot_be_half_sealed(store: EvidenceStore, url: str):
    record(store, hour(1))
    with pytest.raises(DBAPIError, match="bundles is append-only"), past_the_store(url) as connection:
        connection.execute(text("UPDATE bundles SET sealed_at = at WHERE sealed_at IS NULL"))


def test_a_table_cannot_be_emptied_at_once(url: str, engine_name: str):
    if engine_name == "sqlite":
        return  # it has no TRUNCATE
    with pytest.raises(DBAPIError, match="is append-only"), past_the_store(url) as connection:
        connection.execute(text("TRUNCATE verdicts, bundles, series, slots, samples, run_stages, model_standings"))


def test_replacing_a_verdict_is_refused_even_to_a_plain_sqlite_shell(url: str, engine_name: str):
    if engine_name != "sqlite":
        return  # PostgreSQL has no REPLACE, and ON CONFLICT DO UPDATE is an update
    shell = sqlite3.connect(make_url(url).database)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="verdicts is append-only"):
            shell.execute("INSERT OR REPLACE INTO verdicts SELECT * FROM verdicts")
    finally:
        shell.close()


def test_verdicts_of_an_unknown_slot_or_series_are_refused(url: str):
    for unknown in ("series + 1, slot", "series, slot + 480"):
        rest = "kind, outcome, severity, because, judged_at, fingerprint, digest, findings"
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"), past_the_store(url) as connection:
            connection.execute(text(f"INSERT INTO verdicts SELECT {unknown}, {rest} FROM verdicts"))
