"""A loopback server for a test: one coroutine answers every connection, and nothing of it outlives its context."""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Self

Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class LoopbackServer:
    """Listens on a free port of 127.0.0.1.

    Closing an asyncio server leaves its connections open until their handlers end: here they are cut, so that no
    connection is found open long after, in a test that knows nothing of it.
    """

    def __init__(self, meet: Meet, *, tls: ssl.SSLContext | None = None) -> None:
        self._handler = meet
        self._tls = tls
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self._tls, backlog=512)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await self._handler(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)  # the transport closes its socket in the loop's next turn
            self._open.discard(task)
