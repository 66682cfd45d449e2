"""Telling people after a run, and giving a sign of life: from what stands now and what they were told before."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from prefect.logging import get_run_logger

from checks.catalog import Catalog
from checks.errors import CatalogError, ReadinessError
from checks.notifications import Notifications
from checks.outcome import Outcome, Severity
from checks.readiness.facts import Facts
from checks.slots import Cadence, Slot
from checks.telling.deliveries import Delivery
from checks.telling.round import Round, decide
from checks.telling.topics import HEARTBEAT, RUN, SINK, Observation
from checks.telling.wording import plain
from flows.facts import facts_at, waivers_of
from flows.observing import whole
from flows.settings import environment
from flows.wiring import Wiring
from tasks.notify.delivering import Delivering
from tasks.notify.heartbeat import beat
from tasks.notify.speaker import Speaker
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotStatus
from tasks.tell import tell as deliver

MISSED_SINCE = {
    Cadence.PULSE: timedelta(days=1),
    Cadence.HOURLY: timedelta(days=7),
    Cadence.DAILY: timedelta(days=35),
    Cadence.WEEKLY: timedelta(days=91),
}
"""How far back missed slots are news to whoever was not told of them."""


@dataclass(slots=True)
class Ran:
    """How a run of a cadence ended: with a sealed bundle, with nothing to do, or with a failure in words."""

    cadence: Cadence
    sealed: bool = False
    failure: str | None = None


@contextmanager
def telling(wiring: Wiring, store: EvidenceStore, cadence: Cadence) -> Iterator[Ran]:
    """Tells people once a run has ended, also of one that failed; what the user wrote wrongly only the user is told."""
    ran = Ran(cadence)
    try:
        yield ran
    except CatalogError:
        raise
    except (ReadinessError, OSError) as error:
        tell(wiring, store, replace(ran, failure=str(error)))
        raise
    tell(wiring, store, ran)


def tell(wiring: Wiring, store: EvidenceStore, ran: Ran) -> None:
    """Tells who is to be told; whatever goes wrong is a warning, on record where it can be, and fails no run."""
    if wiring.catalog.notify is None:
        return
    try:
        _Telling(wiring, store, wiring.catalog.notify, wiring.clock()).tell(ran)
    except ReadinessError as error:
        get_run_logger().warning("untold: %s", error)


@dataclass(frozen=True, slots=True)
class _Telling:
    wiring: Wiring
    store: EvidenceStore
    notifications: Notifications
    at: datetime

    def tell(self, ran: Ran) -> None:
        known = self._round(ran, self._beat(ran))
        self.store.tellings.drop_all_but(list(self.notifications.sinks), at=self.at)
        self.store.tellings.decide(lambda states: decide(states, known, self.notifications))
        for one in deliver(whole(self.delivering())):
            if not one.delivery.settled:
                get_run_logger().warning("untold: %s: %s", one.sink, self._clean(one.delivery.because))

    def delivering(self) -> Delivering:
        return Delivering(self.notifications, speaker_of(self.wiring), self.store.tellings)

    def _beat(self, ran: Ran) -> Delivery | None:
        """The sign of life of a run that stored and sealed; of no other run."""
        address = self.notifications.heartbeat.get(ran.cadence)
        if address is None or not ran.sealed:
            return None
        limit = self.notifications.timeout
        found = beat(address, environment(), timeout=limit, now=self.wiring.clock)
        if not found.accepted:
            get_run_logger().warning("no heartbeat: %s", self._clean(found.because))
        return found

    def _round(self, ran: Ran, heartbeat: Delivery | None) -> Round:
        """What this run knows: where every check stands, how it ended itself, and which sinks take nothing."""
        catalog = self.wiring.catalog
        facts = facts_at(catalog, self.store, waivers_of(self.wiring.settings), as_of=self.at)
        standing = tuple(self._standing(facts))
        looked_at = [one for one in standing if facts.newest.get(one.topic)]
        return Round(
            at=self.at,
            observations=(*looked_at, *self._own(ran, heartbeat)),
            existing=_existing(catalog, self.notifications),
            missed={cadence: self._missed(cadence) for cadence in Cadence if catalog.on(cadence)},
            standing=standing,
        )

    def _standing(self, facts: Facts) -> Iterator[Observation]:
        """Where each check stands, by the worst of its subjects."""
        for name, check in facts.catalog.checks.items():
            worst = facts.standings(name)[0]
            because = worst.because if worst.subject == name else f"{worst.subject}: {worst.because}"
            owner = facts.catalog.owner_of(check)
            yield Observation(name, worst.outcome, self._clean(because), check.severity, owner, self.at)

    def _own(self, ran: Ran, heartbeat: Delivery | None) -> Iterator[Observation]:
        """How this program itself does: its runs, its heartbeats and its sinks."""
        yield self._about(f"{RUN}{ran.cadence}", ran.failure, "it ran", Severity.CRITICAL)
        if heartbeat is not None:
            failure = None if heartbeat.accepted else heartbeat.because
            yield self._about(f"{HEARTBEAT}{ran.cadence}", failure, "it was accepted")
        stuck = {one.sink: one for one in self.store.tellings.waiting() if one.attempts}
        for sink in self.notifications.sinks:
            one = stuck.get(sink)
            failure = None if one is None else f"{one.messages} messages wait: {one.failure or 'the run ended'}"
            yield self._about(f"{SINK}{sink}", failure, "it takes messages", apart_from=sink)

    def _about(
        self,
        topic: str,
        failure: str | None,
        good: str,
        severity: Severity = Severity.MAJOR,
        *,
        apart_from: str | None = None,
    ) -> Observation:
        outcome = Outcome.PASS if failure is None else Outcome.ERROR
        because = self._clean(failure) if failure is not None else good
        return Observation(topic, outcome, because, severity, None, self.at, apart_from)

    def _missed(self, cadence: Cadence) -> list[Slot]:
        records = self.store.slots(cadence, since=self.at - MISSED_SINCE[cadence], until=self.at)
        return [one.slot for one in records if one.status is SlotStatus.MISSED]

    def _clean(self, text: str) -> str:
        return plain(self.wiring.redactor.text(text))


def speaker_of(wiring: Wiring) -> Speaker:
    """Who speaks for a catalogue."""
    return Speaker(wiring.catalog.system, wiring.catalog.environment, wiring.clock, environment())


def _existing(catalog: Catalog, notifications: Notifications) -> frozenset[str]:
    """Every topic that there may be news of."""
    cadences = [cadence for cadence in Cadence if catalog.on(cadence)]
    runs = (f"{RUN}{cadence}" for cadence in cadences)
    beats = (f"{HEARTBEAT}{cadence}" for cadence in notifications.heartbeat)
    return frozenset({*catalog.checks, *runs, *beats, *(f"{SINK}{sink}" for sink in notifications.sinks)})
