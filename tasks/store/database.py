"""Opens the store's database: the engine for a URL, its settings, and its errors in one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from checks.errors import StoreError

_BUSY_SECONDS = 30
_READING_SECONDS = 10  # a reader is somebody who asks again soon
_CACHE_KIB = 32 * 1024  # a page of the index for each of some thousand series, so that a walk back reads each once
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def parse_url(text: str) -> URL:
    """The address of a store; what does not parse is not quoted, since a password may stand in it."""
    try:
        url = make_url(text)
        driver = _DRIVERS.get(url.drivername)
    except (ArgumentError, ValueError):
        url, driver = None, None
    if url is None or driver is None or "@" in (url.host or ""):
        raise StoreError("the store's address is no sqlite:/// or postgresql:// URL; write sqlite:///var/readiness.db")
    if driver.startswith("sqlite") and url.database in (None, "", ":memory:"):
        raise StoreError(
            "the store's address names no file, and evidence in memory is lost; write sqlite:///var/readiness.db"
        )
    return url.set(drivername=driver)


def place_of(url: URL) -> str:
    """Where a store is, for messages: without user, password and options."""
    if url.drivername.startswith("sqlite"):
        return f"evidence store {url.database}"
    port = f":{url.port}" if url.port else ""
    return f"evidence store postgresql://{url.host or ''}{port}/{url.database or ''}"


def file_of(url: URL) -> Path | None:
    """The file of a SQLite store; `None` for others, and for `file:` addresses, which SQLite resolves itself."""
    if not url.drivername.startswith("sqlite") or url.database is None or url.database.startswith("file:"):
        return None
    return Path(url.database)


@contextmanager
def clear_errors(url: URL) -> Iterator[None]:
    """Turns whatever the database refuses into a `StoreError` that says what, where and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{place_of(url)}: {_reason(error, url)}; {_remedy(url)}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{place_of(url)}: {type(error).__name__}; {_remedy(url)}") from error
    except OSError as error:
        raise StoreError(f"{place_of(url)}: {error.strerror or type(error).__name__}; {_remedy(url)}") from error


def _reason(error: DBAPIError, url: URL) -> str:
    """The driver's first line; it should hold no password, and holds none afterwards."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return lines[0].replace(url.password, "***") if url.password else lines[0]


def _remedy(url: URL) -> str:
    if url.drivername.startswith("sqlite"):
        return "check that the file and its folder exist, can be written and have room"
    return "check that the server runs and that the user may write to the database"


def create_store_engine(url: URL) -> Engine:
    """An engine whose transactions are explicit on both databases; `hide_parameters` keeps evidence out of errors."""
    sqlite = url.drivername.startswith("sqlite")
    arguments: dict[str, Any] = {"timeout": _BUSY_SECONDS} if sqlite else {"connect_timeout": 10}
    if not sqlite and "connect_timeout" in url.query:
        arguments = {}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, pool_pre_ping=not sqlite)
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def create_reading_engine(url: URL) -> Engine:
    """An engine that cannot write, whatever it is asked, and does not wait long."""
    if not url.drivername.startswith("sqlite"):
        engine = create_store_engine(url)
        event.listen(engine, "connect", _only_read_postgresql)
        return engine
    path = file_of(url)
    database = url.database if path is None else f"file:{quote(str(path))}"
    engine = create_store_engine(url.set(database=database, query={**url.query, "mode": "ro", "uri": "true"}))
    event.listen(engine, "connect", _only_read_sqlite)
    return engine


def writing(engine: Engine) -> Engine:
    """The engine whose transactions take SQLite's write lock when they begin, so that none fails halfway."""
    return engine.execution_options(writing=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin below, not where pysqlite guesses
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE would slip past the triggers


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute("SET jit = off")  # compiling costs more than any question here
    connection.commit()


def _only_read_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA busy_timeout = {_READING_SECONDS * 1000}")


def _only_read_postgresql(connection: Any, _record: object) -> None:
    connection.execute("SET default_transaction_read_only = on")
    connection.execute(f"SET statement_timeout = '{_READING_SECONDS}s'")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    locking = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if locking else "BEGIN")
