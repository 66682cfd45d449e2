"""Collects freshness evidence: a JSON document, when it says it was made, and what it says."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, Scalar, json_bytes
from checks.kinds.freshness import FreshnessCheck, FreshnessRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated, content_time, digest_without
from tasks.collectors.documents import DocumentReader, document_from, file_capture, shown_request
from tasks.collectors.files import FileRead
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.newest import newest, pattern_of
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Json, Unreadable, at, parse

_CANDIDATES = "candidates"


class FreshnessCollector:
    """Reads the document of a check, from a file or a URL.

    A path with `*` or a date in it is searched for: the capture `candidates` then lists every file that was considered.
    """

    kind: ClassVar[str] = "freshness"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: FreshnessCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._captures(check)
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=check.document.source,
            request=shown_request(captures[0]),
            parameters={"document": str(check.document), "timestamps": ", ".join(check.timestamps)},
        )

    @staticmethod
    def rows_from(check: FreshnessCheck, captures: Sequence[RawCapture]) -> tuple[FreshnessRow, ...]:
        """The row that captures give; nothing else is needed to make it again."""
        return (_row(check, captures[0]),)

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _captures(self, check: FreshnessCheck) -> tuple[RawCapture, ...]:
        place, item = check.document, item_name(1, str(check.document))
        access, pattern = self._sources[place.source], pattern_of(place.path)
        if not isinstance(access, FolderAccess):
            if "*" in place.path:
                raise CollectionError(f"{place}: only a folder can be searched; name the address itself")
            return (await self._documents.read(place, item),)
        if pattern is None:
            return (await self._documents.read(place, item),)
        chosen, candidates = await asyncio.to_thread(newest, access, pattern, check.timestamps)
        found = chosen or FileRead(place.path, trouble=f"does not exist: no file matches {pattern}")
        linked = place.path if "*" not in place.path else None
        document = file_capture(
            found, item, str(place), self._now(), linked=linked, pattern=pattern, candidates=len(candidates)
        )
        return document, RawCapture(_CANDIDATES, json_bytes([each.listed for each in candidates]))


def _row(check: FreshnessCheck, capture: RawCapture) -> FreshnessRow:
    document = document_from(capture)
    facts: dict[str, Any] = {
        "subject": str(check.document),
        "where": document.where,
        "linked": capture.meta.get("linked"),
        "candidates": capture.meta.get("candidates"),
        "fetched_at": document.fetched_at,
        "file_time": document.file_time,
        "body_bytes": document.body_bytes,
        "missing": document.missing,
    }
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
        "fields": {path: _scalar(at(document, path)) for path in check.fields},
        "content_digest": digest_without(document, check.timestamps),
    }
    try:
        return {**said, "content_time": content_time(document, check.timestamps)}
    except Undated as error:
        return {**said, "undated": str(error)}


def _scalar(value: Json) -> Scalar:
    """A single value as it is; a list or an object as what it is called, since no check can name its equal."""
    if isinstance(value, list | dict):
        return f"a JSON {'list' if isinstance(value, list) else 'object'}"
    return printable(value, 200) if isinstance(value, str) else value
