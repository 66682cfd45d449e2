"""Judging as a Prefect task: everything one kind of check brought, in one validation."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from checks.evidence.open_items import OpenItems
from checks.expectations.judge import judge as judged
from checks.expectations.suite import AnySuite, Fingerprints, Occasion
from checks.findings import Judgement, uncollected
from checks.slots import Slot
from tasks.collectors.asking import Collected


@task(name="judge", task_run_name="judge {kind}", cache_policy=NO_CACHE, persist_result=False)
def judge(
    kind: str,  # noqa: ARG001 (Prefect names the task run by it)
    collected: Sequence[Collected],
    suite: AnySuite,
    slot: Slot,
    occasion: Occasion,
) -> list[Judgement]:
    """Judges what was collected; a check that brought nothing is an ERROR about everything it owed."""
    batch = [(one.check, one.evidence) for one in collected if one.evidence is not None]
    failed = [
        uncollected(one.check, slot, failure=one.failure, now=occasion.now) for one in collected if one.evidence is None
    ]
    return [*judged(suite, batch, slot=slot, occasion=occasion), *failed]


def occasion(now: datetime, earlier: Fingerprints, open_items: Mapping[str, OpenItems]) -> Occasion:
    """When rows are judged, and what was there before."""
    return Occasion(now, earlier, open_items)
