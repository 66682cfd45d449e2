"""What evaluating objectives costs: two hundred of them over thirty days of looks, one a minute, out of the own store.

Usage: python -m benchmarks.objectives [--quick] [--json] [--objectives N] [--days N] [--postgresql URL]. `--quick`
takes 20 objectives over three days. Every twentieth hour of a series has an outage of four minutes, every fiftieth a
hole. Two stores are filled hour by hour as runs fill them: one with the window's history, the other with a day more
before it. Evaluating them, in turn, is a process of its own each time, whose memory is its alone; it collects and
judges every objective as a run does. PostgreSQL is measured where the URL of a server is given on which databases may
be made. Everything that was made is removed.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks.assess_history import database_on
from checks.findings import RunContext
from checks.samples import Samples, SampleState, SeriesKey
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus

OBJECTIVES, DAYS, ROUNDS = 200, 30, 7
STORES = ("window", "longer")
START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR, MINUTE_MS, IN_HOUR = timedelta(hours=1), 60_000, 60
CONTEXT = RunContext("production", "v0.2.0", "c" * 64)
LIMIT_SECONDS, LIMIT_MB, LIMIT_GROWTH = 10.0, 500.0, 1.1


def hour_of(number: int, hour: int) -> Samples:
    """An hour's looks at one service."""
    first = int((START + hour * HOUR).timestamp()) * 1000
    instants = first + MINUTE_MS * np.arange(IN_HOUR, dtype=np.int64)
    states = np.full(IN_HOUR, SampleState.GOOD, np.uint8)
    place = (hour * 31 + number * 7) % 100
    if place % 20 == 0:
        states[20:24] = SampleState.BAD
    if place % 50 == 1:
        instants, states = np.delete(instants, slice(30, 36)), np.delete(states, slice(30, 36))
    values = np.where(states == SampleState.GOOD, 1.0, 0.0)
    return Samples(SeriesKey(f"service-{number:03}", "api:/health", "up"), MINUTE_MS, instants, values, states)


def fill(url: str, objectives: int, hours: range) -> float:
    """Records some hours; the seconds that it took."""
    begun = time.perf_counter()
    with EvidenceStore.open(url) as store:
        for hour in hours:
            slot = Slot(START + hour * HOUR, Cadence.PULSE)
            contents = SlotContents((), [hour_of(number, hour) for number in range(objectives)])
            store.record(slot, contents, status=SlotStatus.COLLECTED, context=CONTEXT, staging="s")
    return time.perf_counter() - begun


def evaluated(url: str, objectives: int, days: int, until: datetime) -> dict[str, float]:
    """Every objective collected and judged, in this process: seconds of wall clock and of CPU, peak MB."""
    from checks.expectations.availability import AVAILABILITY
    from checks.expectations.judge import judge
    from checks.expectations.suite import Occasion
    from checks.kinds.availability import AvailabilityCheck
    from tasks.collectors.availability import AvailabilityCollector
    from tasks.collectors.sources import Sources

    asked = {"target": "99%", "time_window": f"{days}d"}
    checks = [
        AvailabilityCheck.model_validate({"id": f"uptime-{number:03}", "of": f"service-{number:03}", **asked})
        for number in range(objectives)
    ]
    collector = AvailabilityCollector(Sources({}), lambda: until, open_store=lambda: EvidenceStore.open(url))

    async def collected() -> list[Any]:
        return list(await asyncio.gather(*map(collector.collect, checks)))

    judge(AVAILABILITY, [], slot=Slot(START, Cadence.HOURLY), occasion=Occasion(until, {}))  # imports
    begun, cpu = time.perf_counter(), time.process_time()
    evidence = asyncio.run(collected())
    between = time.perf_counter()
    occasion = Occasion(until, {})
    judgements = judge(AVAILABILITY, list(zip(checks, evidence, strict=True)), slot=_slot(until), occasion=occasion)
    ended = time.perf_counter()
    looks = sum(row.looks for one in evidence for row in one.rows)
    assert len(judgements) == objectives
    assert looks > 0.99 * 0.97 * objectives * days * 24 * IN_HOUR, "the whole history was read"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "collect": between - begun,
        "judge": ended - between,
        "total": ended - begun,
        "cpu": time.process_time() - cpu,
        "looks": looks,
        "peak_mb": peak,
    }


def _slot(until: datetime) -> Slot:
    return Slot(Cadence.HOURLY.floor(until), Cadence.HOURLY)


def in_process(url: str, objectives: int, days: int, until: datetime) -> dict[str, float]:
    """What evaluating costs in a process of its own."""
    told = json.dumps({"url": url, "objectives": objectives, "days": days, "until": until.isoformat()})
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.objectives", "--evaluate", told]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(kind: str, urls: Sequence[str], objectives: int, days: int) -> Iterator[dict[str, Any]]:
    """What one window costs, in turn, in a store of just its history and in one with a day more before it."""
    until = START + timedelta(days=days + 1, minutes=-17)
    first = (23, 0)  # the window begins within the hour before its first whole one
    filling = [fill(url, objectives, range(hour, 24 * (days + 1))) for hour, url in zip(first, urls, strict=True)]
    rounds = ROUNDS if objectives >= OBJECTIVES else 1
    costs = [[in_process(url, objectives, days, until) for url in urls] for _ in range(rounds)]
    for more, one in enumerate(zip(*costs, strict=True)):
        medians = {name: statistics.median(cost[name] for cost in one) for name in one[0]}
        quickest = min(cost["cpu"] for cost in one)
        yield {"store": kind, "days of history": days + more, "fill": filling[more], **medians, "least cpu": quickest}


def targets_of(kind: str, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    window, longer = (row for row in rows if row["store"] == kind)
    yield _target(f"{kind}: all evaluated, s", window["total"], LIMIT_SECONDS)
    yield _target(f"{kind}: peak memory, MB", window["peak_mb"], LIMIT_MB)
    yield _target(
        f"{kind}: CPU with one more day of history, over without",
        longer["least cpu"] / window["least cpu"],
        LIMIT_GROWTH,
    )


def _target(what: str, value: float, limit: float) -> dict[str, Any]:
    return {"what": what, "value": round(value, 3), "limit": limit, "met": value <= limit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--objectives", type=int)
    parser.add_argument("--days", type=int)
    parser.add_argument("--postgresql", help="URL of a server where databases may be made")
    parser.add_argument("--evaluate", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.evaluate:
        told = json.loads(options.evaluate)
        print(json.dumps(evaluated(**told | {"until": datetime.fromisoformat(told["until"])})))
        return
    objectives = options.objectives or (20 if options.quick else OBJECTIVES)
    days = options.days or (3 if options.quick else DAYS)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += measured("sqlite", [f"sqlite:///{folder}/{name}.db" for name in STORES], objectives, days)
    if options.postgresql:
        with ExitStack() as stack:
            made = [database_on(options.postgresql, f"bench_{name}_{os.getpid()}") for name in STORES]
            rows += measured("postgresql", [stack.enter_context(one) for one in made], objectives, days)
    targets = [one for kind in dict.fromkeys(row["store"] for row in rows) for one in targets_of(kind, rows)]
    if options.json:
        print(json.dumps({"name": "objectives", "cores": os.cpu_count(), "rows": rows, "targets": targets}))
        return
    print(f"{objectives} objectives over {days} days; {os.cpu_count()} cores")
    columns = ("days of history", "looks", "fill", "collect", "judge", "total", "cpu", "least cpu", "peak_mb")
    print(f"{'store':<12}" + "".join(f"{name:>16}" for name in columns))
    for row in rows:
        print(f"{row['store']:<12}" + "".join(f"{row[name]:>16,.2f}" for name in columns))
    for one in targets:
        print(f"{'met' if one['met'] else 'MISSED':<8}{one['what']}: {one['value']} (at most {one['limit']})")


if __name__ == "__main__":
    main()
