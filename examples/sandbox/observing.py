"""Middleware that times every request, echoes its trace id and tells whoever wants to know of it."""

import re
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.sandbox.ledger import TENANTS
from examples.sandbox.traffic import Exchange

_TRACE_HEADER = "x-trace-id"
_TRACE_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)


def _trace_id(scope: Scope) -> str:
    """The caller's trace id if it looks like one, else a new one."""
    given = Headers(scope=scope).get(_TRACE_HEADER, "")
    return given if _TRACE_ID.fullmatch(given) else uuid.uuid4().hex


def _tenant(path: str) -> str | None:
    """The tenant a request is made for; a name nobody has is no tenant, or strangers could invent label values."""
    parts = path.split("/")
    return parts[2] if parts[1:2] == ["v1"] and len(parts) > 2 and parts[2] in TENANTS else None


class _Observed:
    """One request while it is answered."""

    def __init__(self, scope: Scope, send: Send, seen: Sequence[Callable[[Exchange], None]]) -> None:
        self._scope = scope
        self._send = send
        self._seen = seen
        self._trace_id = _trace_id(scope)
        self._at = datetime.now(UTC)
        self._started = time.perf_counter()
        self._code: int | None = None

    async def send(self, message: Message) -> None:
        """Passes the answer on, with the trace id in its headers."""
        if message["type"] == "http.response.start":
            self._code = message["status"]
            MutableHeaders(scope=message)[_TRACE_HEADER] = self._trace_id
        elif self._code is not None and not message.get("more_body"):
            # Before the last byte leaves: whoever has the answer must find it in the log.
            self._tell(self._code)
        await self._send(message)

    def broke(self) -> None:
        """Tells of a request that nobody began to answer; the server makes it a 500."""
        if self._code is None:
            self._tell(500)

    def _tell(self, code: int) -> None:
        seconds = time.perf_counter() - self._started
        path, method = self._scope["path"], self._scope["method"]
        exchange = Exchange(self._at, method, path, code, seconds, self._trace_id, tenant=_tenant(path))
        for listener in self._seen:
            listener(exchange)


class Observing:
    """Wraps the application; what it saw goes to every listener, in order."""

    def __init__(self, app: ASGIApp, seen: Sequence[Callable[[Exchange], None]]) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or passes on what is no request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        observed = _Observed(scope, send, self._seen)
        try:
            await self._app(scope, receive, observed.send)
        finally:
            observed.broke()
