"""The service's connection to the ledger's database: opened when first needed, opened again when it broke."""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

_CONNECT_SECONDS = 2


class LedgerConnection:
    """One connection, used by one request at a time. Every failure closes it, so that the next use starts afresh."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[DictRow] | None = None

    @property
    def open_connections(self) -> int:
        """How many connections are open now: none or one."""
        return int(self._connection is not None and not self._connection.closed)

    def ping(self) -> float:
        """Seconds that a trivial query took; raises `psycopg.Error` when the database does not answer."""
        started = time.perf_counter()
        self.ask(lambda connection: connection.execute("select 1").fetchone())
        return time.perf_counter() - started

    def newest(self, tenant: str, limit: int) -> list[DictRow]:
        """The tenant's newest entries."""
        query = "select id, currency, amount::text, booked_at::text from entries where tenant = %s"
        ordered = f"{query} order by booked_at desc, id desc limit %s"
        found: list[DictRow] = self.ask(lambda connection: connection.execute(ordered, [tenant, limit]).fetchall())
        return found

    def note(self, key: str, tenant: str, body: str) -> bool:
        """Adds a note under its key; False where one lies there already, which then stays as it is."""
        statement = "insert into notes (key, tenant, body) values (%s, %s, %s) on conflict (key) do nothing"
        added: int = self.ask(lambda connection: connection.execute(statement, [key, tenant, body]).rowcount)
        return bool(added)

    def close(self) -> None:
        """Ends the session at the server."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def ask(self, question: Callable[[psycopg.Connection[DictRow]], Any]) -> Any:
        """What a question to the database comes to; one at a time."""
        with self._lock:
            if self._connection is None or self._connection.closed:
                options: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS, "application_name": "sandbox-service"}
                self._connection = psycopg.connect(self._url, autocommit=True, row_factory=dict_row, **options)
            try:
                return question(self._connection)
            except psycopg.Error:
                self._connection.close()
                raise
