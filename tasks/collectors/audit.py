"""Collects dependency audits: reports as their tools wrote them."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.audit import AuditCheck, AuditRow, WaivedVulnerability
from tasks.collectors.audit_reports import read_audit
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import content_time
from tasks.collectors.documents import document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.log_records import ON_RECORD, log_captures, read_log, waivers_of
from tasks.collectors.places import (
    PlaceReader,
    captures_of,
    date_facts,
    dated_as,
    found_facts,
    json_dated,
    requests,
    version_facts,
)
from tasks.collectors.sbom_documents import components_in
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable, parse

_INVENTORY = "inventory"


class AuditCollector:
    """Reads every report of a check, and the inventory that was audited."""

    kind: ClassVar[str] = "audit"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: AuditCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._places.versions(check)
        if check.log:
            captures += await asyncio.to_thread(log_captures, self._sources.folder(check.log), "waiver")
        if check.inventory:
            captures.append(await self._places.shared(check.inventory, _INVENTORY))
        date_of = dated_as(check, json_dated(check.timestamps))
        for number, place in enumerate(check.reports, start=1):
            captures += await self._places.read(place, item_name(number, str(place)), date_of=date_of)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request=requests(captures),
            parameters={"reports": ", ".join(check.subjects), "tool": check.tool, "dated_by": check.dated_by},
        )

    @staticmethod
    def rows_from(check: AuditCheck, captures: Sequence[RawCapture]) -> tuple[AuditRow, ...]:
        """A row for each report."""
        return tuple(_row(check, subject, captures) for subject in check.subjects)

    async def aclose(self) -> None:
        await self._places.aclose()


def _row(check: AuditCheck, subject: str, captures: Sequence[RawCapture]) -> AuditRow:
    (capture,) = captures_of(captures, subject)
    facts: dict[str, Any] = {**found_facts(subject, capture), **version_facts(check, captures)}
    document = document_from(capture)
    if document.missing is not None:
        return AuditRow(**facts)
    try:
        report = parse(document.body)
        audit = read_audit(check.tool, report)
    except Unreadable as error:
        return AuditRow(**facts, unreadable=printable(str(error), 300))
    return AuditRow(
        **facts,
        **date_facts(check, document, partial(content_time, report, check.timestamps)),
        packages=_inventoried(captures) if audit.packages is None else audit.packages,
        skipped=audit.skipped,
        suppressed=audit.suppressed,
        vulnerabilities=audit.vulnerabilities,
        waivers=_waivers(check, captures),
    )


def _waivers(check: AuditCheck, captures: Sequence[RawCapture]) -> tuple[WaivedVulnerability, ...]:
    """The exceptions on record for vulnerabilities of this check."""
    if all(one.item != ON_RECORD for one in captures):
        return ()
    found = waivers_of(check.id, read_log(captures))
    return tuple(WaivedVulnerability(id=one.subject, until=one.expires_at, by=one.by) for one in found)


def _inventoried(captures: Sequence[RawCapture]) -> int | None:
    """How many packages the inventory lists; `None` if there is none, or it cannot be read."""
    capture = next((one for one in captures if one.item == _INVENTORY), None)
    if capture is None or document_from(capture).missing is not None:
        return None
    try:
        return len(components_in(document_from(capture).body))
    except Unreadable:
        return None
