"""How to reach a PostgreSQL database: for psycopg, and for its own programs without a password in arguments."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from checks.errors import CollectionError
from tasks.collectors.http_failures import NO_PORT
from tasks.comparison.postgres.pinning import pinned

_CONNECT_SECONDS = 15
_APPLICATION = "readiness-evidence"
_WORDS_OF_NO_PORT = "Cannot assign requested address"
_VARIABLES = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is and how to get in; what is shown of it never holds a password."""

    name: str
    parameters: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, name: str, url: str) -> "DatabaseAddress":
        """Reads a URL such as `postgresql://…` or `postgresql+psycopg://…`; anything else is no PostgreSQL."""
        if not re.match(r"postgres(ql)?(\+\w+)?://", url):
            raise CollectionError(f"sources.{name} is no PostgreSQL database; backups of pg_dump need one")
        try:
            told = conninfo_to_dict(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url))
        except psycopg.ProgrammingError as error:
            raise CollectionError(f"sources.{name}: unreadable address; write postgresql://host/database") from error
        return cls(name, {key: str(value) for key, value in told.items() if value is not None})

    @property
    def database(self) -> str:
        """The database's name; a URL without one means the one named like its user, as everywhere in PostgreSQL."""
        return self.parameters.get("dbname") or self.parameters.get("user") or "postgres"

    @property
    def url(self) -> str:
        """All of it in one URL, the password too: for libraries that take nothing else, and never to be shown."""
        others = {key: value for key, value in self.parameters.items() if key != "dbname"}
        return f"postgresql:///{quote(self.database, safe='')}?{urlencode(others)}"

    def at(self, database: str) -> "DatabaseAddress":
        """Another database of the same server, reached in the same way."""
        return DatabaseAddress(self.name, {**self.parameters, "dbname": database})

    def environment(self) -> dict[str, str]:
        """The variables by which PostgreSQL's programs find it; arguments are public, an environment is not."""
        known = {_VARIABLES[key]: value for key, value in self.parameters.items() if _VARIABLES.get(key)}
        named = {variable.decode(): value for variable, value in known.items() if variable}
        return {"PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS), "PGAPPNAME": _APPLICATION, **named}

    async def pinned(self) -> "DatabaseAddress":
        """The same with the IP addresses that its names lead to now, which were looked at: programs go there too."""
        return DatabaseAddress(self.name, await asyncio.to_thread(pinned, self.parameters))

    async def connect(self, *, seconds: float | None = None) -> psycopg.AsyncConnection:
        """A session in UTC, outside transactions; `seconds` bounds each statement on the server."""
        defaults = {"connect_timeout": str(_CONNECT_SECONDS), "application_name": _APPLICATION}
        where = make_conninfo(**{**defaults, **(await self.pinned()).parameters})
        async with AsyncExitStack() as stack:
            opening = await psycopg.AsyncConnection.connect(where, autocommit=True)
            session = await stack.enter_async_context(opening)
            await session.execute("select set_config('timezone', 'UTC', false)")
            if seconds is not None:
                await session.execute("select set_config('statement_timeout', %s, false)", [str(int(seconds * 1000))])
            stack.pop_all()
        return session


def said(error: psycopg.Error) -> str:
    """What a server or the way to it said, as one line."""
    if lacks_port(str(error)):
        return NO_PORT
    return " ".join(str(error).split()) or type(error).__name__


def lacks_port(text: str) -> bool:
    """Whether a client says that it had no port to connect from, which tells nothing about the server."""
    return _WORDS_OF_NO_PORT in text
