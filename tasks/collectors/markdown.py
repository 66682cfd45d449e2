"""Collects documents: the text, where its links lead, and what the repository's history says of its reviews."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.documents import DocumentsCheck, DocumentsRow
from checks.places import Place
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated
from tasks.collectors.documents import document_from
from tasks.collectors.files import FileRead
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name
from tasks.collectors.log_records import log_captures
from tasks.collectors.markdown_history import history_capture
from tasks.collectors.markdown_links import LinkFollower
from tasks.collectors.markdown_rows import document_row, own_review
from tasks.collectors.markdown_text import read_markdown
from tasks.collectors.places import PlaceReader, requests
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable


class DocumentsCollector:
    """Reads every document of a check, follows its relative links, and asks for its reviews where they are kept."""

    kind: ClassVar[str] = "documents"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._http = http or HttpClient(now)
        self._places = PlaceReader(sources, now, http=self._http)
        self._links = LinkFollower(sources, now, self._http)

    async def collect(self, check: DocumentsCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._places.versions(check)
        if check.log and check.expect.reviewed:
            captures += await asyncio.to_thread(log_captures, self._sources.folder(check.log), "evidence", "review")
        for number, place in enumerate(check.documents, start=1):
            captures += await self._document(check, place, number)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request=requests(captures),
            parameters={"documents": ", ".join(check.subjects), "review": check.review},
        )

    @staticmethod
    def rows_from(check: DocumentsCheck, captures: Sequence[RawCapture]) -> tuple[DocumentsRow, ...]:
        """A row for each document, from what was captured of it."""
        return tuple(document_row(check, subject, captures) for subject in check.subjects)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _document(self, check: DocumentsCheck, place: Place, number: int) -> list[RawCapture]:
        captures = list(await self._places.read(place, item_name(number, str(place)), date_of=_date_of))
        document = document_from(captures[0])
        if document.missing is not None:
            return captures
        found = Place(place.source, str(captures[0].meta.get("path", place.path)))
        try:
            text = read_markdown(document.body)
        except Unreadable:
            return captures
        if check.expect.links:
            captures.append(await self._links.follow(text, found, str(place), number))
        if check.review == "history" and check.expect.reviewed:
            captures.append(await history_capture(self._sources.folder(place.source), found.path, str(place), number))
        return captures


def _date_of(found: FileRead) -> datetime:
    """Of many documents the newest is the one that was reviewed last by its own word."""
    review = own_review(read_markdown(found.body))
    if review.at is None:
        raise Undated(review.trouble)
    return review.at
