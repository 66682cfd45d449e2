"""Spreading wide catalogues: checks in shards over a Dask cluster, where the settings name one.

On threads every kind is one task, which asks many checks at once; that is enough for thousands of endpoints. A cluster
helps where reading the answers takes longer than waiting for them, or where only its workers reach the sources.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from prefect.futures import PrefectFuture

from checks.catalog import Check
from checks.errors import CollectionError
from checks.kinds.availability import AvailabilityCheck
from checks.kinds.backup import BackupCheck
from checks.kinds.comparison import ComparisonCheck
from checks.kinds.objective import ObjectiveCheck
from flows.settings import environment
from flows.wiring import Wiring, collector_type
from tasks.collect import collect
from tasks.collectors.asking import Collected
from tasks.collectors.collector import Clock, Collector
from tasks.collectors.own_secrets import secrets_of
from tasks.collectors.redacting import Redactor
from tasks.collectors.sources import SourceTemplates
from tasks.runners import THREADS, Attendance, result_of, task_runner

SHARD = 50
"""Checks of one kind in a task."""
MOST_WORKERS = 8
"""Workers of a cluster that is started for a run on this machine."""
_STAYING = (ComparisonCheck, AvailabilityCheck, ObjectiveCheck, BackupCheck)
"""Kinds that stay: they spread by themselves, read the store, or need the disk of this machine."""


@dataclass(frozen=True, slots=True)
class CollectorThere:
    """Opens the collector of a kind wherever it is called; references are filled from the environment of that place."""

    kind: str
    sources: SourceTemplates
    clock: Clock

    def __call__(self) -> Collector[Any]:
        opened: Collector[Any] = collector_type(self.kind)(self.sources.filled(environment()), self.clock)
        return opened


@dataclass(frozen=True, slots=True)
class RedactorThere:
    """Knows what references are filled with wherever it is called: nothing secret comes back from there."""

    sources: SourceTemplates

    def __call__(self) -> Redactor:
        return Redactor(secrets_of(self.sources.filled(environment()), environment()))


def spreadable(wiring: Wiring, checks: Sequence[Check]) -> list[Check]:
    """The checks that may be asked elsewhere; none where the task runner is this process."""
    if wiring.settings.task_runner == THREADS:
        return []
    return [check for check in checks if not check.changes and not isinstance(check, _STAYING)]


def spread(wiring: Wiring, checks: Sequence[Check]) -> dict[str, list[Collected]]:
    """What checks brought, by kind, asked in shards on the task runner of the settings."""
    shards = _shards(wiring, checks)
    if not shards:
        return {}
    with task_runner(wiring.settings.task_runner, workers=min(len(shards), MOST_WORKERS)) as (runner, _):
        futures = [
            runner.submit(
                cast("Any", collect),
                {
                    "kind": shard[0].kind,
                    "checks": shard,
                    "open_collector": CollectorThere(shard[0].kind, _templates(wiring, shard), wiring.clock),
                    "open_redactor": RedactorThere(_templates(wiring, shard)),
                },
            )
            for shard in shards
        ]
        attendance = Attendance(runner)
        brought: dict[str, list[Collected]] = defaultdict(list)
        for shard, future in zip(shards, futures, strict=True):
            brought[shard[0].kind].extend(_brought(shard, future, attendance))
    return dict(brought)


def _brought(shard: Sequence[Check], future: PrefectFuture[Any], attendance: Attendance) -> list[Collected]:
    """What a shard brought; where the cluster lost it, each of its checks says so."""
    try:
        return cast("list[Collected]", result_of(future, attendance))
    except CollectionError as error:
        return [Collected(check, None, str(error)) for check in shard]


def _shards(wiring: Wiring, checks: Sequence[Check]) -> list[list[Check]]:
    """Checks of one kind whose sources have the same references: where one is not set, no other check is without it."""
    alike: dict[tuple[str, frozenset[str]], list[Check]] = defaultdict(list)
    for check in checks:
        alike[check.kind, _templates(wiring, [check]).references].append(check)
    return [some[start : start + SHARD] for some in alike.values() for start in range(0, len(some), SHARD)]


def _templates(wiring: Wiring, checks: Sequence[Check]) -> SourceTemplates:
    """The sources that these checks ask, and no other."""
    names = dict.fromkeys(name for check in checks for name in check.sources if name in wiring.catalog.sources)
    return SourceTemplates.of(wiring.catalog, names)
