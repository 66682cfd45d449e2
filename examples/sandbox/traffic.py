"""The traffic that the service has already seen when it starts: seeded, so that its numbers are the same every time."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from examples.sandbox.ledger import TENANTS

_SEED = 7
_SPAN = timedelta(minutes=15)
# Enough for each tenant's latency to be judged alone, not only that of all together.
_REQUESTS_A_TENANT = 500


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    at: datetime
    method: str
    path: str
    code: int
    seconds: float
    trace_id: str
    tenant: str | None = None
    retries: int = 0


def earlier_exchanges(until: datetime) -> Iterator[Exchange]:
    """The last quarter of an hour: half a per cent of server errors, a 95th percentile near 0.4 seconds."""
    dice = random.Random(_SEED)
    total = _REQUESTS_A_TENANT * len(TENANTS)
    for position in range(total):
        tenant = TENANTS[position % len(TENANTS)]
        yield Exchange(
            at=until - _SPAN * (total - position) / total,
            method="GET",
            path=f"/v1/{tenant}/entries",
            code=dice.choices((200, 404, 503), weights=(975, 20, 5))[0],
            seconds=dice.lognormvariate(math.log(0.12), 0.8),
            trace_id=f"{dice.getrandbits(128):032x}",
            tenant=tenant,
            retries=dice.choices((0, 1, 2), weights=(970, 25, 5))[0],
        )


def earlier_ingests() -> Iterator[tuple[str, float]]:
    """How long events took from their source into the ledger, in seconds: tenant by tenant, around half a second."""
    dice = random.Random(_SEED + 1)
    for _ in range(_REQUESTS_A_TENANT):
        for tenant in TENANTS:
            yield tenant, dice.lognormvariate(math.log(0.5), 0.5)
