"""Collects what a machine listens on: listings of sockets, read as one."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.listening_sockets import FAMILIES, ListeningSocketsCheck, ListeningSocketsRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name
from tasks.collectors.places import PlaceReader, requests
from tasks.collectors.socket_listings import read_listing
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable


class ListeningSocketsCollector:
    """Reads the listings of a check; it opens and asks no socket itself."""

    kind: ClassVar[str] = "listening-sockets"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: ListeningSocketsCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = [
            await self._places.shared(place, item_name(number, str(place)))
            for number, place in enumerate(check.listing, start=1)
        ]
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=requests(captures),
        )

    @staticmethod
    def rows_from(check: ListeningSocketsCheck, captures: Sequence[RawCapture]) -> tuple[ListeningSocketsRow, ...]:
        """One row for the machine; a listing that is not there or cannot be read leaves nothing to go by."""
        documents = [document_from(one) for one in captures]
        times = [one.file_time for one in documents]
        facts: dict[str, Any] = {
            "subject": check.subjects[0],
            "where": ", ".join(one.where for one in documents),
            "fetched_at": min(one.fetched_at for one in documents),
            "file_time": min((one for one in times if one), default=None) if all(times) else None,
            "missing": next((one.missing for one in documents if one.missing), None),
        }
        if facts["missing"]:
            return (ListeningSocketsRow(**facts),)
        try:
            listings = [read_listing(one.body) for one in documents]
        except Unreadable as error:
            return (ListeningSocketsRow(**facts, unreadable=str(error)),)
        shown = frozenset().union(*(one.shown for one in listings))
        return (
            ListeningSocketsRow(
                **facts,
                sockets=tuple(socket for one in listings for socket in one.sockets),
                shown=tuple(one for one in FAMILIES if one in shown),
            ),
        )

    async def aclose(self) -> None:
        await self._places.aclose()
