"""Inserting: the dialect's INSERT, which knows ON CONFLICT, and many rows at once."""

from collections.abc import Iterable
from itertools import islice

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

_AT_ONCE = 1_000
"""Rows that are held as parameters; more at once are no quicker."""


def insert_new(connection: Connection) -> type[sqlite.Insert] | type[postgresql.Insert]:
    """Makes statements that may leave alone what is there."""
    return postgresql.Insert if connection.dialect.name == "postgresql" else sqlite.Insert


def insert_all(connection: Connection, table: Table, rows: Iterable[dict[str, object]]) -> None:
    """Adds rows, made one after the other as they are wanted."""
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        connection.execute(insert(table), some)
