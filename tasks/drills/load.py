"""Load while a drill goes on: readers that ask without pause, writers that repeat themselves, one idle connection."""

import asyncio
import json
import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, cycle
from urllib.parse import urlsplit

from checks.evidence.records import Record
from checks.kinds.restart import Load, Writes
from checks.places import Place
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.http_exchange import Exchange
from tasks.collectors.link_local import connected
from tasks.collectors.sources import HttpAccess, Sources

_PAUSE_AFTER_REFUSAL = 0.02
_MOST_UNSENT = 200
_IDLE_SECONDS = 10
"""For making the connection that is then kept open, and for its one answer."""
SETTLED_SECONDS = 0.05
"""A connection that stands for so long is one that the service has taken, not only the kernel."""
_LOOK_SECONDS = 0.01
_APART_SECONDS = 0.03
"""Workers start one after the other: in step, all of them would be between two requests at the same moment."""


class Request(Record):
    """One request of the load; `accepted` is when its connection stood, `None` where nobody listened."""

    place: str
    began: float
    seconds: float
    accepted: float | None = None
    http: int | None = None
    no_answer: str | None = None
    key: str | None = None

    @property
    def answered(self) -> bool:
        """A whole answer that is none of the server's own errors."""
        return self.no_answer is None and self.http is not None and self.http < 500


@dataclass(slots=True)
class Traffic:
    """Sends requests until it is stopped, and keeps a note of each."""

    sources: Sources
    http: HttpClient
    elapsed: Callable[[], float]
    requests: list[Request] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    _workers: list[asyncio.Task[None]] = field(default_factory=list)
    _began: dict[asyncio.Task[None] | None, float] = field(default_factory=dict)
    _unsettled: set[str] = field(default_factory=set)

    def start(self, load: Load, writes: Writes | None) -> None:
        """Starts every worker, and one writer beside them."""
        places = cycle(load.requests)
        self._workers = [
            asyncio.create_task(self._read(next(places), after=number * _APART_SECONDS))
            for number in range(load.workers)
        ]
        if writes:
            self._workers.append(asyncio.create_task(self._write(writes)))

    async def in_flight(self, number: int, *, within: float) -> bool:
        """Waits until the service has taken so many requests and not yet answered; whether it came to that in time."""
        ends = self.elapsed() + within
        while sum(self.elapsed() - began > 2 * SETTLED_SECONDS for began in self._began.values()) < number:
            if self.elapsed() >= ends:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True

    async def settle(self, writes: Writes | None, *, seconds: float) -> None:
        """Ends the load, then repeats every write once more: no key may count twice."""
        await self.stop()
        if writes:
            keys = list(dict.fromkeys(request.key for request in self.requests if request.key))
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    for key in keys:
                        await self._post(writes, key)

    async def stop(self) -> None:
        """Ends the load; requests under way are broken off and leave no note."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers.clear()

    async def _read(self, place: Place, *, after: float) -> None:
        await asyncio.sleep(after)
        while True:
            await self._pace(await self._send(place, Asking()))

    async def _write(self, writes: Writes) -> None:
        """A new key each time; one that was not acknowledged is sent again until it is."""
        for key in self._keys():
            while not (request := await self._post(writes, key)).answered:
                await self._pace(request)

    def _keys(self) -> Iterator[str]:
        return (f"{self.run}-{number}" for number in count(1))

    async def _post(self, writes: Writes, key: str) -> Request:
        body = json.dumps(writes.send).encode()
        return await self._send(writes.post, Asking("POST", body=body, headers={writes.key_header: key}), key)

    async def _send(self, place: Place, asking: Asking, key: str | None = None) -> Request:
        worker = asyncio.current_task()
        began = self._began[worker] = self.elapsed()
        try:
            exchange = await self.http.send(self.sources.http(place.source), place.path, asking)
        finally:
            del self._began[worker]
        request = Request(
            place=str(place),
            began=began,
            seconds=self.elapsed() - began,
            accepted=_accepted(began, exchange),
            http=exchange.status,
            no_answer=exchange.no_answer,
            key=key,
        )
        self.requests.append(request)
        return request

    async def _pace(self, request: Request) -> None:
        if request.accepted is None:
            await asyncio.sleep(_PAUSE_AFTER_REFUSAL)


def _accepted(began: float, exchange: Exchange) -> float | None:
    if exchange.connect_seconds is None:
        return None
    return began + (exchange.resolve_seconds or 0) + exchange.connect_seconds + (exchange.tls_seconds or 0)


class IdleConnection:
    """A connection that was used once and is kept open, as clients with a pool keep theirs.

    Many servers close one after some seconds on which nothing went on: that says nothing of how they end.
    """

    def __init__(self, access: HttpAccess, place: Place) -> None:
        self._address = urlsplit(access.address(place.path))
        self._may_be_link_local = access.link_local
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._closed: asyncio.Task[None] | None = None
        self.cause: str | None = None

    async def open(self) -> None:
        """Makes one request on it and reads the answer; `cause` says why that failed."""
        tls = ssl.create_default_context() if self._address.scheme == "https" else None
        port = self._address.port or (443 if tls else 80)
        host = self._address.hostname or ""
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                if self._may_be_link_local:
                    reader, writer = await asyncio.open_connection(host, port, ssl=tls)
                else:
                    door = await asyncio.to_thread(connected, host, port, seconds=_IDLE_SECONDS)
                    name = host if tls else None
                    reader, writer = await asyncio.open_connection(sock=door, ssl=tls, server_hostname=name)
                self._open = reader, writer
                writer.write(
                    f"GET {self._address.path or '/'} HTTP/1.1\r\nHost: {self._address.netloc}\r\n\r\n".encode()
                )
                await writer.drain()
                await reader.readuntil(b"\r\n\r\n")
                self._closed = asyncio.create_task(_until_closed(reader))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.cause = f"no connection could be kept open: {error or 'no answer'}"

    async def closed_within(self, seconds: float) -> bool | None:
        """Whether the server closes it from now on; `None` where it was never open, or is so no more."""
        if self._closed is None or self.cause:
            return None
        if self._closed.done():
            self.cause = "a connection on which nothing went on was closed before, so nothing is shown of it"
            return None
        done, _ = await asyncio.wait({self._closed}, timeout=seconds)
        if not done:
            self.cause = f"a connection on which nothing went on is still open after {seconds:g} s"
        return bool(done)

    async def close(self) -> None:
        if self._closed is not None:
            self._closed.cancel()
            await asyncio.wait({self._closed})
        if self._open is not None:
            self._open[1].close()


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """Waits until the other side closes; a reset closes too."""
    with suppress(OSError):
        while await reader.read(65_536):
            pass
