"""Collecting as a Prefect task: one batch of checks of one kind, many asked at once."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from checks.catalog import Check
from checks.errors import CollectionError
from checks.evidence.records import Evidence
from tasks.collectors.collector import Collector

AT_ONCE = 64
"""How many checks of one kind are asked at the same time."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A check with the evidence it brought, or with the reason why it brought none."""

    check: Check
    evidence: Evidence | None
    failure: str | None = None


@task(name="collect", task_run_name="collect {kind}", cache_policy=NO_CACHE)
def collect(
    kind: str,  # noqa: ARG001 (Prefect names the task run by it)
    checks: Sequence[Check],
    open_collector: Callable[[], Collector[Any]],
) -> list[Collected]:
    """Asks every check of one kind; the collector and whatever it holds open lives only inside."""
    return asyncio.run(_collect_all(checks, open_collector))


async def _collect_all(checks: Sequence[Check], open_collector: Callable[[], Collector[Any]]) -> list[Collected]:
    turn = asyncio.Semaphore(AT_ONCE)
    async with aclosing(open_collector()) as collector:

        async def ask(check: Check) -> Collected:
            async with turn:
                return await _collect_one(collector, check)

        return list(await asyncio.gather(*(ask(check) for check in checks)))


async def _collect_one(collector: Collector[Any], check: Check) -> Collected:
    """The one place where anything that goes wrong becomes a finding instead of ending the run."""
    try:
        return Collected(check, await collector.collect(check))
    except CollectionError as error:
        return Collected(check, None, str(error))
    except Exception as error:  # noqa: BLE001 (see above: a broken collector is evidence about itself)
        return Collected(check, None, f"the {check.kind} collector broke: {type(error).__name__}: {error}")
