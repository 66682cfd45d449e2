"""Asks a PostgreSQL database what it holds: its schema, its tables' rows and newest times, and answers to queries."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import psycopg
from psycopg import AsyncConnection, sql

from checks.evidence.records import Instant, Record
from tasks.drills.connecting import DatabaseAddress, said
from tasks.drills.schema import Schema, read_schema
from tasks.drills.settled import Settled

_SHOWN_ROWS = 20
_SHOWN_CHARACTERS = 200
_ALL_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask of a restored copy, and of its source where that still answers.

    `tables` maps `schema.table` to its column of row times, or to `None`; without any, every table of the copy is
    counted. `seconds` bounds each query. `settled` names the rows to be compared with those of the `source`.
    """

    tables: Mapping[str, str | None] = field(default_factory=dict)
    schemas: tuple[str, ...] | None = None
    canary: str | None = None
    smoke: tuple[str, ...] = ()
    seconds: float = 300
    settled: tuple[Settled, ...] = ()
    source: DatabaseAddress | None = None


class TableFacts(Record):
    """A table's rows and the newest of its times; `cause` says why it could not be counted."""

    table: str
    rows: int | None = None
    newest: Instant | None = None
    cause: str | None = None


class Answer(Record):
    """What a query answered: how many rows, the first of them as text, or why it did not."""

    query: str
    rows: int = 0
    shown: tuple[tuple[str | None, ...], ...] = ()
    seconds: float = 0
    cause: str | None = None

    @property
    def is_true(self) -> bool:
        """Whether it said exactly one thing, and that was true."""
        return self.cause is None and self.rows == 1 and self.shown[0] in {("True",), ("true",), ("t",), ("1",)}


class DatabaseFacts(Record):
    """What a database showed of itself; `cause` says why it did not open, and then nothing else is known."""

    database: str
    cause: str | None = None
    server_version: str | None = None
    in_recovery: bool | None = None
    system: str | None = None
    tables_schema: Schema | None = None
    schema_cause: str | None = None
    tables: tuple[TableFacts, ...] = ()


async def inspect(address: DatabaseAddress, questions: Questions) -> DatabaseFacts:
    """Opens a database read-only and looks; what it refuses is written down, not raised."""
    try:
        session = await address.connect(seconds=questions.seconds)
    except psycopg.Error as error:
        return DatabaseFacts(database=address.database, cause=said(error))
    async with session:
        try:
            await session.execute("set default_transaction_read_only = on")
            return await _look(session, address, questions)
        except psycopg.Error as error:
            return DatabaseFacts(database=address.database, cause=said(error))


async def system_of(address: DatabaseAddress, *, seconds: float) -> str | None:
    """The system identifier of the cluster a database lies in; `None` where it cannot be asked."""
    try:
        async with await address.connect(seconds=seconds) as session:
            row = await (await session.execute("select system_identifier from pg_control_system()")).fetchone()
    except psycopg.Error:
        return None
    return str(row[0]) if row else None


async def ask(session: AsyncConnection, query: str) -> Answer:
    """One query's answer."""
    began = time.monotonic()
    try:
        cursor = await session.execute(query.encode())
        rows = await cursor.fetchmany(_SHOWN_ROWS) if cursor.description else []
    except psycopg.Error as error:
        return Answer(query=query, seconds=time.monotonic() - began, cause=said(error))
    shown = tuple(tuple(None if value is None else str(value)[:_SHOWN_CHARACTERS] for value in row) for row in rows)
    return Answer(query=query, rows=max(cursor.rowcount, 0), shown=shown, seconds=time.monotonic() - began)


async def ask_all(address: DatabaseAddress, queries: tuple[str, ...], *, seconds: float) -> tuple[Answer, ...]:
    """The answers to several queries in one read-only session; where none opens, every answer says why."""
    try:
        session = await address.connect(seconds=seconds)
    except psycopg.Error as error:
        return tuple(Answer(query=query, cause=said(error)) for query in queries)
    async with session:
        await session.execute("set default_transaction_read_only = on")
        return tuple([await ask(session, query) for query in queries])


async def _look(session: AsyncConnection, address: DatabaseAddress, questions: Questions) -> DatabaseFacts:
    row = await (await session.execute("select current_setting('server_version'), pg_is_in_recovery()")).fetchone()
    schema, schema_cause = None, None
    try:
        schema = await read_schema(session, questions.schemas)
    except psycopg.Error as error:
        schema_cause = said(error)
    wanted = questions.tables or dict.fromkeys(await _all_tables(session))
    return DatabaseFacts(
        database=address.database,
        server_version=str(row[0]) if row else None,
        in_recovery=bool(row[1]) if row else None,
        tables_schema=schema,
        schema_cause=schema_cause,
        tables=tuple([await _count(session, table, column) for table, column in wanted.items()]),
    )


async def _all_tables(session: AsyncConnection) -> list[str]:
    return [f"{schema}.{name}" for schema, name in await (await session.execute(_ALL_TABLES)).fetchall()]


async def _count(session: AsyncConnection, table: str, column: str | None) -> TableFacts:
    schema, _, name = table.partition(".")
    newest = sql.SQL("max({})").format(sql.Identifier(column)) if column else sql.SQL("null")
    query = sql.SQL("select count(*), {} from {}").format(newest, sql.Identifier(schema, name))
    try:
        row = await (await session.execute(query)).fetchone()
    except psycopg.Error as error:
        return TableFacts(table=table, cause=said(error))
    rows, value = row or (0, None)
    if value is not None and not isinstance(value, date):
        return TableFacts(table=table, rows=rows, cause=f"its column {column} holds no times")
    return TableFacts(table=table, rows=rows, newest=_instant(value) if value else None)


def _instant(value: date) -> datetime:
    """A time without a zone counts as UTC, a date as its midnight."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
