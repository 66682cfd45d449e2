"""Collects snapshots of usage: every tenant's lines of the last days, who is owed one, and totals from elsewhere."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, json_bytes, rfc3339
from checks.kinds.usage import UsageCheck, UsageRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.sources import DatabaseAccess, Sources
from tasks.collectors.sql_dialects import quoted, whole
from tasks.collectors.sql_facts import plain
from tasks.collectors.sql_sessions import SqlSession, open_session
from tasks.collectors.usage_rows import MOST_LINES, usage_rows
from tasks.comparison.errors import ComparisonError
from tasks.comparison.opening import dialect_of

_SNAPSHOTS = "snapshots.json"
_AT_ONCE = 2


class UsageCollector:
    """Asks for everything in one read-only session, and so of one state of the database."""

    kind: ClassVar[str] = "usage"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def collect(self, check: UsageCheck) -> Evidence:
        access = self._sources.database(check.database)
        async with self._turns:
            watch = Stopwatch(check, self._now)
            told = await asyncio.to_thread(_told, check, access, watch.started_at)
        capture = RawCapture(_SNAPSHOTS, json_bytes(told), {"subject": check.id})
        rows = await asyncio.to_thread(self.rows_from, check, (capture,))
        return watch.evidence(
            rows,
            (capture,),
            source=check.database,
            request="\n".join(_requests(check, check.owed_days(watch.started_at)[0], access)),
            parameters={"days": check.days, "statement_timeout": access.statement_timeout},
        )

    @staticmethod
    def rows_from(check: UsageCheck, captures: Sequence[RawCapture]) -> tuple[UsageRow, ...]:
        """The row of all tenants and one for each; nothing but the capture is needed to make them again."""
        return usage_rows(check, json.loads(captures[0].body))

    async def aclose(self) -> None:
        """Nothing is held open between two checks."""


def _told(check: UsageCheck, access: DatabaseAccess, now: datetime) -> dict[str, Any]:
    """All that the database says, or why it says nothing."""
    told: dict[str, Any] = {"asked_at": rfc3339(now)}
    try:
        session = open_session(access)
    except ComparisonError as error:
        return told | {"problem": str(error)}
    try:
        return told | _asked(check, session, check.owed_days(now)[0])
    except (ComparisonError, CollectionError) as error:
        return told | {"problem": str(error)}
    finally:
        session.close()


def _asked(check: UsageCheck, session: SqlSession, first: date) -> dict[str, Any]:
    return {
        "snapshots": _rows(session, _snapshots(check, session.dialect, first)),
        "active": _rows(session, whole(check.active, MOST_LINES + 1)) if check.active else None,
        "totals": {name: _rows(session, whole(query, MOST_LINES + 1)) for name, query in check.totals.items()},
    }


def _rows(session: SqlSession, query: str) -> list[list[Any]]:
    return [[plain(value) for value in row] for row in session.ask(query)]


def _snapshots(check: UsageCheck, dialect: str, first: date) -> str:
    """The query of all lines from a day on; those of today and later are read too, since none may be from tomorrow."""
    names = (check.day, check.tenant, *check.figures.values())
    day, *_ = columns = [quoted(dialect, name) for name in names]
    table = quoted(dialect, check.snapshots)
    return (
        f"select {', '.join(columns)} from {table} where {day} >= '{first}'"  # noqa: S608 (names are quoted)
        f" order by 1, 2 limit {MOST_LINES + 1}"
    )


def _requests(check: UsageCheck, first: date, access: DatabaseAccess) -> list[str]:
    asked = [check.active or "", *check.totals.values()]
    return [_snapshots(check, dialect_of(access.url), first), *(" ".join(query.split()) for query in asked if query)]
