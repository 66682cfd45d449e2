"""Collects bills of materials, and the lock files that they are held against."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.sbom import SbomCheck, SbomRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated, instant_of
from tasks.collectors.documents import document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.lock_files import read_lock
from tasks.collectors.places import PlaceReader, captures_of, date_facts, dated_as, found_facts, requests, version_facts
from tasks.collectors.sbom_documents import BillOfMaterials, Component, read_bill
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable, parse

_LOCK = "lockfile"
_NAMED = 50


class SbomCollector:
    """Reads the bill of a check, and its lock file."""

    kind: ClassVar[str] = "sbom"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: SbomCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._places.versions(check)
        if check.lockfile:
            captures.append(await self._places.shared(check.lockfile, _LOCK))
        date_of = dated_as(check, lambda found: _made_at(read_bill(parse(found.body))))
        captures += await self._places.read(check.document, item_name(1, str(check.document)), date_of=date_of)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request=requests(captures),
            parameters={"document": str(check.document), "dated_by": check.dated_by},
        )

    @staticmethod
    def rows_from(check: SbomCheck, captures: Sequence[RawCapture]) -> tuple[SbomRow, ...]:
        """The row of the bill."""
        return (_row(check, captures),)

    async def aclose(self) -> None:
        await self._places.aclose()


def _made_at(bill: BillOfMaterials) -> datetime:
    if bill.created is None:
        raise Undated("does not say when it was made")
    return instant_of("created", bill.created)


def _row(check: SbomCheck, captures: Sequence[RawCapture]) -> SbomRow:
    (capture,) = captures_of(captures, str(check.document))
    facts: dict[str, Any] = found_facts(str(check.document), capture)
    document = document_from(capture)
    if document.missing is not None:
        return SbomRow(**facts, **version_facts(check, captures))
    try:
        bill = read_bill(parse(document.body))
    except Unreadable as error:
        return SbomRow(**facts, **version_facts(check, captures), unreadable=printable(str(error), 300))
    return SbomRow(
        **facts,
        **version_facts(check, captures, bill.version and printable(bill.version, 200)),
        **date_facts(check, document, partial(_made_at, bill)),
        **_compared(bill, captures),
        format=printable(bill.format, 60),
        tools=bill.tools,
        components=len(bill.components),
        unpinned=tuple(one.name for one in bill.components if not one.version)[:_NAMED],
    )


def _compared(bill: BillOfMaterials, captures: Sequence[RawCapture]) -> dict[str, Any]:
    """How bill and lock file differ, among packages of the lock file's ecosystem."""
    capture = next((one for one in captures if one.item == _LOCK), None)
    if capture is None:
        return {}
    document = document_from(capture)
    if document.missing is not None:
        return {"lock_trouble": f"{document.where}: {document.missing}"}
    try:
        locked = read_lock(document.where, document.body)
    except Unreadable as error:
        return {"lock_trouble": f"{document.where} {printable(str(error), 200)}"}
    if not locked:
        return {"lock_trouble": f"{document.where} locks nothing"}
    ecosystems = {one.ecosystem for one in locked}
    drift = sorted(_drift([one for one in bill.components if one.ecosystem in ecosystems], locked))
    return {"locked": len(locked), "drifting": len(drift), "drift": tuple(drift[:_NAMED])}


def _drift(listed: Sequence[Component], locked: Sequence[Component]) -> Iterator[str]:
    in_bill, in_lock = _versions(listed), _versions(locked)
    for key in in_lock.keys() - in_bill.keys():
        yield f"{key[1]} is locked and not in the bill"
    for key in in_bill.keys() - in_lock.keys():
        yield f"{key[1]} is in the bill and not locked"
    for key in in_lock.keys() & in_bill.keys():
        if "" in in_lock[key]:
            yield f"{key[1]} is not pinned by the lock file"
        elif in_lock[key] != in_bill[key]:
            yield f"{key[1]} is {', '.join(sorted(in_bill[key]))} in the bill, locked {', '.join(sorted(in_lock[key]))}"


def _versions(components: Sequence[Component]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in components:
        found[one.key].add(one.version)
    return found
