"""Read-only sessions for single questions, with a limit on each: PostgreSQL, MySQL, MariaDB and SQLite."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote

from checks.errors import CollectionError
from tasks.collectors.sources import DatabaseAccess
from tasks.comparison.errors import ConnectionLostError, RequestError, TimeLimitError
from tasks.comparison.files.paths import stamp_of
from tasks.comparison.mysql.session import Session as MysqlServer
from tasks.comparison.mysql.session import reached
from tasks.comparison.opening import dialect_of
from tasks.comparison.postgres.session import Session as PostgresServer
from tasks.comparison.sides.sqlite import path_of, translated

Values = Sequence[Any]
_STEPS = 10_000
"""SQLite's virtual machine is asked after so many instructions whether its time is over."""


class SqlSession(Protocol):
    """One session in one read-only transaction; what goes wrong is told as comparison's errors."""

    dialect: str

    def ask(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; parameters stand in it as the dialect writes them."""
        ...

    def renew(self) -> None:
        """Leaves a transaction that an error has broken, and begins another."""
        ...

    def close(self) -> None:
        """Ends the session."""
        ...


def open_session(access: DatabaseAccess) -> SqlSession:
    """A session at a database source; a server that does not answer raises `ConnectionLostError`."""
    try:
        dialect = dialect_of(access.url)
    except RequestError as error:
        raise CollectionError(f"sources.{access.name}: {error}") from None
    match dialect:
        case "postgresql":
            return PostgresSession(access)
        case "mysql":
            return MysqlSession(access)
        case "sqlite":
            return SqliteSession(access)
    raise CollectionError(f"sources.{access.name} is no database that answers queries")


class PostgresSession:
    """A repeatable read, read only transaction; parameters are `$1`."""

    dialect = "postgresql"

    def __init__(self, access: DatabaseAccess) -> None:
        scheme, _, rest = access.url.partition("://")
        address = f"{scheme.partition('+')[0]}://{rest}"
        self._server = PostgresServer(address, access.name, seconds=access.statement_timeout)

    def ask(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        return self._server.all(query, list(values) or None)

    def renew(self) -> None:
        self._server.renew()

    def close(self) -> None:
        self._server.close()


class MysqlSession:
    """A read only transaction with a consistent snapshot; parameters are `%s`."""

    dialect = "mysql"

    def __init__(self, access: DatabaseAccess) -> None:
        self._server = MysqlServer(reached(access.url), access.name, seconds=access.statement_timeout)

    def ask(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        return self._server.all(query, list(values) or None)

    def renew(self) -> None:
        self._server.renew()

    def close(self) -> None:
        self._server.close()


class SqliteSession:
    """A file opened for reading alone, in one transaction; parameters are `?`."""

    dialect = "sqlite"

    def __init__(self, access: DatabaseAccess) -> None:
        path = path_of(access.url)
        self._name, self._seconds, self._ends = access.name, access.statement_timeout, 0.0
        stamp_of(path)
        with translated(access.name):
            self._file = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
            self._file.set_progress_handler(lambda: int(time.monotonic() > self._ends), _STEPS)
            self._begin()

    def ask(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        self._ends = time.monotonic() + self._seconds
        try:
            with translated(self._name):
                return self._file.execute(query, values).fetchall()
        except ConnectionLostError as error:
            if time.monotonic() < self._ends:
                raise
            raise TimeLimitError(f"{self._name}: the query took longer than {self._seconds:g} s") from error

    def renew(self) -> None:
        self._file.rollback()
        self._begin()

    def close(self) -> None:
        self._file.close()

    def _begin(self) -> None:
        self._ends = time.monotonic() + self._seconds
        self._file.execute("begin")
        self._file.execute("select count(*) from sqlite_master").fetchone()
