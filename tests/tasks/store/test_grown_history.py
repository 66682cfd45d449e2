"""The history that the benchmark of years makes in bulk is a store like any other."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from benchmarks.assess_history import HOUR, History, make
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import TWO, hour, past_the_store, record

HISTORY = History(checks=4, days=2, end=TWO)


@pytest.fixture
def grown(url: str) -> str:
    make(url, HISTORY)
    return url


def test_every_check_has_a_verdict_in_every_hour(grown: str):
    with EvidenceStore.open(grown) as store:
        slots = [Slot(HISTORY.start + number * HOUR, Cadence.HOURLY) for number in range(48)]
        assert all([one.check for one in store.verdicts(slot)] == HISTORY.names for slot in slots)
        assert all(one.judged_at - one.slot.at == HOUR * 7 / 60 for one in store.latest(as_of=TWO))
        assert {one.slot for one in store.latest(as_of=TWO)} == {slots[-1]}
        assert store.unsealed() == []


def test_every_hour_says_where_each_model_stood(grown: str):
    with EvidenceStore.open(grown) as store:
        for number in range(1, 49):
            at = HISTORY.start + number * HOUR
            found = store.standings(as_of=at, catalog_digest=HISTORY.context.catalog_digest, ago="a day ago")
            assert [(one.model, at - one.as_of) for one in found] == [
                (model, HOUR * 52 / 60) for model in ("card", "gate", "register", "score")
            ]


def test_it_takes_what_comes_next_and_lets_nothing_be_changed(grown: str):
    with EvidenceStore.open(grown) as store:
        assert record(store, hour())
    for statement in ("UPDATE verdicts SET outcome = 'PASS'", "DELETE FROM bundles"):
        with pytest.raises(DBAPIError, match="is append-only"), past_the_store(grown) as connection:
            connection.execute(text(statement))


def test_it_has_the_tables_and_indexes_of_an_empty_store(grown: str, engine_name: str, new_url):
    empty = new_url()
    EvidenceStore.open(empty).close()
    asked = {
        "sqlite": "SELECT type, name, tbl_name, sql FROM sqlite_master",
        "postgresql": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " UNION SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
    }[engine_name]
    found = []
    for url in (empty, grown):
        with past_the_store(url) as connection:
            found.append({tuple(row) for row in connection.execute(text(asked))})
    assert found[0] == found[1]
