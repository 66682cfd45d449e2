"""One session with a MySQL or MariaDB server: a consistent snapshot, and errors by what they mean."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from tasks.collectors.link_local import connected
from tasks.comparison.addresses import url_of
from tasks.comparison.errors import (
    ConnectionLostError,
    RequestError,
    SideError,
    SidePermissionError,
    TimeLimitError,
)
from tasks.comparison.result import Query

FETCH = 5_000
CONNECT_SECONDS = 10
"""How long a server may be silent until it can be asked something, and past the time limit of a query."""
_NO_CONNECTION = 2003
_PERMISSION = {1044, 1045, 1142, 1143, 1227, 1370, 1698}
_TIME_LIMIT = {1969, 3024, 1317}
_LOST = {2002, 2003, 2006, 2013, 1927, 1053}
_REQUEST = {1046, 1049, 1054, 1064, 1111, 1140, 1146, 1241, 1305, 1582, 3593, 4015, 4074, 4078}


def _short(text: str) -> str:
    """A time without zeros behind its fraction; a date that is none, such as 0000-00-00, is compared by its text."""
    return text.rstrip("0").rstrip(".") if "." in text else text


_AS_TEXT = {**conversions} | dict.fromkeys((FIELD_TYPE.DATETIME, FIELD_TYPE.TIME), _short)
_AS_TEXT[FIELD_TYPE.DATE] = str
_AS_TEXT[FIELD_TYPE.TIMESTAMP] = lambda text: f"{_short(text)}+00"


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except pymysql.MySQLError as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        told = str(error.args[-1] if error.args else type(error).__name__)
        said = f"{name}: {' '.join(told.split())}"  # what it quotes may be of several lines
        for codes, meaning in (
            (_PERMISSION, SidePermissionError),
            (_TIME_LIMIT, TimeLimitError),
            (_LOST, ConnectionLostError),
            (_REQUEST, RequestError),
        ):
            if code in codes:
                raise meaning(said) from error
        raise SideError(said) from error
    except UnicodeDecodeError as error:
        raise SideError(f"{name}: text that is not UTF-8") from error


def reached(address: str) -> dict[str, Any]:
    """How the driver reaches the server and database of a URL, also SQLAlchemy's with a driver in the scheme."""
    url = url_of(address)
    (host, port), *others = url.hosts
    if others:
        raise RequestError("a MySQL address names one host")
    return {
        "host": host or "127.0.0.1",
        "port": port or 3306,
        "user": url.user or "root",
        "password": url.password or "",
        "database": url.path.lstrip("/") or None,
    }


class Session:
    """A connection in one read only transaction with a consistent snapshot, in UTC.

    `seconds` limits every query on the server. Streamed queries are counted under a label.
    """

    def __init__(self, reached: dict[str, Any], name: str, *, seconds: float | None = None) -> None:
        self.name = name
        self._reached = reached
        self._seconds = seconds
        self._queries: dict[str, list[Any]] = {}
        with translated(name):
            self.connection = self._connected()
        try:
            self._prepare(seconds)
        except BaseException:
            self.close()
            raise
        self.connection._read_timeout = None if seconds is None else seconds + CONNECT_SECONDS

    def _connected(self) -> Any:
        connection = pymysql.connect(
            **self._reached,
            charset="utf8mb4",
            conv=_AS_TEXT,
            autocommit=True,
            program_name="readiness compare",
            read_timeout=CONNECT_SECONDS,
            defer_connect=True,
        )
        try:
            door = connected(connection.host, connection.port, seconds=CONNECT_SECONDS)
        except OSError as error:
            said = f"Can't connect to MySQL server on {connection.host!r} ({error})"
            raise pymysql.OperationalError(_NO_CONNECTION, said) from error
        door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.connect(door)
        return connection

    def _prepare(self, seconds: float | None) -> None:
        self.version = str(self.one("select version()")[0])
        self.run("set session time_zone = '+00:00'")
        # A read only transaction alone lets statements through that end it first: create, drop, grant.
        self.run("set session transaction read only")
        if seconds is not None and "MariaDB" in self.version:
            self.run(f"set session max_statement_time = {max(seconds, 0.001)}")
        elif seconds is not None:
            self.run(f"set session max_execution_time = {max(1, int(seconds * 1000))}")
        self.begin()

    def begin(self) -> None:
        """Takes a snapshot."""
        self.run("set transaction isolation level repeatable read")
        self.run("start transaction with consistent snapshot, read only")

    def renew(self) -> None:
        """Leaves the snapshot and takes a new one."""
        self.run("rollback")
        self.begin()

    def queries(self) -> tuple[Query, ...]:
        """What was asked so far."""
        noted = self._queries.values()
        return tuple(Query(self.name, text, times, round(took, 6), rows) for text, times, took, rows in noted)

    def cancel(self) -> None:
        """Ends the running query, through a second connection."""
        with suppress(pymysql.MySQLError, OSError):
            second = self._connected()
            try:
                with second.cursor() as cursor:
                    cursor.execute(f"kill query {self.connection.thread_id()}")
            finally:
                second.close()

    def close(self) -> None:
        """Ends the session, and with it whatever still runs."""
        if self.connection.open:
            if getattr(self.connection, "_result", None) is not None and self.connection._result.unbuffered_active:
                self.cancel()
            self.connection._force_close()  # `close` would first read every row that is left
            if getattr(self.connection, "_result", None) is not None:
                self.connection._result.unbuffered_active = False  # nobody looks for them when it is forgotten

    def one(self, query: str, values: Sequence[Any] | None = None) -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self.all(query, values)
        return row

    def all(self, query: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a query.

        Some functions answer something where the server ended them (`sleep`, `benchmark`): that is no answer.
        """
        began = time.monotonic()
        with translated(self.name), self.connection.cursor() as cursor:
            cursor.execute(query, values)
            rows = list(cursor.fetchall())
        if self._seconds is not None and time.monotonic() - began >= self._seconds:
            raise TimeLimitError(f"{self.name}: the query took longer than {self._seconds:g} s")
        return rows

    def run(self, statement: str) -> None:
        """Runs a statement without rows."""
        with translated(self.name), self.connection.cursor() as cursor:
            cursor.execute(statement)

    def stream(self, query: str, values: Sequence[Any], *, label: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, never all in memory."""
        began, read = time.monotonic(), 0
        with translated(self.name):
            cursor = self.connection.cursor(SSCursor)
            try:
                cursor.execute(query, values or None)
                while rows := cursor.fetchmany(FETCH):
                    read += len(rows)
                    yield from rows
            finally:
                self._leave(cursor)
        noted = self._queries.setdefault(label, [query, 0, 0.0, 0])
        noted[1] += 1
        noted[2] += time.monotonic() - began
        noted[3] += read

    def _leave(self, cursor: Any) -> None:
        """Lets go of a streamed result: one that is not at its end is ended on the server, not read to its end.

        Nothing that goes wrong here says more than what made its reader stop.
        """
        result = cursor._result
        if result is not None and result.unbuffered_active:
            with suppress(pymysql.MySQLError):
                if self.connection.open:
                    self.cancel()
                    result._finish_unbuffered_query()
            result.unbuffered_active = False
        cursor.close()
