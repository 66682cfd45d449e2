"""The alert drill: fired through Alertmanager's API, read back where it should have gone."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from checks.evidence.records import Instant, Record, rfc3339
from checks.kinds.alert import AlertCheck
from tasks.collectors.collector import Clock
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.http_exchange import Exchange
from tasks.collectors.sources import HttpAccess
from tasks.drills.course import Part, executor
from tasks.drills.interruption import to_the_end

FIRE, READ, CONTROL, RESOLVE = "fire", "read", "control", "resolve"
_ALERTS = "/api/v2/alerts"
_NONCE_LABEL = "readiness_drill"


class AlertFacts(Record):
    """What an alert drill knows beside the answers it got; `delivered_at` counts from firing.

    `decoy` is a nonce that was asked for in the same way and never fired.
    """

    nonce: str
    decoy: str
    environment: str
    executor: str
    fired_at: Instant
    delivered_at: float | None = None
    parts: tuple[Part, ...] = ()


@dataclass(slots=True)
class AlertDrill:
    """Fires one alert, waits for its nonce, and ends the alert however the wait ends."""

    check: AlertCheck
    alertmanager: HttpAccess
    receiver: HttpAccess
    http: HttpClient
    now: Clock
    environment: str
    monotonic: Callable[[], float] = time.monotonic
    nonce: str = field(default_factory=lambda: secrets.token_hex(12))
    decoy: str = field(default_factory=lambda: secrets.token_hex(12))
    exchanges: list[tuple[str, Exchange]] = field(default_factory=list)

    async def run(self) -> AlertFacts:
        began, fired_at = self.monotonic(), self.now().astimezone(UTC)
        parts, delivered_at = [], None

        def ended(name: str, since: float) -> None:
            parts.append(Part(name=name, began=since - began, seconds=self.monotonic() - since))

        accepted = await self._post(FIRE, fired_at, None)
        ended(FIRE, began)
        try:
            reading = self.monotonic()
            if accepted:
                delivered_at = await self._read_back(began)
                ended(READ, reading)
                self.exchanges.append((CONTROL, await self._read(self.decoy)))
        finally:
            resolving = self.monotonic()
            await to_the_end(self._post(RESOLVE, fired_at, self.now().astimezone(UTC)))
            ended(RESOLVE, resolving)
        return AlertFacts(
            nonce=self.nonce,
            decoy=self.decoy,
            environment=self.environment,
            executor=executor(),
            fired_at=fired_at,
            delivered_at=delivered_at,
            parts=tuple(parts),
        )

    async def _post(self, name: str, starts: datetime, ends: datetime | None) -> bool:
        """Fires the alert, or ends it; without its end it would end by itself soon after the drill's limit."""
        limit = self.check.expect.within + timedelta(minutes=1)
        alert = {
            "labels": {**self.check.labels, _NONCE_LABEL: self.nonce},
            "annotations": {"summary": f"A drill, nothing is wrong: {self.nonce}"},
            "startsAt": rfc3339(starts),
            "endsAt": rfc3339(ends or starts + limit),
        }
        asking = Asking("POST", accept="application/json", body=json.dumps([alert]).encode())
        exchange = await self.http.send(self.alertmanager, _ALERTS, asking)
        self.exchanges.append((name, exchange))
        return exchange.no_answer is None and exchange.status == 200

    async def _read_back(self, began: float) -> float | None:
        """Reads the receiver until the nonce stands there, or as long as it may take."""
        deadline = began + self.check.expect.within.total_seconds()
        while True:
            exchange = await self._read(self.nonce)
            answered = self.monotonic()
            self._keep_last(exchange)
            if is_delivered(exchange, self.nonce):
                return answered - began
            if answered > deadline:
                return None
            await asyncio.sleep(self.check.poll.total_seconds())

    async def _read(self, nonce: str) -> Exchange:
        return await self.http.get(self.receiver, self.check.receiver.path.replace("{nonce}", nonce))

    def _keep_last(self, exchange: Exchange) -> None:
        """Of all readings the last one decides; the others showed no nonce."""
        self.exchanges = [(name, one) for name, one in self.exchanges if name != READ]
        self.exchanges.append((READ, exchange))


def is_delivered(exchange: Exchange, nonce: str) -> bool:
    """Whether the nonce stands in a whole and good answer of the receiver."""
    return exchange.no_answer is None and exchange.status == 200 and nonce.encode() in exchange.body
