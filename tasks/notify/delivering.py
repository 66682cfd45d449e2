"""Delivers what waits: all sinks at once, each one's messages in order, each under a time limit and all under one."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from checks.errors import ReadinessError
from checks.notifications import Notifications
from checks.telling.deliveries import Claim, Delivery, Failure, failed
from checks.telling.round import Message
from tasks.collectors.sources import HttpAccess
from tasks.notify import alertmanager, apprise_sink
from tasks.notify.sinks import Access, access_of
from tasks.notify.speaker import Speaker

_LEASE_BEYOND = timedelta(seconds=30)
"""How long after its time limit an attempt without an end counts as one of a run that died."""

_GRACE = 0.5
"""Seconds that a sink has beyond its limit to say itself how far it came."""


class Outbox(Protocol):
    """Where messages wait until they are told, and attempts are on record from before they begin."""

    def claim(
        self, sink: str, *, at: datetime, lease: timedelta, keys: Collection[str] | None = None
    ) -> Claim | None: ...

    def record(self, claim: Claim, delivery: Delivery, *, at: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """One attempt to tell one sink a message, and how long it took in seconds."""

    sink: str
    message: Message
    delivery: Delivery
    seconds: float


@dataclass(frozen=True, slots=True)
class Delivering:
    """Everything that delivering needs; `keys` are the only messages to tell, if not all that wait."""

    notifications: Notifications
    speaker: Speaker
    outbox: Outbox
    keys: Collection[str] | None = None

    def run(self) -> list[Told]:
        """Tells what waits; what a sink does not take waits on, and nothing else waits for that sink."""
        return asyncio.run(self._all())

    async def _all(self) -> list[Told]:
        deadline = monotonic() + self.notifications.overall.total_seconds()
        queues = await asyncio.gather(*(self._queue(sink, deadline) for sink in self.notifications.sinks))
        return [told for queue in queues for told in queue]

    async def _queue(self, sink: str, deadline: float) -> list[Told]:
        """One sink's messages, the oldest first, until one is not taken or the time for all is over."""
        found: list[Told] = []
        while (left := deadline - monotonic()) > 0:
            claim = await asyncio.to_thread(self._claim, sink)
            if claim is None:
                break
            began = monotonic()
            delivery = await self._deliver(claim.message, min(left, self.notifications.timeout.total_seconds()))
            found.append(Told(sink, claim.message, delivery, monotonic() - began))
            await asyncio.to_thread(self.outbox.record, claim, delivery, at=self.speaker.now())
            if not delivery.settled:
                break
        return found

    def _claim(self, sink: str) -> Claim | None:
        lease = self.notifications.timeout + _LEASE_BEYOND
        return self.outbox.claim(sink, at=self.speaker.now(), lease=lease, keys=self.keys)

    async def _deliver(self, message: Message, limit: float) -> Delivery:
        """One attempt. Whatever a sink does to us is a failure of that sink, and never of the run."""
        try:
            sink = self.notifications.sinks[message.sink]
            access = access_of(message.sink, sink, self.speaker.variables, seconds=limit)
        except KeyError as unset:
            return failed(Failure.UNSET, f"export {unset.args[0]}")
        try:
            async with asyncio.timeout(limit + _GRACE):
                return await tell(message, access, self.speaker)
        except TimeoutError:
            return failed(Failure.TIMED_OUT, f"{limit:.3g} s")
        except ReadinessError:
            raise
        except Exception as error:  # noqa: BLE001 (a sink that breaks us must not fail the run that has its evidence)
            return failed(Failure.BROKE, type(error).__name__)  # its words may hold the address


async def tell(message: Message, access: Access, speaker: Speaker) -> Delivery:
    """Tells a message to a sink of either kind."""
    if isinstance(access, HttpAccess):
        return await alertmanager.tell(message, access, speaker)
    return await apprise_sink.tell(message, access, speaker)
