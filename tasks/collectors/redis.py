"""Collects what a Redis says of itself and of the keys that a check names; it is asked nothing that changes it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from redis.asyncio import Redis
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, Scalar, json_bytes, rfc3339
from checks.kinds.redis import RedisCheck, RedisRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.link_local import connected
from tasks.collectors.sources import DatabaseAccess, Sources

_INFO, _CONFIG = "info.txt", "config.json"
_ADDRESSES = ("redis://", "rediss://", "unix://")
_LENGTHS = {"list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN"}
_LONGEST_WAIT = 10.0


class RedisCollector:
    """Asks INFO, CONFIG GET, and of each key its type and length; a server that does not answer is an observation."""

    kind: ClassVar[str] = "redis"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now

    async def collect(self, check: RedisCheck) -> Evidence:
        access = self._sources.database(check.database)
        if not access.url.startswith(_ADDRESSES):
            raise CollectionError(f"sources.{access.name} is no Redis; write redis://host:port/number")
        watch = Stopwatch(check, self._now)
        captures = await self._asked(check, access)
        asked = ["INFO", "CONFIG GET appendfsync", *(f"TYPE and length of {key}" for key in check.keys)]
        return watch.evidence(
            self.rows_from(check, captures), captures, source=check.database, request="\n".join(asked)
        )

    @staticmethod
    def rows_from(check: RedisCheck, captures: Sequence[RawCapture]) -> tuple[RedisRow, ...]:
        """A row for the server and one for each key; nothing but the captures is needed to make them again."""
        by_item = {capture.item: capture for capture in captures}
        info, config = by_item[_INFO], by_item[_CONFIG]
        rows = [_server_row(check.database, info, json.loads(config.body))]
        for number, (key, subject) in enumerate(zip(check.keys, check.subjects[1:], strict=True), start=1):
            capture = by_item[item_name(number, key)]
            rows.append(_key_row(subject, capture, json.loads(capture.body)))
        return tuple(rows)

    async def aclose(self) -> None:
        """Nothing is held open between two checks."""

    async def _asked(self, check: RedisCheck, access: DatabaseAccess) -> tuple[RawCapture, ...]:
        at: dict[str, Scalar] = {"read_at": rfc3339(self._now())}
        seconds = min(access.statement_timeout, _LONGEST_WAIT)
        client = Redis.from_url(
            access.url, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0), protocol=2
        )
        pool = client.connection_pool
        pool.connection_class = _LOOKING.get(pool.connection_class, pool.connection_class)
        try:
            info, config = await _info(client), await _config(client)
            found = [await _key(client, key) for key in check.keys]
        except (RedisError, OSError, TimeoutError) as error:
            problem = printable(" ".join(str(error).split()) or type(error).__name__, 300)
            info, config = b"", {}
            found = [{"problem": problem} for _ in check.keys]
            at["problem"] = problem
        finally:
            await client.aclose()
        server: dict[str, Scalar] = {"subject": check.database, **at}
        keys = [
            RawCapture(item_name(number, key), json_bytes(told), {"subject": subject, **at})
            for number, (key, subject, told) in enumerate(
                zip(check.keys, check.subjects[1:], found, strict=True), start=1
            )
        ]
        return (RawCapture(_INFO, info, server), RawCapture(_CONFIG, json_bytes(config), server), *keys)


class _Looking(Connection):
    """A connection to the very address that was looked at; its certificate is still that of the name."""

    async def _connect(self) -> None:
        seconds = self.socket_connect_timeout
        self._door = await asyncio.to_thread(connected, self.host, self.port, seconds=seconds)
        await super()._connect()  # type: ignore[no-untyped-call] # the library leaves this one without types

    def _connection_arguments(self) -> dict[str, Any]:
        told = {**super()._connection_arguments(), "sock": self._door, "host": None, "port": None}
        return told | ({"server_hostname": self.host} if told.get("ssl") else {})


class _LookingOverTls(_Looking, SSLConnection):
    """The same over TLS."""


_LOOKING: dict[Any, Any] = {Connection: _Looking, SSLConnection: _LookingOverTls}


async def _info(client: Any) -> bytes:
    """The server's own text, byte for byte."""
    client.set_response_callback("INFO", lambda reply, **_: reply)
    reply = await client.execute_command("INFO", "all")
    return reply if isinstance(reply, bytes) else str(reply).encode()


async def _config(client: Any) -> dict[str, Any]:
    """The one setting that INFO leaves out; managed servers refuse to tell it."""
    try:
        told = await client.config_get("appendfsync")
    except ResponseError as error:
        return {"refused": printable(str(error), 300)}
    return {"appendfsync": next(iter(told.values()), None)}


async def _key(client: Any, key: str) -> dict[str, Any]:
    """A key's type, its length, and of a stream its ends and its groups."""
    kind = _text(await client.type(key))
    if kind not in _LENGTHS:
        return {"type": kind}
    told: dict[str, Any] = {"type": kind, "length": int(await client.execute_command(_LENGTHS[kind], key))}
    if kind == "stream":
        ends = await asyncio.gather(client.xrange(key, count=1), client.xrevrange(key, count=1))
        told["oldest"], told["newest"] = (_text(entries[0][0]) if entries else None for entries in ends)
        groups = await client.xinfo_groups(key)
        told |= {"groups": len(groups), "pending": sum(int(group["pending"]) for group in groups)}
    return told


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _server_row(subject: str, capture: RawCapture, config: Mapping[str, Any]) -> RedisRow:
    meta: Any = capture.meta
    about: dict[str, Any] = {"subject": subject, "part": "server", "read_at": meta["read_at"]}
    if meta.get("problem"):
        return RedisRow(**about, problem=meta["problem"])
    said = _fields(capture.body.decode(errors="replace"))
    refused = config.get("refused")
    return RedisRow(
        **about,
        version=said.get("valkey_version") or said.get("redis_version"),
        loading=_truth(said.get("loading")),
        appendonly=_truth(said.get("aof_enabled")),
        fsync=config.get("appendfsync"),
        config_cause=f"CONFIG GET is refused: {refused}" if refused else None,
        append_good=_is_ok(said.get("aof_last_write_status")),
        save_good=_is_ok(said.get("rdb_last_bgsave_status")),
        saved_at=_instant(said.get("rdb_last_save_time"), scale=1),
        used_bytes=_number(said.get("used_memory")),
        most_bytes=_number(said.get("maxmemory")),
        policy=said.get("maxmemory_policy"),
    )


def _key_row(subject: str, capture: RawCapture, told: Mapping[str, Any]) -> RedisRow:
    meta: Any = capture.meta
    return RedisRow(
        subject=subject,
        part="key",
        read_at=meta["read_at"],
        problem=told.get("problem"),
        type=told.get("type"),
        length=told.get("length"),
        newest_at=_instant(_milliseconds(told.get("newest")), scale=1000),
        oldest_at=_instant(_milliseconds(told.get("oldest")), scale=1000),
        groups=told.get("groups"),
        pending=told.get("pending"),
    )


def _fields(info: str) -> dict[str, str]:
    """The lines of INFO by name; sections and modules are left alone."""
    pairs = (line.partition(":") for line in info.splitlines() if line and not line.startswith("#"))
    return {name: value.strip() for name, colon, value in pairs if colon}


def _milliseconds(entry: str | None) -> str | None:
    """The time in a stream entry's id; ids that somebody chose are no times, and come out as long ago."""
    return entry.partition("-")[0] if entry else None


def _instant(said: str | None, *, scale: int) -> datetime | None:
    number = _number(said)
    try:
        return datetime.fromtimestamp(number / scale, UTC) if number is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def _number(said: str | None) -> int | None:
    return int(said) if said is not None and said.isascii() and said.isdigit() else None


def _truth(said: str | None) -> bool | None:
    return said == "1" if said in ("0", "1") else None


def _is_ok(said: str | None) -> bool | None:
    return said == "ok" if said is not None else None
