"""Restore targets: a database made for one rehearsal, on a declared server, and gone when that is over."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import AsyncConnection, sql

from checks.errors import CollectionError
from tasks.collectors.collector import Clock
from tasks.drills.connecting import DatabaseAddress, said
from tasks.drills.finishing import to_the_end

OURS = re.compile(r"readiness_restore_\d{8}t\d{6}z_[0-9a-f]{8}")
_LOCK_SPACE = 0x5265_6164  # the first half of every advisory lock that says "this rehearsal is alive"
_USER_OBJECTS = """
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
"""


class TargetError(CollectionError):
    """A restore target cannot be used: not declared isolated, not empty, too old, or it does not answer."""


@dataclass(frozen=True, slots=True)
class IsolatedDatabase:
    """A new, empty database; `removed` names those that killed rehearsals had left on the same server."""

    address: DatabaseAddress
    server_version: str
    removed: tuple[str, ...]


@dataclass(slots=True)
class Clearing:
    """Whether the isolated database is gone again, `None` until then; and what killed rehearsals had left."""

    gone: bool | None = None
    left: str | None = None
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerTarget:
    """A server declared as a restore target, on which a role may create databases.

    A rehearsal never restores into a database that it has not made itself a moment before.
    """

    address: DatabaseAddress
    isolated: bool
    now: Clock = field(repr=False)

    @asynccontextmanager
    async def database(self, clearing: Clearing) -> AsyncIterator[IsolatedDatabase]:
        """Makes the database and drops it however the rehearsal ends; `clearing` says whether that went well."""
        if not self.isolated:
            raise TargetError(f"{self.address.name} is not declared isolated, so nothing is restored into it")
        try:
            pinned = await self.address.pinned()
            keeper = await pinned.connect()
        except psycopg.Error as error:
            raise TargetError(f"{self.address.name} does not answer: {said(error)}") from error
        async with keeper:
            name = new_name(self.now())
            await _hold(keeper, name)
            removed = clearing.removed = await _remove_leftovers(keeper)
            try:
                await to_the_end(self._create(keeper, name))
                address = pinned.at(name)
                await _refuse_unless_empty(address)
                yield IsolatedDatabase(address, await _version(keeper), removed)
            finally:
                await to_the_end(self._drop(name, clearing))

    async def _create(self, keeper: AsyncConnection, name: str) -> None:
        """From `template0`, so that nothing a site adds to new databases gets in the way of the archive."""
        try:
            await keeper.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        except psycopg.Error as error:
            raise TargetError(f"{self.address.name}: no database can be created there: {said(error)}") from error

    async def _drop(self, name: str, clearing: Clearing) -> None:
        """Over a connection of its own: the one that made the database may be the one that broke."""
        try:
            async with await self.address.connect() as session:
                await _drop(session, name)
        except psycopg.Error as error:
            clearing.gone, clearing.left = False, f"{name} could not be dropped: {said(error)}"
        else:
            clearing.gone = True


def new_name(instant: datetime) -> str:
    """A name that says what it is and when it was made, so that a later run recognises it."""
    return f"readiness_restore_{instant:%Y%m%dt%H%M%Sz}_{secrets.token_hex(4)}"


async def _hold(keeper: AsyncConnection, name: str) -> None:
    """Takes the lock that lives as long as this session: who is killed loses it."""
    await keeper.execute("select pg_advisory_lock(%s, hashtext(%s))", [_LOCK_SPACE, name])


async def _remove_leftovers(keeper: AsyncConnection) -> tuple[str, ...]:
    """Drops databases of rehearsals that no longer live; locks are looked up in every database of the server."""
    query = """
        select datname from pg_database d where datname like 'readiness\\_restore\\_%%' and not exists (
            select from pg_locks where locktype = 'advisory' and objsubid = 2
            and classid = %s::bigint::oid and objid = (hashtext(d.datname)::bigint & 4294967295)::oid)
        """
    found = [str(row[0]) for row in await (await keeper.execute(query, [_LOCK_SPACE])).fetchall()]
    removed = []
    for name in filter(OURS.fullmatch, found):
        try:
            await _drop(keeper, name)
        except psycopg.errors.InsufficientPrivilege:
            continue  # another role's rehearsal left it; that role's next one removes it
        removed.append(name)
    return tuple(removed)


async def _drop(session: AsyncConnection, name: str) -> None:
    await session.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


async def _refuse_unless_empty(address: DatabaseAddress) -> None:
    """Looks before anything is restored, even though the database is new: the rule has no exceptions."""
    async with await address.connect() as session:
        row = await (await session.execute(_USER_OBJECTS)).fetchone()
    if row is None or row[0] != 0:
        raise TargetError(f"the database made on {address.name} is not empty, so nothing is restored into it")


async def _version(session: AsyncConnection) -> str:
    row = await (await session.execute("select current_setting('server_version')")).fetchone()
    return str(row[0]).split()[0] if row else ""
