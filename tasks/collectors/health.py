"""Collects health evidence: what does each endpoint say of itself, and how fast?"""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.health import HealthCheck, HealthRow
from checks.places import Place
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import Exchange, exchange_from, item_name, printable
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Json, Unreadable, decoded, parse
from tasks.collectors.turns import MOST

_CONTROL = "control"
_LARGEST_DOCUMENT = 1_000_000
_LONGEST_WORD = 200


class HealthCollector:
    """Asks every endpoint of a check for its health document, all at once, each on a new connection.

    A refused connection is an observation, not an error: it becomes a row with no status. The control endpoint is
    asked only when somebody did not answer, since only then does it decide anything.
    """

    kind: ClassVar[str] = "health"
    at_once: ClassVar[int] = MOST

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._http = http or HttpClient(now)

    async def collect(self, check: HealthCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        exchanges = await asyncio.gather(*(self._ask(place) for place in check.endpoints))
        captures = [
            exchange.capture(item_name(number, str(place)), str(place))
            for number, (place, exchange) in enumerate(zip(check.endpoints, exchanges, strict=True), start=1)
        ]
        if check.control and any(exchange.no_answer for exchange in exchanges):
            control = await self._ask(check.control)
            captures.append(control.capture(_CONTROL, str(check.control)))
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request="\n".join(f"GET {capture.meta['url']}" for capture in captures),
            parameters={"proves": check.proves},
        )

    @staticmethod
    def rows_from(check: HealthCheck, captures: Sequence[RawCapture]) -> tuple[HealthRow, ...]:
        """The rows that captures give; nothing else is needed to make them again."""
        by_item = {capture.item: exchange_from(capture) for capture in captures}
        control = by_item.get(_CONTROL)
        answered = control.no_answer is None if control else None
        numbered = enumerate(map(str, check.endpoints), start=1)
        return tuple(
            _row(subject, by_item[item_name(number, subject)], control_answered=answered)
            for number, subject in numbered
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ask(self, place: Place) -> Exchange:
        return await self._http.get(self._sources.http(place.source), place.path)


def _row(subject: str, exchange: Exchange, *, control_answered: bool | None) -> HealthRow:
    document = _document(exchange)
    return HealthRow(
        subject=subject,
        url=exchange.url,
        address=exchange.address,
        http_status=exchange.status,
        body_status=_word(document, "status"),
        version=_word(document, "version"),
        seconds=exchange.seconds,
        resolve_seconds=exchange.resolve_seconds,
        connect_seconds=exchange.connect_seconds,
        tls_seconds=exchange.tls_seconds,
        first_byte_seconds=exchange.first_byte_seconds,
        body_bytes=len(exchange.body) if exchange.status is not None else None,
        certificate_expires_at=exchange.certificate_expires_at,
        no_answer=exchange.no_answer,
        control_answered=control_answered if exchange.no_answer else None,
    )


def _document(exchange: Exchange) -> Json:
    """The body as a JSON document; a health answer need not be one, and a broken one says nothing."""
    if exchange.no_answer or not exchange.body:
        return None
    try:
        return parse(decoded(exchange.body, exchange.headers.get("content-encoding"), _LARGEST_DOCUMENT))
    except Unreadable:
        return None


def _word(document: Json, name: str) -> str | None:
    value = document.get(name) if isinstance(document, dict) else None
    return printable(value, _LONGEST_WORD) if isinstance(value, str) and value else None
