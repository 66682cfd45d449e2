"""What a service leaves at its database: its sessions, and how often each of its writes is there."""

import asyncio
import time

import psycopg
from pydantic import Field

from checks.evidence.records import Record
from tasks.collectors.sources import DatabaseAccess
from tasks.drills.connecting import DatabaseAddress, said

_GLANCE_SECONDS = 0.1
_SESSIONS = "select pid from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()"


class SessionFacts(Record):
    """The sessions before the service was asked to end, and those of them that were left; `cause` says why not."""

    before: tuple[int, ...] = ()
    left: tuple[int, ...] | None = None
    seconds: float | None = None
    cause: str | None = None


class WriteFacts(Record):
    """How often each key was written."""

    counts: dict[str, int] = Field(default_factory=dict)
    cause: str | None = None


async def open_sessions(access: DatabaseAccess, application: str) -> SessionFacts:
    """The sessions that an application has now."""
    try:
        return SessionFacts(before=tuple(sorted(await _sessions(access, application))))
    except psycopg.Error as error:
        return SessionFacts(cause=f"{access.name} does not answer: {said(error)}")


async def sessions_closed(
    access: DatabaseAccess, application: str, before: SessionFacts, *, seconds: float
) -> SessionFacts:
    """Waits until the earlier sessions are gone, or for so long."""
    if before.cause:
        return before
    began = time.monotonic()
    try:
        while left := await _sessions(access, application) & set(before.before):
            if time.monotonic() - began > seconds:
                break
            await asyncio.sleep(_GLANCE_SECONDS)
    except psycopg.Error as error:
        return before.model_copy(update={"cause": f"{access.name} does not answer: {said(error)}"})
    return before.model_copy(update={"left": tuple(sorted(left)), "seconds": time.monotonic() - began})


async def count_writes(access: DatabaseAccess, query: str, run: str) -> WriteFacts:
    """How often each key of a run lies in the database."""
    address = DatabaseAddress.of(access.name, access.url)
    try:
        async with await address.connect(seconds=access.statement_timeout) as session:
            found = await (await session.execute(query.encode(), {"like": f"{run}-%"})).fetchall()
        return WriteFacts(counts={str(key): int(times) for key, times in found})
    except psycopg.Error as error:
        return WriteFacts(cause=f"{access.name}: {said(error)}")
    except (TypeError, ValueError) as error:
        return WriteFacts(cause=f"{access.name}: the query does not answer a key and a number: {error}")


async def _sessions(access: DatabaseAccess, application: str) -> set[int]:
    address = DatabaseAddress.of(access.name, access.url)
    async with await address.connect(seconds=access.statement_timeout) as session:
        found = await (await session.execute(_SESSIONS, [application])).fetchall()
    return {int(row[0]) for row in found}
