"""What the service puts around its answers: headers that protect a browser, and a limit on how often one may ask."""

import time
from collections import deque

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.sandbox.faults import Faults

HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
PAGE = """<!doctype html>
<html lang="en"><head><title>Sandbox</title><link rel="icon" href="/icon.png"></head>
<body><h1>Sandbox</h1><img src="{logo}" alt=""></body></html>
"""


class Protected:
    """Adds the headers to every answer, unless a fault takes them off."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start" and not self._faults.missing_headers:
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, protected)


class Limiter:
    """At most so many in any window of so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def wait(self) -> float | None:
        """Takes a turn, or says in how many seconds there will be one."""
        now = time.monotonic()
        while self._taken and now - self._taken[0] >= self._seconds:
            self._taken.popleft()
        if len(self._taken) < self._most:
            self._taken.append(now)
            return None
        return self._seconds - (now - self._taken[0])
