"""Asks over HTTP the way evidence has to be asked for: bounded, on a new connection, and exactly once.

It follows no redirect, keeps no cookie, reads no proxy variable and logs no address. All exchanges of a collector share
one TLS context.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from ipaddress import ip_address
from time import perf_counter

import certifi
import h11
import httpx

from checks.errors import CollectionError
from checks.evidence.records import rfc3339
from tasks.collectors.collector import Clock
from tasks.collectors.http_connection import Connection
from tasks.collectors.http_exchange import Exchange, shown_headers
from tasks.collectors.http_failures import Barred, BrokenOff, Closed, Refused, TooLarge, said_of
from tasks.collectors.link_local import is_link_local
from tasks.collectors.sources import HttpAccess, without_credentials
from tasks.collectors.turns import Turns

CONCURRENCY = 32
"""More at once would end little sooner, and every exchange would wait for the others' turns while its clock runs."""
_AGENT = f"readiness-evidence/{version('readiness-evidence')}"
_BODILESS = ("GET", "HEAD", "DELETE", "OPTIONS")
"""Methods whose request says nothing of a body where it has none."""
_MISSING = (
    ("answered", "its body ended"),
    ("secured", "it answered"),
    ("securing", "TLS was agreed on"),
    ("connected", "it answered"),
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
    """Makes exchanges, `concurrency` at a time beside those that have been waiting for long.

    Waiting for a turn does not count as the answer's time.
    """

    def __init__(self, now: Clock, *, concurrency: int = CONCURRENCY, trust: ssl.SSLContext | None = None) -> None:
        self._now = now
        self._turns = Turns(concurrency)
        self._trust = trust or trusted_authorities()
        self._trust.set_alpn_protocols(["http/1.1"])

    async def get(self, access: HttpAccess, path: str, *, accept: str = "*/*") -> Exchange:
        """Asks for a path; whatever happens to the exchange is in the result. An address nobody can ask is refused."""
        return await self.send(access, path, Asking(accept=accept))

    async def send(self, access: HttpAccess, path: str, asking: Asking) -> Exchange:
        """Makes a request of any method, once; the same promises as `get`."""
        url = _url(access, path)
        async with self._turns.one():
            progress = _Progress(rfc3339(self._now()))
            try:
                async with asyncio.timeout(access.timeout):
                    await self._ask(progress, url, access, asking)
                failure = None
            except (OSError, h11.ProtocolError, Closed, BrokenOff, Refused) as error:
                failure = said_of(error, url.host, access.timeout, progress.phase)
            finally:
                progress.connection.close()
            return progress.exchange(without_credentials(str(url)), access, failure)

    async def aclose(self) -> None:
        """Nothing is held open between exchanges."""

    async def _ask(self, progress: "_Progress", url: httpx.URL, access: HttpAccess, asking: Asking) -> None:
        await self._connect(progress, url, access)
        if url.scheme == "https":
            progress.mark("securing")
            progress.secured_by(await progress.connection.secure(self._trust, url.host))
        headers = _headers(url, access, asking)
        progress.response = await progress.connection.ask(asking.method, url.raw_path, headers, asking.body)
        progress.mark("answered")
        async for chunk in progress.connection.body():
            progress.body += chunk
            if len(progress.body) > access.limit:
                del progress.body[min(access.limit, TooLarge.KEPT) :]
                raise TooLarge(access.limit)
        progress.mark("ended")

    async def _connect(self, progress: "_Progress", url: httpx.URL, access: HttpAccess) -> None:
        """Tries the host's addresses in order, each with its share of the time; the last one's failure counts."""
        port = _port(url)
        *others, last = addresses = await _resolved(url)
        progress.mark("resolved")
        # What is connected to is the very address that is looked at: where its name leads a moment later is all one.
        if not access.link_local and (barred := next(filter(is_link_local, addresses), None)):
            raise Barred(barred)
        for number, address in enumerate(others):
            with suppress(OSError):
                async with asyncio.timeout(access.timeout / (len(others) + 1 - number)):
                    await progress.connect(address, port)
                return
        await progress.connect(last, port)


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
        found = await loop.getaddrinfo(url.host, _port(url), type=socket.SOCK_STREAM)
        return [str(address) for address in dict.fromkeys(info[4][0] for info in found)]


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _headers(url: httpx.URL, access: HttpAccess, asking: Asking) -> list[tuple[bytes, bytes]]:
    """What a request says under the host's own name, whatever address it goes to; it asks for the bytes as they are."""
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if url.userinfo:
        credentials = base64.b64encode(f"{url.username}:{url.password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {credentials}"
    if asking.body or asking.method not in _BODILESS:
        headers["Content-Length"] = str(len(asking.body or b""))
    headers |= asking.all_headers(access)
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]


@dataclass(slots=True)
class _Progress:
    """How far an exchange has come, and when it came there."""

    asked_at: str
    began: float = field(default_factory=perf_counter)
    marks: dict[str, float] = field(default_factory=dict)
    address: str | None = None
    certificate_expires_at: str | None = None
    connection: Connection = field(default_factory=Connection)
    response: h11.Response | None = None
    body: bytearray = field(default_factory=bytearray)

    async def connect(self, address: str, port: int) -> None:
        self.address = address
        self.mark("connecting")
        await self.connection.open(address, port)
        self.mark("connected")

    def secured_by(self, tls: ssl.SSLObject) -> None:
        """Notes that TLS is agreed on, and how long the certificate is good for."""
        self.mark("secured")
        certificate = tls.getpeercert()
        if certificate:
            expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
            self.certificate_expires_at = rfc3339(expires)

    def mark(self, event: str) -> None:
        self.marks[event] = perf_counter()

    @property
    def phase(self) -> str:
        """What had not happened yet, in words that follow `before`."""
        return next((missing for reached, missing in _MISSING if reached in self.marks), "its name was resolved")

    def exchange(self, url: str, access: HttpAccess, no_answer: str | None) -> Exchange:
        raw = self.response.headers if self.response else ()
        return Exchange(
            url=url,
            asked_at=self.asked_at,
            address=self.address,
            status=self.response.status_code if self.response else None,
            no_answer=no_answer,
            resolve_seconds=self._between(None, "resolved"),
            connect_seconds=self._between("connecting", "connected"),
            tls_seconds=self._between("securing", "secured"),
            first_byte_seconds=self._between(None, "answered"),
            seconds=self._between(None, "ended") if no_answer is None else perf_counter() - self.began,
            certificate_expires_at=self.certificate_expires_at,
            headers=shown_headers(raw, access.headers.values()),
            body=bytes(self.body),
        )

    def _between(self, start: str | None, end: str) -> float | None:
        if end not in self.marks:
            return None
        return self.marks[end] - (self.marks[start] if start else self.began)
