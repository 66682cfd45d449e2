"""Asks over HTTP the way evidence has to be asked for: bounded, on a new connection, and exactly once.

The transport under httpx's client is used alone: it follows no redirect, keeps no cookie, reads no proxy variable and
logs no address, and it costs less. One is shared by all exchanges of a collector, and so is one TLS context.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from ipaddress import ip_address
from time import perf_counter
from typing import Any

import certifi
import httpcore
import httpx

from checks.errors import CollectionError
from checks.evidence.records import rfc3339
from tasks.collectors.collector import Clock
from tasks.collectors.http_exchange import Exchange, shown_headers
from tasks.collectors.http_failures import TooLarge, said_of
from tasks.collectors.sources import HttpAccess, without_credentials

CONCURRENCY = 32
"""More at once would end little sooner, and every exchange would wait for the others' turns while its clock runs."""
_AGENT = f"readiness-evidence/{version('readiness-evidence')}"
_CONNECTED = "connection.connect_tcp.complete"
_SECURED = "connection.start_tls.complete"
_ANSWERED = "http11.receive_response_headers.complete"
_MISSING = (
    (_ANSWERED, "its body ended"),
    (_SECURED, "it answered"),
    ("connection.start_tls.started", "TLS was agreed on"),
    (_CONNECTED, "it answered"),
    ("resolved", "a connection was made"),
)


@cache
def trusted_authorities() -> ssl.SSLContext:
    """The system's certificate authorities and Mozilla's; made once, since loading them takes milliseconds."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context


@dataclass(frozen=True, slots=True)
class Asking:
    """What a request says beside its address; a body is JSON."""

    method: str = "GET"
    accept: str = "*/*"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def all_headers(self, access: HttpAccess) -> dict[str, str]:
        """The headers of this request and those of its source, which win."""
        typed = {"Content-Type": "application/json"} if self.body is not None else {}
        return {"Accept": self.accept, **typed, **self.headers, **access.headers}


class HttpClient:
    """Makes exchanges, at most `concurrency` at a time; waiting for a turn does not count as the answer's time."""

    def __init__(self, now: Clock, *, concurrency: int = CONCURRENCY, trust: ssl.SSLContext | None = None) -> None:
        self._now = now
        self._turns = asyncio.Semaphore(concurrency)
        self._transport = httpx.AsyncHTTPTransport(
            verify=trust or trusted_authorities(),
            trust_env=False,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def get(self, access: HttpAccess, path: str, *, accept: str = "*/*") -> Exchange:
        """Asks for a path; whatever happens to the exchange is in the result. An address nobody can ask is refused."""
        return await self.send(access, path, Asking(accept=accept))

    async def send(self, access: HttpAccess, path: str, asking: Asking) -> Exchange:
        """Makes a request of any method, once; the same promises as `get`."""
        url = _url(access, path)
        async with self._turns:
            progress = _Progress(rfc3339(self._now()))
            try:
                async with asyncio.timeout(access.timeout):
                    await self._ask(progress, url, access, asking)
                failure = None
            except (httpx.TransportError, OSError, TooLarge) as error:
                failure = said_of(error, url.host, access.timeout, progress.phase)
            finally:
                await progress.close()
            return progress.exchange(without_credentials(str(url)), access, failure)

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _ask(self, progress: "_Progress", url: httpx.URL, access: HttpAccess, asking: Asking) -> None:
        """Tries the host's addresses in order, each with its share of the time; the last one's failure counts."""
        *others, last = await _resolved(url)
        progress.mark("resolved")
        for number, address in enumerate(others):
            share = access.timeout / (len(others) + 1 - number)
            request = _request(url, progress.at(address), access, asking=asking, connect_timeout=share)
            try:
                return await self._read(request, progress, access.limit)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if _CONNECTED in progress.marks:
                    raise
        request = _request(url, progress.at(last), access, asking=asking, connect_timeout=None)
        return await self._read(request, progress, access.limit)

    async def _read(self, request: httpx.Request, progress: "_Progress", limit: int) -> None:
        response = await self._transport.handle_async_request(request)
        progress.response = response
        try:
            async for chunk in response.aiter_raw():
                progress.body += chunk
                if len(progress.body) > limit:
                    raise TooLarge(limit)
            progress.mark("ended")
        finally:
            await response.aclose()


def _url(access: HttpAccess, path: str) -> httpx.URL:
    address = access.address(path)
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        shown = without_credentials(address)
        raise CollectionError(f"sources.{access.name}: {shown!r} is no address; write http:// or https:// and a host")
    return url


async def _resolved(url: httpx.URL) -> list[str]:
    """The host's IP addresses, in the order to try them."""
    try:
        return [str(ip_address(url.host))]
    except ValueError:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, url.port or url.scheme, type=socket.SOCK_STREAM)
        return [str(address) for address in dict.fromkeys(info[4][0] for info in found)]


def _request(
    url: httpx.URL, progress: "_Progress", access: HttpAccess, *, asking: Asking, connect_timeout: float | None
) -> httpx.Request:
    """A request to one address of the host, under the host's own name, that asks for the bytes as they are."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if url.userinfo:
        credentials = base64.b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {credentials}"
    extensions = {"trace": progress, "sni_hostname": url.host, "timeout": {"connect": connect_timeout}}
    target = url.copy_with(host=progress.address, userinfo=b"")
    headers |= asking.all_headers(access)
    return httpx.Request(asking.method, target, headers=headers, content=asking.body, extensions=extensions)


@dataclass(slots=True)
class _Progress:
    """How far an exchange has come; httpcore calls it at every step."""

    asked_at: str
    began: float = field(default_factory=perf_counter)
    marks: dict[str, float] = field(default_factory=dict)
    address: str | None = None
    certificate_expires_at: str | None = None
    stream: httpcore.AsyncNetworkStream | None = None
    response: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.mark(event)
        if event == _CONNECTED:
            self.stream = info["return_value"]
        if event == _SECURED:
            certificate = info["return_value"].get_extra_info("ssl_object").getpeercert()
            expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
            self.certificate_expires_at = rfc3339(expires)

    async def close(self) -> None:
        """Closes what nobody else does: httpcore leaves a connection open when time runs out while TLS is agreed on."""
        if self.stream and not self.response:
            await self.stream.aclose()

    def at(self, address: str) -> "_Progress":
        self.address = address
        return self

    def mark(self, event: str) -> None:
        self.marks[event] = perf_counter()

    @property
    def phase(self) -> str:
        """What had not happened yet, in words that follow `before`."""
        return next((missing for reached, missing in _MISSING if reached in self.marks), "its name was resolved")

    def exchange(self, url: str, access: HttpAccess, no_answer: str | None) -> Exchange:
        raw = self.response.headers.raw if self.response else ()
        return Exchange(
            url=url,
            asked_at=self.asked_at,
            address=self.address,
            status=self.response.status_code if self.response else None,
            no_answer=no_answer,
            resolve_seconds=self._between(None, "resolved"),
            connect_seconds=self._between("connection.connect_tcp.started", _CONNECTED),
            tls_seconds=self._between("connection.start_tls.started", _SECURED),
            first_byte_seconds=self._between(None, _ANSWERED),
            seconds=self._between(None, "ended") if no_answer is None else perf_counter() - self.began,
            certificate_expires_at=self.certificate_expires_at,
            headers=shown_headers(raw, access.headers.values()),
            body=bytes(self.body[: access.limit]),
        )

    def _between(self, start: str | None, end: str) -> float | None:
        if end not in self.marks:
            return None
        return self.marks[end] - (self.marks[start] if start else self.began)
