"""One request over a connection of its own: asyncio moves the bytes, h11 says what they mean.

A client with a pool costs three times as much for what evidence needs: one connection, one request, one answer.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator

import h11

from tasks.collectors.http_failures import BrokenOff, Closed, Doubtful

_LARGEST_HEAD = 100 * 1024
_MOST_INTERIM = 20
"""Interim answers (1xx) before the answer itself; nobody means more."""
_HANDSHAKE = 3600.0
"""Seconds for a TLS handshake, past every limit of an exchange: that limit is what ends it."""


class Connection(asyncio.Protocol):
    """Opened to one address, told one request, read to the end of its answer, and closed.

    What arrived before the connection broke is still read: an answer may come and the connection be reset behind it.
    Whoever reads has a turn between two arrivals, so that not more than one of them waits in memory.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._arrived = bytearray()
        self._is_over = False
        self._error: Exception | None = None
        self._news: asyncio.Future[None] | None = None

    async def open(self, address: str, port: int) -> None:
        """Connects to an IP address."""
        await asyncio.get_running_loop().create_connection(lambda: self, address, port)

    async def secure(self, trust: ssl.SSLContext, name: str) -> ssl.SSLObject:
        """Agrees on TLS with the server of that name."""
        transport = await asyncio.get_running_loop().start_tls(
            self._opened, self, trust, server_hostname=name, ssl_handshake_timeout=_HANDSHAKE
        )
        if transport is None:
            raise Closed
        self._transport = transport
        found: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return found

    async def ask(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes | None
    ) -> h11.Response:
        """Sends a request; returns the head of the answer once all of that has come."""
        sent = self._http.send(h11.Request(method=method, target=target, headers=headers))
        if body:
            sent += self._http.send(h11.Data(data=body))
        self._opened.write(sent + self._http.send(h11.EndOfMessage()))
        for _ in range(_MOST_INTERIM):
            event = await self._event()
            if isinstance(event, h11.Response):
                return _of_one_length(event)
        raise Doubtful(f"it sends more than {_MOST_INTERIM} interim answers")

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body as it comes, without its transfer encoding."""
        while isinstance(event := await self._event(), h11.Data):
            yield event.data
        if self._http.trailing_data[0] or self._arrived:
            raise Doubtful("more follows behind its end")

    def close(self) -> None:
        """Lets go of the connection at once; nothing that was sent is waited for."""
        if self._transport:
            self._transport.abort()

    @property
    def _opened(self) -> asyncio.Transport:
        if self._transport is None:
            raise Closed
        return self._transport

    async def _event(self) -> object:
        """The next thing that the answer says: an event of h11's."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._read()
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise Closed
            self._http.receive_data(data)
        return event

    async def _read(self) -> bytes:
        """What has arrived, or nothing once the other side has said all it will say."""
        if not self._arrived and not self._is_over:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        if self._arrived:
            data = bytes(self._arrived)
            self._arrived.clear()
            return data
        if self._error:
            raise BrokenOff from self._error
        return b""

    def _tell(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (what a protocol of streams is given)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        self._tell()

    def eof_received(self) -> None:
        self._is_over = True
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over, self._error = True, exc
        self._tell()


def _of_one_length(response: h11.Response) -> h11.Response:
    """The same response; one that tells its length in two ways may be two answers to two readers (RFC 9112, 6.3)."""
    names = {name for name, _ in response.headers}
    if {b"content-length", b"transfer-encoding"} <= names:
        raise Doubtful("it tells its length in two ways")
    return response
