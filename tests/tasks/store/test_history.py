"""What is asked of the store costs the same however long its history: no question reads all of a table that grows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from checks.rollups import Span
from checks.samples import SeriesKey
from checks.slots import Cadence
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import CONTEXT, TWO, hour, past_the_store, record, seal, verdict

WHOLE = {"series", "sample_series", "chosen", "walk", "of_late", "CONSTANT"}
"""What may be read whole: a row for each subject, and what was picked from them on the way."""
OF_FEW = {"bundles_unsealed", "bundles_missed", "slots_unfilled"}
"""Indexes that hold only the few rows that nothing was done about yet, or that stand for what nobody did."""
SEEN = [SeriesKey("api", "api", "seconds")]
QUESTIONS: dict[str, Callable[[EvidenceStore], object]] = {
    "owe": lambda store: store.owe(Cadence.HOURLY, until=TWO + timedelta(hours=5)),
    "record": lambda store: record(store, hour(5)),
    "recorded": lambda store: store.recorded(hour(1)),
    "seal": lambda store: seal(store, hour(3)),
    "unsealed": lambda store: store.unsealed(),
    "last_bundle": lambda store: store.last_bundle(Cadence.HOURLY, before=hour(2)),
    "latest": lambda store: store.latest(as_of=TWO + timedelta(hours=2)),
    "verdicts": lambda store: store.verdicts(hour(1)),
    "contexts": lambda store: store.contexts([hour(1)]),
    "fingerprints": lambda store: store.fingerprints(["api"], before=hour(3), depth=3),
    "slots": lambda store: store.slots(Cadence.HOURLY, since=TWO, until=TWO + timedelta(hours=2)),
    "standings": lambda store: store.standings(
        as_of=TWO + timedelta(hours=2), catalog_digest=CONTEXT.catalog_digest, ago="a day ago"
    ),
    "calendar": lambda store: store.calendar(Cadence.HOURLY, as_of=TWO + timedelta(hours=6)),
    "samples": lambda store: store.samples(SEEN, since=TWO, until=TWO + timedelta(hours=2)),
    "rollups": lambda store: store.rollups(SEEN, span=Span.HOUR, since=TWO, until=TWO + timedelta(hours=2)),
    "summaries": lambda store: store.summaries(SEEN, since=TWO, until=TWO + timedelta(days=2)),
}


@pytest.fixture(autouse=True)
def recorded(store: EvidenceStore) -> None:
    store.owe(Cadence.HOURLY, until=TWO)
    for number in range(4):
        record(store, hour(number), verdict(hour(number), mark="same"))
    for number in range(3):
        seal(store, hour(number))


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Everything that is said to any database meanwhile."""
    said: list[tuple[str, Any]] = []

    def hear(_c: object, _u: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        said.append((statement, parameters[0] if many else parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def read_whole(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The tables that a statement reads from one end to the other, if the database can help it."""
    if connection.dialect.name == "sqlite":
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        return {step.split()[1] for step in plan if step.startswith("SCAN ") and step.split()[-1] not in OF_FEW}
    for way in ("seqscan", "hashjoin", "mergejoin"):  # which are the quickest in a table as small as this one
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return set(whole_in(found[0]["Plan"]))


def whole_in(plan: dict[str, Any]) -> Iterator[str]:
    narrowed = {"Index Cond", "Recheck Cond"} & plan.keys() or plan.get("Index Name") in OF_FEW
    if plan["Node Type"].endswith("Scan") and "Relation Name" in plan and not narrowed:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from whole_in(part)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_all_of_what_grows(store: EvidenceStore, url: str, question: str):
    with statements() as said:
        QUESTIONS[question](store)
    # Of an INSERT, SQLite lists a look for rows that waited for this one, and skips it while no constraint is broken.
    asked = [one for one in said if one[0].split()[0] in ("SELECT", "WITH", "UPDATE")]
    assert asked
    with past_the_store(url) as connection:
        whole = {table for statement, values in asked for table in read_whole(connection, statement, values)}
    assert whole <= WHOLE
