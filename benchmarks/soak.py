"""Whether anything grows: hundreds of hourly slots in a row, in one process, the first of them beside the last.

The clock is set from hour to hour; all else is as in earnest: a flow run of a real Prefect server for each slot, checks
that ask a loopback HTTP server and read files, a SQLite store, sealing, and the evidence log. The first slots warm up
and do not count. Usage: python -m benchmarks.soak [--quick] [--json] [--slots N]
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.hourly_scale import start_prefect

WARM_UP = 20
"""Slots before the first that counts: modules are imported and caches filled, and the tracker has its history."""
COUNTED, QUICKLY_COUNTED = 50, 6
SLOTS, QUICK_SLOTS = 500, 36
LIMIT = 1.1
HEALTH = 20
START = datetime(2026, 1, 5, 0, 7, tzinfo=UTC)

HEALTHY = b'{"status": "pass", "version": "v1.0.0"}'
METRICS = b"""\
# TYPE http_requests_total counter
http_requests_total{code="200"} 990
http_requests_total{code="500"} 2
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.5"} 900
http_request_duration_seconds_bucket{le="+Inf"} 992
http_request_duration_seconds_sum 100.5
http_request_duration_seconds_count 992
"""
CATALOG = """\
system: soak
environment: bench
sources:
  api: {http: "${BENCH_URL}"}
  files: {folder: "FOLDER"}
checks:
  report: {kind: freshness, document: 'files:report.json', expect: {max_age: 2h, status: [pass]}}
  figures:
    kind: metrics
    document: api:/metrics
    expect:
      types: {http_requests_total: counter, http_request_duration_seconds: histogram}
  books: {kind: reconciliation, left: 'files:left.jsonl', right: 'files:right.jsonl', key: id, columns: [amount]}
"""
Row = dict[str, float | str]


class Clock:
    """The time of the slot that is simulated; it goes on while that slot's run lasts."""

    def __init__(self, start: datetime) -> None:
        self._hour = start
        self._since = time.perf_counter()

    def __call__(self) -> datetime:
        return self._hour + timedelta(seconds=time.perf_counter() - self._since)

    def strike(self) -> datetime:
        """The next hour begins."""
        self._hour, self._since = self._hour + timedelta(hours=1), time.perf_counter()
        return self._hour


async def serve() -> None:
    """A loopback HTTP server of health and metrics; prints its port and runs until it is stopped."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_metrics = b" /metrics" in await reader.readuntil(b"\r\n\r\n")
        kind, body = (b"text/plain; version=0.0.4", METRICS) if is_metrics else (b"application/json", HEALTHY)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        writer.write(head % (kind, len(body)) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def files_of(folder: Path, at: datetime) -> None:
    """What the system that is looked at leaves in its folder each hour."""
    folder.mkdir(exist_ok=True)
    report = {"generated_at": at.isoformat(), "status": "pass", "entries": at.timestamp()}  # always the same is stale
    (folder / "report.json").write_text(json.dumps(report))
    rows = "".join(f'{{"id": {number}, "amount": {number * 7}}}\n' for number in range(200))
    for side in ("left", "right"):
        (folder / f"{side}.jsonl").write_text(rows)


def catalog(folder: Path) -> str:
    health = [
        f"  service-{number:02}: {{kind: health, endpoints: ['api:/health/{number}']}}" for number in range(HEALTH)
    ]
    return CATALOG.replace("FOLDER", str(folder)) + "\n".join(health) + "\n"


def run_slots(slots: int, told: Callable[[int, Row], None]) -> list[Row]:
    """So many slots, one after the other in this process; of each its seconds and what the process holds then."""
    from flows.settings import prepare_process

    prepare_process()
    from flows import wiring
    from flows.hourly import hourly

    home, clock = Path(os.environ["READINESS_HOME"]), Clock(START)
    home.mkdir(parents=True)
    path = home / "readiness.yaml"
    path.write_text(catalog(home / "files"))
    wiring.now = clock
    found: list[Row] = []
    for number in range(slots):
        files_of(home / "files", clock.strike())
        began, used = time.perf_counter(), time.process_time()
        summary = hourly(catalog=path)
        seconds, of_processor = time.perf_counter() - began, time.process_time() - used
        assert summary.bundle is not None
        assert not summary.missed
        assert all(outcome.passes for outcome in summary.outcomes.values()), summary.outcomes
        held = {"open_files": sum(1 for _ in Path("/proc/self/fd").iterdir()), "threads": threading.active_count()}
        found.append({"seconds": seconds, "processor": of_processor, "resident_mb": resident(), **held})
        told(number, found[-1])
    return found


def resident() -> float:
    """The memory of this process that is in use now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(slots: int, *, verbose: bool) -> list[Row]:
    """All slots, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak", "--serve"], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        environment = {
            **os.environ,
            "BENCH_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}",
            "READINESS_HOME": f"{folder}/home",
        }
        prefect, environment["PREFECT_API_URL"] = start_prefect(Path(folder), environment)
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.soak", "--one", "--slots", str(slots)]
        try:
            done = subprocess.run(
                [*command, *(["--verbose"] if verbose else [])],
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        finally:
            for process in (server, prefect):
                process.terminate()
                process.wait()
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def compared(rows: Sequence[Row], counted: int) -> list[Row]:
    """The medians of the first slots that count, and of the last."""
    parts = {"first": rows[WARM_UP : WARM_UP + counted], "last": rows[-counted:]}
    return [
        {
            "slots": name,
            **{figure: round(statistics.median(float(row[figure]) for row in part), 3) for figure in rows[0]},
        }
        for name, part in parts.items()
    ]


def report(rows: Sequence[Row], slots: int, *, as_json: bool) -> None:
    first, last = rows
    targets = []
    for figure, words in (("seconds", "run time"), ("resident_mb", "memory")):
        ratio = round(float(last[figure]) / float(first[figure]), 3)
        what = f"{words} of the last slots of {slots}, over that of the first after {WARM_UP}"
        targets.append({"what": what, "value": ratio, "limit": LIMIT, "met": ratio <= LIMIT})
    if as_json:
        print(json.dumps({"name": "soak", "cores": os.cpu_count(), "rows": rows, "targets": targets}))
        return
    print("  ".join(f"{name:>11}" for name in first))
    for row in rows:
        print("  ".join(f"{value:>11}" for value in row.values()))
    for target in targets:
        print(f"{target['what']}: {target['value']} (limit {LIMIT}): {'met' if target['met'] else 'NOT MET'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--quick", "--json", "--serve", "--one", "--verbose"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--slots", type=int)
    arguments = parser.parse_args()
    slots = arguments.slots or (QUICK_SLOTS if arguments.quick else SLOTS)
    counted = QUICKLY_COUNTED if slots < WARM_UP + 2 * COUNTED else COUNTED
    if arguments.serve:
        asyncio.run(serve())
    elif arguments.one:
        print(json.dumps(run_slots(slots, tell if arguments.verbose else lambda _number, _row: None)))
    else:
        if slots < WARM_UP + 2 * counted:
            parser.error(f"--slots: {WARM_UP + 2 * counted} are the fewest")
        report(compared(measure(slots, verbose=arguments.verbose), counted), slots, as_json=arguments.json)


def tell(number: int, row: Row) -> None:
    """Every tenth slot as it ends, on standard error."""
    if number % 10 == 0:
        print(number, *(f"{name}={float(value):.3f}" for name, value in row.items()), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
