"""Collects SQL facts: asks a database each of a check's questions, in one read-only session."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.sql_facts import (
    ConnectionsFact,
    Fact,
    NoRowsFact,
    RowsFact,
    SqlFactsCheck,
    SqlFactsRow,
    UniqueFact,
    ValueFact,
)
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.http_exchange import item_name
from tasks.collectors.sources import DatabaseAccess, Sources
from tasks.collectors.sql_dialects import connections, duplicates_of, rows_of, unique_indexes, whole
from tasks.collectors.sql_facts_rows import fact_row
from tasks.collectors.sql_sessions import SqlSession, open_session
from tasks.comparison.errors import ComparisonError

AT_ONCE = 4
"""Checks that hold a session at the same time."""
_SHOWN_ROWS = 5


class SqlFactsCollector:
    """Asks one question after another; one that fails, or a server that does not answer, is an observation."""

    kind: ClassVar[str] = "sql-facts"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def collect(self, check: SqlFactsCheck) -> Evidence:
        access = self._sources.database(check.database)
        async with self._turns:
            watch = Stopwatch(check, self._now)
            captures = await asyncio.to_thread(_asked, check, access)
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=check.database,
            request="\n".join(asked_of(fact) for fact in check.facts.values()),
            parameters={"statement_timeout": access.statement_timeout},
        )

    @staticmethod
    def rows_from(check: SqlFactsCheck, captures: Sequence[RawCapture]) -> tuple[SqlFactsRow, ...]:
        """A row for each fact; nothing but the captures is needed to make them again."""
        told = {str(capture.meta["subject"]): json.loads(capture.body) for capture in captures}
        return tuple(fact_row(name, fact, asked_of(fact), told[name]) for name, fact in check.facts.items())

    async def aclose(self) -> None:
        """Nothing is held open between two checks."""


def asked_of(fact: Fact) -> str:
    """What is asked of the database, for people."""
    match fact:
        case UniqueFact():
            return f"what makes {', '.join(fact.columns)} unique in {fact.unique}"
        case RowsFact():
            return f"how many rows {fact.rows} has"
        case ConnectionsFact():
            return f"how many connections are open{f' of {fact.application}' if fact.application else ''}"
        case ValueFact():
            return " ".join(fact.query.split())
    return " ".join(fact.no_rows.split())


def _asked(check: SqlFactsCheck, access: DatabaseAccess) -> tuple[RawCapture, ...]:
    """A capture for each fact; without a session each says why there was none."""
    try:
        session = open_session(access)
    except ComparisonError as error:
        return tuple(
            _capture(number, name, {"problem": str(error)}) for number, name in enumerate(check.facts, start=1)
        )
    try:
        return tuple(
            _capture(number, name, _told(session, fact))
            for number, (name, fact) in enumerate(check.facts.items(), start=1)
        )
    finally:
        session.close()


def _capture(number: int, name: str, told: Mapping[str, Any]) -> RawCapture:
    return RawCapture(item_name(number, name), json_bytes(dict(told)), {"subject": name})


def _told(session: SqlSession, fact: Fact) -> dict[str, Any]:
    """What the database says of one fact; an error leaves the session ready for the next."""
    began = time.monotonic()
    try:
        told = _QUESTIONS[type(fact)](session, fact)
    except ComparisonError as error:
        session.renew()
        told = {"problem": str(error)}
    except CollectionError as error:
        told = {"problem": str(error)}
    return {**told, "dialect": session.dialect, "seconds": round(time.monotonic() - began, 6)}


def _unique(session: SqlSession, fact: UniqueFact) -> dict[str, Any]:
    indexes = unique_indexes(session, fact.unique)
    if indexes is None:
        return {"indexes": None}
    listed = [{"name": one.name, "columns": one.columns, "nullable": one.nullable} for one in indexes]
    return {"indexes": listed, "duplicates": duplicates_of(session, fact.unique, fact.columns)}


def _query(session: SqlSession, fact: ValueFact) -> dict[str, Any]:
    rows = session.ask(whole(fact.query))
    return {"found": len(rows), "rows": [list(map(plain, row)) for row in rows[:_SHOWN_ROWS]]}


def _no_rows(session: SqlSession, fact: NoRowsFact) -> dict[str, Any]:
    rows = session.ask(whole(fact.no_rows))
    return {"found": len(rows), "rows": [list(map(plain, row)) for row in rows[:_SHOWN_ROWS]]}


def _rows(session: SqlSession, fact: RowsFact) -> dict[str, Any]:
    return {"found": rows_of(session, fact.rows)}


def _connections(session: SqlSession, fact: ConnectionsFact) -> dict[str, Any]:
    found = connections(session, fact.application)
    return {"open": found.open, "most": found.most}


_QUESTIONS: Mapping[type, Callable[[SqlSession, Any], dict[str, Any]]] = {
    UniqueFact: _unique,
    ValueFact: _query,
    NoRowsFact: _no_rows,
    RowsFact: _rows,
    ConnectionsFact: _connections,
}


def plain(value: object) -> Any:
    """A value as JSON can hold it without losing any of it."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
    return str(value)
