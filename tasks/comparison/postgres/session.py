"""One session with a PostgreSQL server: a snapshot that nobody else's writes change, and errors by what they mean."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from checks.database_urls import UNREADABLE
from tasks.comparison.errors import ConnectionLostError, RequestError, SideError, SidePermissionError, TimeLimitError
from tasks.comparison.postgres.pinning import pinned
from tasks.comparison.result import Query

CONNECT_SECONDS = 10
CANCEL_SECONDS = 5.0
TEXTS = {
    "timezone": "UTC",
    "datestyle": "ISO,MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
"""What decides how values are written, whatever a database or a role would have instead."""
_SETTINGS = " ".join(f"-c {name}={value}" for name, value in TEXTS.items())
_SETTINGS += " -c cursor_tuple_fraction=1 -c synchronize_seqscans=off -c client_encoding=UTF8"


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns the driver's errors into ours; `name` says where they happened."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise SidePermissionError(
            f"{name}: {_line(error)}; grant it to this role, or leave out what it may not read"
        ) from error
    except errors.QueryCanceled as error:
        raise TimeLimitError(f"{name}: {_line(error)}") from error
    except errors.SyntaxError as error:
        raise RequestError(f"{name}: {_line(error)}") from error
    except psycopg.OperationalError as error:
        raise ConnectionLostError(f"{name}: {_line(error)}") from error
    except psycopg.Error as error:
        raise SideError(f"{name}: {_line(error)}") from error


@contextmanager
def written(name: str) -> Iterator[None]:
    """Says that what is wrong is the request, where the server only reads what a person wrote and no row."""
    try:
        yield
    except errors.InsufficientPrivilege:
        raise
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        raise RequestError(f"{name}: {_line(error)}") from error


def _line(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).strip().partition("\n")[0]


def _told(address: str, name: str) -> dict[str, str]:
    """What an address says; of one that libpq cannot read nothing is told, for it quotes passwords."""
    try:
        told = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise RequestError(f"{name}: {UNREADABLE}") from None
    return {key: str(value) for key, value in told.items() if value is not None}


class Session:
    """A connection in one repeatable read, read only transaction.

    `seconds` limits every statement on the server. Every query is counted under a label. `address` is what it was
    connected by, with the IP addresses that were looked at; it may hold a password.
    """

    def __init__(self, address: str, name: str, *, seconds: float | None = None, snapshot: str | None = None) -> None:
        self.name = name
        self._queries: dict[str, list[Any]] = {}
        told = _told(address, name)
        limit = f" -c statement_timeout={max(1, int(seconds * 1000))}" if seconds is not None else ""
        with translated(name):
            self.address = make_conninfo(**pinned(told))
            self.connection = psycopg.connect(
                self.address,
                options=f"{told.get('options', '')} {_SETTINGS}{limit}",
                connect_timeout=CONNECT_SECONDS,
                application_name="readiness compare",
                autocommit=True,
                cursor_factory=psycopg.RawCursor,  # "$1": an expression of the user may hold a percent sign
            )
            self._notice_a_lost_client()
            self.begin(snapshot)

    def _notice_a_lost_client(self) -> None:
        """Has the server end a query whose client is gone, however it died; most servers from version 14 on can."""
        with suppress(psycopg.errors.InvalidParameterValue):
            self.connection.execute(
                "select set_config(name, '5s', false) from pg_settings where name = 'client_connection_check_interval'"
            )

    def begin(self, snapshot: str | None = None) -> None:
        """Takes a snapshot: a new one, or one that another session exported."""
        with translated(self.name):
            self.connection.execute("begin isolation level repeatable read read only")
            if snapshot is not None:
                self.connection.execute(f"set transaction snapshot '{snapshot}'")

    def renew(self) -> None:
        """Leaves the snapshot and takes a new one."""
        with translated(self.name):
            self.connection.execute("rollback")
        self.begin()

    def one(self, query: str, parameters: Sequence[Any] | None = None, *, label: str = "") -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self.all(query, parameters, label=label)
        return row

    def all(self, query: str, parameters: Sequence[Any] | None = None, *, label: str = "") -> list[tuple[Any, ...]]:
        """All rows of a query."""
        began = time.monotonic()
        with translated(self.name):
            rows = self.connection.execute(query, parameters, binary=False).fetchall()
        self.note(label, query, time.monotonic() - began, len(rows))
        return rows

    def type_of(self, query: str) -> int:
        """The type of a query's only column, as the server's number for it."""
        with translated(self.name), written(self.name):
            columns = self.connection.execute(query).description or []
        return int(columns[0].type_code)

    def execute(self, statements: str) -> None:
        """Runs statements that give no rows."""
        with translated(self.name):
            self.connection.execute(statements)

    def note(self, label: str, query: str, seconds: float, rows: int) -> None:
        """Counts a query under its label; without one it is not evidence."""
        if label:
            noted = self._queries.setdefault(label, [query, 0, 0.0, 0])
            noted[1] += 1
            noted[2] += seconds
            noted[3] += rows

    def queries(self) -> tuple[Query, ...]:
        """What was asked so far, by label."""
        return tuple(
            Query(self.name, text, times, round(seconds, 6), rows)
            for text, times, seconds, rows in self._queries.values()
        )

    def cancel(self) -> None:
        """Ends the running statement on the server; from any thread."""
        with suppress(psycopg.Error):
            self.connection.cancel_safe(timeout=CANCEL_SECONDS)

    def close(self) -> None:
        """Ends a statement that still runs, and the session with it."""
        if self.connection.closed:
            return
        if self.connection.info.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
            self.cancel()
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
