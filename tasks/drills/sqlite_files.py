"""Reads SQLite database files: what the header says, what SQLite's own checks find, and what the tables hold."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from checks.evidence.records import Record
from tasks.drills.archives import ArchiveHeader, UnreadableHeaderError
from tasks.drills.backup_folder import SQLITE_LOGS
from tasks.drills.inspecting import Answer, DatabaseFacts, Questions, TableFacts
from tasks.drills.schema import Schema

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_LARGEST_PAGE = 65_536
_SHOWN_ROWS, _SHOWN_CHARACTERS, _COMPLAINTS = 20, 200, 20
_STEPS = 10_000
_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973
T = TypeVar("T")


class SqliteFacts(Record):
    """What a database file showed of itself; `cause` says why SQLite could not read it to the end.

    `complaints` are those of the integrity check, `foreign_keys` the tables with rows that refer to missing ones.
    """

    application_id: int
    user_version: int
    log_bytes: int
    cause: str | None = None
    complaints: tuple[str, ...] = ()
    foreign_keys: tuple[str, ...] = ()
    broken_keys: int = 0
    tables: tuple[str, ...] = ()


def read_sqlite_header(path: Path) -> ArchiveHeader:
    """The header as the file format lays it out (section 1.3); one that is cut off is told by its page count."""
    if path.is_dir():
        raise UnreadableHeaderError("it is a folder and no SQLite file")
    head = _head(path)
    if not head:
        raise UnreadableHeaderError("the file is empty")
    if not head.startswith(_MAGIC) or len(head) < _HEADER:
        raise UnreadableHeaderError("it is no SQLite file, or ends within its header")
    page = int.from_bytes(head[16:18], "big")
    owed = (_LARGEST_PAGE if page == 1 else page) * int.from_bytes(head[28:32], "big")
    # Before version 3.7.0 nobody kept the page count; it counts where the change counter says that it was kept.
    kept = head[24:28] == head[92:96]
    if kept and path.stat().st_size < owed:
        raise UnreadableHeaderError(f"it is truncated: {path.stat().st_size} bytes of {owed}")
    return ArchiveHeader("SQLite")


def log_bytes(path: Path) -> int:
    """Bytes of the logs that lie beside a database file."""
    beside = (path.with_name(path.name + ending) for ending in SQLITE_LOGS)
    return sum(log.stat().st_size for log in beside if log.is_file())


async def examine(path: Path, *, seconds: float) -> SqliteFacts:
    """Everything that can be told of a file where it lies, without writing a byte; stopped after so long."""
    return await _in_thread(lambda stop: _examine(path, stop), seconds)


async def inspect_sqlite(path: Path, questions: Questions) -> DatabaseFacts:
    """The schema and the rows of a database that may be in use; what it refuses is written down, not raised."""
    return await _in_thread(lambda stop: _inspect(path, questions, stop), questions.seconds)


async def ask_sqlite(path: Path, queries: tuple[str, ...], *, seconds: float) -> tuple[Answer, ...]:
    """The answers to several queries, all together within so long."""
    return await _in_thread(lambda stop: _ask_all(path, queries, stop), seconds)


async def _in_thread(work: Callable[[Callable[[], bool]], T], seconds: float) -> T:
    """Runs what asks now and then whether to stop: after so long, or when the caller is cancelled."""
    left, deadline = threading.Event(), time.monotonic() + seconds
    try:
        return await asyncio.to_thread(work, lambda: left.is_set() or time.monotonic() > deadline)
    finally:
        left.set()


@contextmanager
def _opened(path: Path, how: str, stop: Callable[[], bool]) -> Iterator[sqlite3.Connection]:
    """A session that only reads and that `stop` interrupts."""
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as session:
        session.set_progress_handler(stop, _STEPS)
        session.execute("pragma trusted_schema = off")
        session.execute("pragma query_only = on")
        yield session


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER)


def _examine(path: Path, stop: Callable[[], bool]) -> SqliteFacts:
    head = _head(path)
    facts = SqliteFacts(
        application_id=int.from_bytes(head[68:72], "big", signed=True),
        user_version=int.from_bytes(head[60:64], "big", signed=True),
        log_bytes=log_bytes(path),
    )
    try:
        # Immutable: SQLite neither locks the file nor looks at a log beside it, so nothing is written there.
        with _opened(path, "mode=ro&immutable=1", stop) as session:
            found = [str(row[0]) for row in session.execute(f"pragma integrity_check({_COMPLAINTS})")]
            broken = [str(row[0]) for row in session.execute("pragma foreign_key_check")]
            tables = session.execute("select name from sqlite_schema where type = 'table' order by name").fetchall()
    except sqlite3.Error as error:
        return facts.model_copy(update={"cause": _said(error)})
    return facts.model_copy(
        update={
            "complaints": tuple(found) if found != ["ok"] else (),
            "broken_keys": len(broken),
            "foreign_keys": tuple(dict.fromkeys(broken)),
            "tables": tuple(f"main.{row[0]}" for row in tables),
        }
    )


def _inspect(path: Path, questions: Questions, stop: Callable[[], bool]) -> DatabaseFacts:
    try:
        with _opened(path, "mode=ro", stop) as session:
            rows = session.execute("select type, tbl_name, sql from sqlite_schema where sql is not null").fetchall()
            lines = sorted(f"{kind} main.{table} {' '.join(text.split())}" for kind, table, text in rows)
            named = [f"main.{table}" for kind, table, _ in rows if kind == "table"]
            wanted = questions.tables or dict.fromkeys(named)
            return DatabaseFacts(
                database=path.name,
                server_version=sqlite3.sqlite_version,
                tables_schema=Schema(lines=tuple(lines)),
                tables=tuple(_count(session, table, column) for table, column in wanted.items()),
            )
    except sqlite3.Error as error:
        return DatabaseFacts(database=path.name, cause=_said(error))


def _count(session: sqlite3.Connection, table: str, column: str | None) -> TableFacts:
    newest = f"max({_quoted(column)})" if column else "null"
    name = ".".join(_quoted(part) for part in table.split(".", 1))
    try:
        # A column that is not there would be a string literal in double quotes, and its own maximum.
        rows, value = session.execute(f"select count(*), {newest} from {name}").fetchone()  # noqa: S608 (quoted)
    except sqlite3.Error as error:
        return TableFacts(table=table, cause=_said(error))
    instant = _instant(value)
    if value is not None and instant is None:
        return TableFacts(table=table, rows=rows, cause=f"its column {column} holds no times")
    return TableFacts(table=table, rows=rows, newest=instant)


def _quoted(name: str) -> str:
    """A name in square brackets, which SQLite reads as nothing but a name."""
    if "]" in name:
        raise sqlite3.OperationalError(f"no table or column can be called {name}")
    return f"[{name}]"


def _instant(value: object) -> datetime | None:
    """SQLite has no type for times: ISO text (UTC where it has no zone), or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
        if isinstance(value, int | float) and isfinite(value):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _ask_all(path: Path, queries: tuple[str, ...], stop: Callable[[], bool]) -> tuple[Answer, ...]:
    try:
        with _opened(path, "mode=ro", stop) as session:
            return tuple(_ask(session, query) for query in queries)
    except sqlite3.Error as error:
        return tuple(Answer(query=query, cause=_said(error)) for query in queries)


def _ask(session: sqlite3.Connection, query: str) -> Answer:
    """One query's answer; its rows are counted as far as they are shown, and one more says that there are others."""
    began = time.monotonic()
    try:
        rows = session.execute(query).fetchmany(_SHOWN_ROWS)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return Answer(query=query, seconds=time.monotonic() - began, cause=_said(error))
    shown = tuple(tuple(None if value is None else str(value)[:_SHOWN_CHARACTERS] for value in row) for row in rows)
    return Answer(query=query, rows=len(rows), shown=shown, seconds=time.monotonic() - began)


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
