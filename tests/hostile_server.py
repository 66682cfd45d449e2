"""A loopback server that answers as badly as a server can; every path is one way of doing so."""

import asyncio
import gzip
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.loopback import LoopbackServer

GZIP_BOMB = gzip.compress(b" " * 5_000_000)
GOOD = b'{"status": "pass", "queue": 0, "generated_at": "2026-11-22T14:00:00Z"}'
METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
Answer = Callable[["Conversation"], Awaitable[None]]


@dataclass(slots=True)
class Conversation:
    """One connection: the request that came, and where to answer."""

    path: str
    headers: dict[str, str]
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, body: bytes, *, status: str = "200 OK", **headers: str) -> None:
        """A well-formed answer; header names are written with underscores."""
        fields = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        await self.send(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)


@dataclass(slots=True)
class Page:
    """What a test put at a path."""

    body: bytes
    content_type: str
    status: str = "200 OK"


class HostileServer(LoopbackServer):
    """Serves its bad answers, and the pages that a test puts there, until it is left."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._talk, tls=tls)
        self.pages: dict[str, Page] = {}
        self.requests: list[Conversation] = []

    def put(self, path: str, body: bytes | str, content_type: str = "application/json", status: str = "200 OK") -> None:
        """Serves a body at a path from now on."""
        self.pages[path] = Page(body.encode() if isinstance(body, str) else body, content_type, status)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        said = Conversation(first.split(" ")[1], headers, writer)
        self.requests.append(said)
        page = self.pages.get(said.path)
        if page is not None:
            await said.answer(page.body, status=page.status, Content_Type=page.content_type)
        else:
            await ANSWERS.get(said.path.partition("?")[0], _not_found)(said)


async def _not_found(said: Conversation) -> None:
    await said.answer(b"{}", status="404 Not Found")


async def _good(said: Conversation) -> None:
    await said.answer(b'{"status": "pass", "version": "1.4.0"}')


async def _says_fail(said: Conversation) -> None:
    await said.answer(b'{"status": "fail"}')


async def _never_ends(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        await said.send(b" " * 65536)


async def _drips(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        await said.send(b" ")
        await asyncio.sleep(0.02)


async def _is_silent(said: Conversation) -> None:
    await asyncio.sleep(60)


async def _cuts_its_body(said: Conversation) -> None:
    await said.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status": "pass"}')


async def _half_closes(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    said.writer.write_eof()
    await asyncio.sleep(60)


async def _resets(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    raw: socket.socket = said.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    said.writer.transport.abort()


async def _resets_behind(said: Conversation) -> None:
    await said.answer(b'{"status": "pass"}')
    raw: socket.socket = said.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    said.writer.transport.abort()


async def _sends_chunks(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b'{"status":', b' "pass"}'):
        await said.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        await asyncio.sleep(0.01)
    await said.send(b"0\r\n\r\n")
    await asyncio.sleep(60)


async def _ends_by_closing(said: Conversation) -> None:
    await said.send(b'HTTP/1.0 200 OK\r\n\r\n{"status": ')
    await asyncio.sleep(0.01)
    await said.send(b'"pass"}')


async def _closes_at_once(said: Conversation) -> None:
    said.writer.close()


async def _talks_gibberish(said: Conversation) -> None:
    await said.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


async def _sends_huge_headers(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 500_000 + b"\r\n\r\n")


async def _redirects(said: Conversation) -> None:
    await said.answer(b"", status="302 Found", Location="/good?token=hush")


async def _sends_a_gzip_bomb(said: Conversation) -> None:
    await said.answer(GZIP_BOMB, Content_Encoding="gzip")


async def _sends_gzip(said: Conversation) -> None:
    await said.answer(gzip.compress(b'{"status": "pass"}'), Content_Encoding="gzip")


async def _sets_a_cookie(said: Conversation) -> None:
    await said.answer(b"{}", Set_Cookie="session=hush", X_Api_Token="hush", X_Trace="abc")


async def _echoes(said: Conversation) -> None:
    sent = said.headers.get("x-credential", "")
    await said.answer(json.dumps({"status": "pass"}).encode(), X_You_Said=f"was {sent}", X_Trace="abc")


def _head(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", "Content-Type: application/json", *lines)).encode()


def _raw(data: bytes) -> Answer:
    """Just these bytes, and then nothing while the connection stays open."""

    async def answer(said: Conversation) -> None:
        await said.send(data)
        await asyncio.sleep(60)

    return answer


def _counted(length: int, *lines: str, body: bytes = GOOD) -> Answer:
    return _raw(_head(f"Content-Length: {length}", *lines) + b"\r\n" + body)


def _elsewhere(location: str) -> Answer:
    async def answer(said: Conversation) -> None:
        await said.answer(GOOD, status="307 Temporary Redirect", Location=location)

    return answer


async def _redirects_in_a_circle(said: Conversation) -> None:
    await said.answer(GOOD, status="301 Moved Permanently", Location=said.path)


async def _drips_its_headers(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await said.send(b"x")
        await asyncio.sleep(0.02)


async def _sends_headers_without_end(said: Conversation) -> None:
    await said.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await said.send(b"X-More: and more\r\n" * 100)


async def _floods_with_interim_answers(said: Conversation) -> None:
    while True:
        await said.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 50)


async def _sends_chunks_without_end(said: Conversation) -> None:
    await said.send(_head("Transfer-Encoding: chunked") + b"\r\n")
    while True:
        await said.send(b"1\r\n \r\n" * 1_000)


async def _sends_one_endless_chunk_size(said: Conversation) -> None:
    await said.send(_head("Transfer-Encoding: chunked") + b"\r\n")
    while True:
        await said.send(b"0" * 1_000)


async def _sends_trailers_without_end(said: Conversation) -> None:
    await said.send(_head("Transfer-Encoding: chunked") + b"\r\n%x\r\n%b\r\n0\r\n" % (len(GOOD), GOOD))
    while True:
        await said.send(b"X-More: and more\r\n" * 100)


async def _bombs_twice(said: Conversation) -> None:
    await said.answer(gzip.compress(GZIP_BOMB * 20), Content_Encoding="gzip, gzip")


HOSTILE: dict[str, Answer] = {
    "/drips-headers": _drips_its_headers,
    "/endless-headers": _sends_headers_without_end,
    "/length-too-long": _counted(len(GOOD) + 50),
    "/length-too-short": _counted(len(GOOD) - 10),
    "/more-than-its-length": _counted(len(GOOD), body=GOOD + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "/two-lengths": _counted(len(GOOD), "Content-Length: 5"),
    "/negative-length": _counted(-1),
    "/length-in-words": _counted(0, "Content-Length: many"),
    "/endless-length": _counted(10**30),
    "/length-and-chunks": _raw(
        _head(f"Content-Length: {len(GOOD)}", "Transfer-Encoding: chunked")
        + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(GOOD), GOOD)
    ),
    "/chunked-garbage": _raw(_head("Transfer-Encoding: chunked") + b"\r\nzz\r\n" + GOOD),
    "/chunk-too-large": _raw(_head("Transfer-Encoding: chunked") + b"\r\nffffffffffffffffff\r\n" + GOOD),
    "/endless-chunks": _sends_chunks_without_end,
    "/endless-chunk-size": _sends_one_endless_chunk_size,
    "/endless-trailers": _sends_trailers_without_end,
    "/unknown-transfer": _raw(_head("Transfer-Encoding: gzip") + b"\r\n" + GOOD),
    "/interim-flood": _floods_with_interim_answers,
    "/switches-protocol": _raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + GOOD),
    "/http-0.9": _raw(GOOD + b"\n"),
    "/http-9.9": _raw(_head().replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n" + GOOD),
    "/status-of-none": _raw(b"HTTP/1.1 20x OK\r\n\r\n" + GOOD),
    "/nul-in-header": _counted(len(GOOD), "X-Odd: a\0b"),
    "/folded-header": _counted(len(GOOD), "X-Odd: a", " Content-Length: 5\rx"),
    "/nameless-header": _counted(len(GOOD), ": a"),
    "/not-utf-8": _counted(3, body=b"\xff\xfe\xfd"),
    "/nested-too-deeply": _counted(200_000, body=b"[" * 200_000),
    "/double-bomb": _bombs_twice,
    "/unknown-encoding": _counted(len(GOOD), "Content-Encoding: br"),
    "/redirects-in-a-circle": _redirects_in_a_circle,
    "/redirects-elsewhere": _elsewhere("http://127.0.0.2/good"),
    "/redirects-to-metadata": _elsewhere(METADATA),
    "/redirects-to-a-file": _elsewhere("file:///etc/passwd"),
}
"""What attackers and broken proxies do beyond that: of none of it may anything be believed."""

ANSWERS: dict[str, Answer] = {
    "/good": _good,
    "/says-fail": _says_fail,
    "/never-ends": _never_ends,
    "/drips": _drips,
    "/silent": _is_silent,
    "/cut": _cuts_its_body,
    "/half-closed": _half_closes,
    "/resets": _resets,
    "/resets-behind": _resets_behind,
    "/chunks": _sends_chunks,
    "/until-closed": _ends_by_closing,
    "/closes": _closes_at_once,
    "/gibberish": _talks_gibberish,
    "/huge-headers": _sends_huge_headers,
    "/redirects": _redirects,
    "/gzip-bomb": _sends_a_gzip_bomb,
    "/gzip": _sends_gzip,
    "/cookie": _sets_a_cookie,
    "/echo": _echoes,
    **HOSTILE,
}
