"""What a pulse costs: a thousand health checks, each looked at every ten seconds, against a loopback server.

Usage: python -m benchmarks.pulse [--quick] [--json] [--checks N] [--seconds N]. `--quick` lasts 30 seconds. The server
is a process of its own. The process that looks is measured with all that it makes of its looks: rows, captures and
samples. Each look is held against the instant at which it was due; one that is not there was left out.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks import hourly_scale
from checks.kinds.health import HealthCheck
from checks.kinds.pulsed import PulsedCheck
from tasks.collectors.asking import Collected
from tasks.collectors.collector import Clock, Collector
from tasks.collectors.health import HealthCollector
from tasks.collectors.http_client import HttpClient
from tasks.collectors.pulse import Pulse, take_pulse
from tasks.collectors.sources import HttpAccess, Sources

CHECKS, EVERY, SECONDS = 1_000, timedelta(seconds=10), 60.0
OF_INTERVAL, AT_ONCE = 0.9, 200
LIMIT_CORE, LIMIT_LATE, LIMIT_LEFT_OUT = 0.6, 1.0, 0.001


def now() -> datetime:
    return datetime.now(UTC)


def checks(number: int) -> list[PulsedCheck]:
    """Health checks of one server, each with an endpoint of its own."""
    asked = {"kind": "health", "every": "pulse", "sample_every": "10s", "expect": {"status": ["pass"]}}
    return [
        HealthCheck.model_validate({"id": f"check-{one:04}", "endpoints": [f"api:/health/{one}"], **asked})
        for one in range(number)
    ]


async def pulsed(url: str, number: int, seconds: float) -> list[Collected]:
    """What looking for so many seconds brought."""
    sources = Sources({"api": HttpAccess("api", url, {}, 10.0, 1_000_000)})

    def opened(_kind: str, interval: timedelta, clock: Clock) -> Collector[Any]:
        within = sources.within(interval.total_seconds() * OF_INTERVAL)
        return HealthCollector(within, clock, http=HttpClient(clock, concurrency=AT_ONCE))

    asked = checks(number)
    until = now() + timedelta(seconds=seconds)
    return await take_pulse(Pulse(asked, None, until, timedelta(), opened, lambda: False), now)


def measure(url: str, number: int, seconds: float) -> dict[str, float]:
    """The share of a core, how late looks were after the first of their check, how many were left out, and memory."""
    begun, cpu = time.perf_counter(), time.process_time()
    found = asyncio.run(pulsed(url, number, seconds))
    took, spent = time.perf_counter() - begun, time.process_time() - cpu
    late, there, due, good = [], 0, 0, 0
    ends = max(int(series.instants[-1]) for one in found for series in one.samples)
    for one in found:
        (up,) = [series for series in one.samples if series.key.measure == "up"]
        there += len(up)
        due += 1 + int((ends - up.instants[0]) / (EVERY.total_seconds() * 1000))
        good += int((up.values == 1.0).sum())
        steps = np.arange(len(up)) * (EVERY.total_seconds() * 1000)
        # A look that was left out shifts those after it by a whole interval, and counts as left out and not as late.
        off = (up.instants - up.instants[0] - steps) % (EVERY.total_seconds() * 1000)
        late += np.minimum(off, EVERY.total_seconds() * 1000 - off).tolist()
    return {
        "checks": number,
        "looks": there,
        "good": good,
        "left_out": max(0.0, 1 - there / due),
        "core": spent / took,
        "late_p99": float(np.percentile(late, 99)) / 1000,
        "late_most": float(np.max(late)) / 1000,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="end within 50 seconds")
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--checks", type=int, default=CHECKS)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    seconds = options.seconds or (30.0 if options.quick else SECONDS)
    server = subprocess.Popen([sys.executable, hourly_scale.__file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        row = measure(f"http://127.0.0.1:{server.stdout.readline().strip()}", options.checks, seconds)
    finally:
        server.terminate()
        server.wait()
    limits = {
        "share of a core": ("core", LIMIT_CORE),
        "looks left out, share": ("left_out", LIMIT_LEFT_OUT),
        "99 of 100 looks are late by at most, s": ("late_p99", LIMIT_LATE),
    }
    targets = [
        {"what": what, "value": round(row[name], 4), "limit": limit, "met": row[name] <= limit}
        for what, (name, limit) in limits.items()
    ]
    if options.json:
        print(json.dumps({"name": "pulse", "cores": os.cpu_count(), "rows": [row], "targets": targets}))
        return
    print(f"{seconds:g} s, one look every {EVERY.total_seconds():g} s; {os.cpu_count()} cores")
    print("".join(f"{name:>12}" for name in row))
    print("".join(f"{value:>12,.3f}" for value in row.values()))
    for one in targets:
        print(f"{'met' if one['met'] else 'MISSED':<8}{one['what']}: {one['value']} (at most {one['limit']})")


if __name__ == "__main__":
    main()
