"""Collecting as a Prefect task: one batch of checks of one kind, many asked at once."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from checks.catalog import Check
from checks.errors import CatalogError
from tasks.collectors.asking import Collected, collect_one
from tasks.collectors.collector import Collector
from tasks.collectors.redacting import Redactor

AT_ONCE = 64
"""How many checks of one kind are asked at the same time, unless its collector says `at_once` how many it can take."""


@task(name="collect", task_run_name="collect {kind}", cache_policy=NO_CACHE, persist_result=False)
def collect(
    kind: str,  # noqa: ARG001 (Prefect names the task run by it)
    checks: Sequence[Check],
    open_collector: Callable[[], Collector[Any]],
    open_redactor: Callable[[], Redactor],
) -> list[Collected]:
    """Asks every check of one kind; the collector, what it holds open, and what must not show live only inside."""
    return asyncio.run(_collect_all(checks, open_collector, open_redactor))


async def _collect_all(
    checks: Sequence[Check], open_collector: Callable[[], Collector[Any]], open_redactor: Callable[[], Redactor]
) -> list[Collected]:
    """So many askers, each taking the next check as soon as it is done with one; what they found, in order."""
    waiting = iter(enumerate(checks))
    found: dict[int, Collected] = {}
    try:
        opened, redactor = open_collector(), open_redactor()
    except CatalogError as error:  # what is set here need not be set where the task was sent
        return [Collected(check, None, "; ".join(error.problems)) for check in checks]
    async with aclosing(opened) as collector:

        async def ask() -> None:
            for number, check in waiting:
                found[number] = await collect_one(collector, check, redactor)

        at_once: int = getattr(collector, "at_once", AT_ONCE)
        await asyncio.gather(*(ask() for _ in range(min(at_once, len(checks)))))
    return [found[number] for number in range(len(checks))]
