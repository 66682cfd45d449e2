"""The dialect's INSERT, which knows ON CONFLICT."""

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection) -> type[sqlite.Insert] | type[postgresql.Insert]:
    """Makes statements that may leave alone what is there."""
    return postgresql.Insert if connection.dialect.name == "postgresql" else sqlite.Insert
