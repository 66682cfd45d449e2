"""Collects freshness evidence: a JSON document, when it says it was made, and what it says."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.freshness import FreshnessCheck, FreshnessRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated, content_time, digest_without
from tasks.collectors.control import controlled
from tasks.collectors.documents import document_from, shown_request
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.places import PlaceReader, found_facts, json_dated, scalar
from tasks.collectors.report_history import ITEM, history_capture, history_row
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Json, Unreadable, at, parse
from tasks.collectors.turns import MOST


class FreshnessCollector:
    """Reads the document of a check, from a file or a URL, and the dates of the reports before it."""

    kind: ClassVar[str] = "freshness"
    at_once: ClassVar[int] = MOST

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: FreshnessCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._places.read(
            check.document, item_name(1, str(check.document)), date_of=json_dated(check.timestamps)
        )
        captures = await controlled(check, captures, self._places.shared)
        requests = [shown_request(captures[0])]
        if check.history is not None:
            told = await asyncio.to_thread(history_capture, check, check.history, self._sources, self._now())
            captures, requests = (*captures, told), [*requests, f"dated every report of {check.history.reports}"]
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(requests),
            parameters={"document": str(check.document), "timestamps": ", ".join(check.timestamps)},
        )

    @staticmethod
    def rows_from(check: FreshnessCheck, captures: Sequence[RawCapture]) -> tuple[FreshnessRow, ...]:
        """The rows that captures give; nothing else is needed to make them again."""
        rows = (_row(check, captures[0]),)
        if check.history is None:
            return rows
        return (*rows, history_row(check.history, next(one for one in captures if one.item == ITEM)))

    async def aclose(self) -> None:
        await self._places.aclose()


def _row(check: FreshnessCheck, capture: RawCapture) -> FreshnessRow:
    document = document_from(capture)
    facts: dict[str, Any] = found_facts(str(check.document), capture)
    if document.missing is None:
        try:
            facts |= _said(check, parse(document.body))
        except Unreadable as error:
            facts["unreadable"] = printable(str(error), 300)
    return FreshnessRow(**facts)


def _said(check: FreshnessCheck, document: Json) -> dict[str, Any]:
    """What a document says: its time, its status, and the fields that the check names."""
    status = at(document, check.status_field)
    said: dict[str, Any] = {
        "status": printable(status, 200) if isinstance(status, str) else None,
        "fields": {path: scalar(at(document, path)) for path in check.fields},
        "content_digest": digest_without(document, check.timestamps),
    }
    try:
        return {**said, "content_time": content_time(document, check.timestamps)}
    except Undated as error:
        return {**said, "undated": str(error)}
