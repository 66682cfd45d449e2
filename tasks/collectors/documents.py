"""Documents: one body from a URL or a file, as a capture to keep and as a value to read."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from checks.evidence.records import RawCapture, Scalar, rfc3339
from checks.places import Place
from tasks.collectors.collector import Clock
from tasks.collectors.files import FileRead, read_file
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import exchange_from
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Unreadable, decoded


@dataclass(frozen=True, slots=True)
class Document:
    """What stood at a place; `missing` says why nothing did. Instants are RFC 3339 text."""

    where: str
    fetched_at: str
    body: bytes
    body_bytes: int | None = None
    content_type: str | None = None
    file_time: str | None = None
    missing: str | None = None


class DocumentReader:
    """Reads documents from the sources of a catalogue."""

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._http = http or HttpClient(now)

    async def read(self, place: Place, item: str, *, accept: str = "*/*") -> RawCapture:
        """The document at a place as a raw capture; `document_from` reads it."""
        access = self._sources[place.source]
        if isinstance(access, FolderAccess):
            found = await asyncio.to_thread(read_file, access, place.path)
            return file_capture(found, item, str(place), self._now())
        http = self._sources.http(place.source)
        exchange = await self._http.get(http, place.path, accept=accept)
        capture = exchange.capture(item, str(place))
        return RawCapture(item, capture.body, {**capture.meta, "limit": http.limit})

    async def aclose(self) -> None:
        await self._http.aclose()


def file_capture(found: FileRead, item: str, subject: str, read_at: datetime, **facts: Scalar) -> RawCapture:
    """A file as a raw capture; `facts` say more of how it was chosen."""
    meta: dict[str, Scalar] = {
        "subject": subject,
        "path": found.relative,
        "read_at": rfc3339(read_at),
        "file_time": rfc3339(found.file_time) if found.file_time else None,
        "trouble": found.trouble,
        **facts,
    }
    return RawCapture(item, found.body, meta)


def document_from(capture: RawCapture) -> Document:
    """The document that a capture holds."""
    meta: Any = capture.meta
    if "path" in meta:
        size = len(capture.body) if meta["file_time"] and not meta["trouble"] else None
        return Document(
            meta["path"], meta["read_at"], capture.body, size, file_time=meta["file_time"], missing=meta["trouble"]
        )
    exchange = exchange_from(capture)
    missing, body = exchange.no_answer, exchange.body
    if missing is None and exchange.status != 200:
        missing = f"was answered with HTTP {exchange.status}"
    if missing is None:
        try:
            body = decoded(body, exchange.headers.get("content-encoding"), meta["limit"])
        except Unreadable as error:
            missing = str(error)
    return Document(
        where=exchange.url,
        fetched_at=exchange.asked_at,
        body=body,
        body_bytes=len(exchange.body) if exchange.status else None,
        content_type=exchange.headers.get("content-type"),
        file_time=_http_time(exchange.headers.get("last-modified")),
        missing=missing,
    )


def shown_request(capture: RawCapture) -> str:
    """What was asked for, as provenance tells it."""
    return f"GET {capture.meta['url']}" if "url" in capture.meta else f"read {capture.meta['path']}"


def _http_time(text: str | None) -> str | None:
    try:
        return rfc3339(parsedate_to_datetime(text)) if text else None
    except (ValueError, OverflowError):
        return None
