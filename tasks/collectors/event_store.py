"""Collects what an event store is: every event read once, what is wrong with it counted, and its files' digests."""

import asyncio
import json
import stat
from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture, json_bytes, rfc3339
from checks.kinds.dated import TIMESTAMPS
from checks.kinds.event_store import EventStoreCheck, EventStoreRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.documents import DocumentReader, document_from, shown_request
from tasks.collectors.event_scan import Scan
from tasks.collectors.files import demand_folder
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.newest import matching
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Unreadable, at, parse_object

_SCAN = "scan.json"
_AT_ONCE = 1


class EventStoreCollector:
    """Reads stores one after another, each in a thread beside the event loop."""

    kind: ClassVar[str] = "event-store"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def collect(self, check: EventStoreCheck) -> Evidence:
        access = self._sources.folder(check.events.source)
        async with self._turn:
            watch = Stopwatch(check, self._now)
            told = await asyncio.to_thread(_scanned, check, access)
        told["read_at"] = rfc3339(self._now())
        captures = [RawCapture(_SCAN, json_bytes(told), {"subject": str(check.events)})]
        requests = [f"read every event of {check.events}"]
        if check.durability:
            captures.append(await self._documents.read(check.durability, item_name(2, str(check.durability))))
            requests.append(shown_request(captures[-1]))
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request="\n".join(requests),
            parameters={"most": check.most},
        )

    @staticmethod
    def rows_from(check: EventStoreCheck, captures: Sequence[RawCapture]) -> tuple[EventStoreRow, ...]:
        """The rows that captures give; what the scan counted stands in its own."""
        rows = [_events(check, json.loads(captures[0].body))]
        if check.durability:
            rows.append(_durability(str(check.durability), captures[1]))
        return tuple(rows)

    async def aclose(self) -> None:
        await self._documents.aclose()


def _scanned(check: EventStoreCheck, access: FolderAccess) -> dict[str, Any]:
    """What reading the store came to, or why there was nothing to read."""
    demand_folder(access)
    names = matching(access, check.events.path) if "*" in check.events.path else [check.events.path]
    if not names:
        return {"missing": f"does not exist: no file matches {check.events.path}"}
    scan = Scan(check)
    for number, name in enumerate(names, start=1):
        path = access.path(name)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return {"missing": f"{name} is no regular file"}
            scan.read(name, path, is_last=number == len(names))
        except OSError as error:
            return {"missing": f"{name} cannot be read: {error.strerror}"}
        if scan.cut:
            break
    return scan.told()


def _events(check: EventStoreCheck, told: dict[str, Any]) -> EventStoreRow:
    about: dict[str, Any] = {"subject": str(check.events), "part": "events", "where": str(check.events)}
    about["read_at"] = told["read_at"]
    if "missing" in told:
        return EventStoreRow(**about, missing=told["missing"])
    largest = max(told["files"], key=lambda each: each["bytes"])
    faults = {name: fault["times"] for name, fault in told["faults"].items()}
    causes = {f"{name}_cause": fault["cause"] for name, fault in told["faults"].items()}
    return EventStoreRow(
        **about,
        cut=told["cut"],
        files=len(told["files"]),
        bytes=sum(each["bytes"] for each in told["files"]),
        bytes_largest=largest["bytes"],
        largest=largest["name"],
        events=told["events"],
        first=told["first"],
        content_time=told["newest"],
        undated=told["undated"],
        **faults,
        **causes,
    )


def _durability(subject: str, capture: RawCapture) -> EventStoreRow:
    """The report of a test that wrote, killed and read again."""
    document = document_from(capture)
    about: dict[str, Any] = {
        "subject": subject,
        "part": "durability",
        "where": document.where,
        "missing": document.missing,
    }
    if document.missing is not None:
        return EventStoreRow(**about)
    try:
        report = parse_object(document.body)
    except Unreadable as error:
        return EventStoreRow(**about, unreadable=printable(str(error), 300))
    try:
        about["content_time"] = content_time(report, TIMESTAMPS)
    except Undated as error:
        about["undated"] = printable(str(error), 300)
    killed, written, survived = (at(report, name) for name in ("killed", "written", "read"))
    hashes = [at(report, name) for name in ("written_sha256", "read_sha256")]
    return EventStoreRow(
        **about,
        killed=killed if isinstance(killed, bool) else None,
        written=written if isinstance(written, int) and not isinstance(written, bool) else None,
        survived=survived if isinstance(survived, int) and not isinstance(survived, bool) else None,
        same_hash=hashes[0] == hashes[1] if all(isinstance(each, str) and each for each in hashes) else None,
    )
