"""Comparing as Prefect tasks: one for each key range, mapped over a task runner, with progress as an artifact."""

import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import httpx
from prefect import task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import PrefectException

from checks.kinds.comparison import ComparisonCheck
from tasks.comparison import Comparison, ComparisonResult, Progress, combine, compare, filled_here, split
from tasks.comparison.errors import ComparisonCancelledError
from tasks.runners import Sign, task_runner

TOLD_SECONDS = 2.0
LOOK_SECONDS = 0.2
ENDING_SECONDS = 30.0
"""How long ranges that were asked to stop are waited for: a worker that died never answers."""
Asked = Callable[[], bool]
Report = Callable[[Progress], None]
Environment = Callable[[], Mapping[str, str]]


@task(name="compare", task_run_name="compare {label}", cache_policy=NO_CACHE, persist_result=False)
def compare_range(
    label: str,  # noqa: ARG001 (Prefect names the task run by it)
    number: int,
    request: Comparison,
    *,
    sign: Sign,
    environment: Environment,
) -> ComparisonResult:
    """Compares one key range; its sides are opened here, wherever the task runs, at addresses filled in from there."""
    here = filled_here(request, environment())
    return compare(here, progress=lambda progress: sign.tell(number, progress), cancelled=sign.heard())


@dataclass(frozen=True, slots=True)
class RangeComparer:
    """Compares a check's sides whole, or in as many key ranges as it asks for, on the task runner of the settings.

    `stopping` is set when the run is interrupted or cancelled: every comparison under way then ends its queries.
    `environment`, called where a range is compared, is what references in addresses are filled from there.
    """

    runner: str
    environment: Environment
    stopping: threading.Event = field(default_factory=threading.Event)

    def __reduce__(self) -> tuple[type["RangeComparer"], tuple[str, Environment]]:
        """A copy elsewhere hears of no interruption here: Dask copies the task around a range along with it."""
        return RangeComparer, (self.runner, self.environment)

    def __call__(self, check: ComparisonCheck, request: Comparison, cancelled: Asked) -> ComparisonResult:
        def stop() -> bool:
            return cancelled() or self.stopping.is_set()

        with progress_artifact(check.id) as report:
            parts = split(request, check.ranges, cancelled=stop) if check.ranges > 1 else (request,)
            if len(parts) == 1:
                return compare(request, progress=report, cancelled=stop)
            return combine(request, self._mapped(check.id, parts, stop, report))

    def _mapped(self, name: str, parts: Sequence[Comparison], stop: Asked, report: Report) -> list[ComparisonResult]:
        """The results of all parts in their order; the first failure stops the others and is raised."""
        with task_runner(self.runner, workers=len(parts)) as (runner, sign):
            futures = {
                number: runner.submit(
                    cast("Any", compare_range),
                    {
                        "label": f"{name} {number + 1}/{len(parts)}",
                        "number": number,
                        "request": part,
                        "sign": sign,
                        "environment": self.environment,
                    },
                )
                for number, part in enumerate(parts)
            }
            found: dict[int, ComparisonResult] = {}
            failures: list[BaseException] = []
            patience = math.inf
            try:
                while len(found) + len(failures) < len(parts):
                    time.sleep(LOOK_SECONDS)
                    if failures or stop():
                        sign.put_up()
                        patience = min(patience, time.monotonic() + ENDING_SECONDS)
                    if time.monotonic() > patience:
                        failures.append(ComparisonCancelledError(f"{len(futures)} ranges did not end when asked to"))
                        break
                    _gather(futures, found, failures)
                    report(added_up(found, sign.told(), parts=len(parts)))
            finally:
                sign.put_up()
        if failures:
            raise min(failures, key=lambda failure: isinstance(failure, ComparisonCancelledError))
        return [found[number] for number in range(len(parts))]


def _gather(futures: dict[int, Any], found: dict[int, ComparisonResult], failures: list[BaseException]) -> None:
    """Takes what is done out of the futures."""
    for number in [number for number, future in futures.items() if future.wrapped_future.done()]:
        result = futures.pop(number).result(raise_on_failure=False)
        if isinstance(result, ComparisonResult):
            found[number] = result
        else:
            failures.append(result)


def added_up(found: dict[int, ComparisonResult], told: dict[int, Progress], *, parts: int) -> Progress:
    """How far all parts are together; an estimate only where each part has one."""
    done = {number: result.rows.left + result.rows.right for number, result in found.items()}
    rows = {**{number: progress.rows for number, progress in told.items()}, **done}
    estimates = {**{number: progress.of for number, progress in told.items()}, **done}
    known = [of for of in estimates.values() if of is not None]
    return Progress(f"{len(found)} of {parts} ranges", sum(rows.values()), sum(known) if len(known) == parts else None)


@contextmanager
def progress_artifact(name: str) -> Iterator[Report]:
    """Tells progress as a Prefect artifact, every two seconds at most; one that cannot be written stops nothing."""
    artifact: UUID | None = None
    with suppress(PrefectException, httpx.HTTPError):
        key = re.sub("[^a-z0-9]+", "-", f"{name}-comparison".lower()).strip("-")
        artifact = cast("UUID", create_progress_artifact(progress=0.0, key=key, description=f"{name}: opening"))
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        if artifact is None or time.monotonic() - last < TOLD_SECONDS:
            return
        last = time.monotonic()
        with suppress(PrefectException, httpx.HTTPError):
            update_progress_artifact(artifact, progress=percent(progress), description=f"{name}: {words(progress)}")

    yield report
    if artifact is not None:
        with suppress(PrefectException, httpx.HTTPError):
            update_progress_artifact(artifact, progress=100.0, description=f"{name}: compared")


def percent(progress: Progress) -> float:
    """The share of the estimate, never past 99 before the end; 0 where there is no estimate."""
    return min(99.0, 100.0 * progress.rows / progress.of) if progress.of else 0.0


def words(progress: Progress) -> str:
    """The phase, the rows read of both sides, and the estimate."""
    of = f" of about {progress.of:,}" if progress.of is not None else ""
    return f"{progress.phase}, {progress.rows:,}{of} rows"
