"""Sampling as a Prefect task: every pulsed check of a run, looked at side by side until the pulse is over."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.collectors.asking import Collected
from tasks.collectors.collector import Clock
from tasks.collectors.pulse import Pulse, take_pulse


@task(name="sample", cache_policy=NO_CACHE, persist_result=False)
def sample(pulse: Pulse, clock: Clock) -> list[Collected]:
    """Looks at the checks of a pulse as long as it lasts; no single look is a task."""
    return asyncio.run(take_pulse(pulse, clock))
