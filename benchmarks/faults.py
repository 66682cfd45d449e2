"""What sources that are down cost an hourly run: 1,000 health checks, all healthy beside 300 that refuse, 50 that hang
and 20 that send bodies without end.

Both runs take turns, each in a process of its own, against one Prefect server and one HTTP server (a process each).
Usage: python -m benchmarks.faults [--quick] [--json]
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hourly_scale import ANSWER, start_prefect

ROUNDS = 3
RATIO = 1.5
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
PIECE = b" " * 65_536


@dataclass(frozen=True, slots=True)
class Size:
    """How many checks there are, how many of them go wrong in which way, and how long one answer may take."""

    checks: int
    refusing: int
    hanging: int
    endless: int
    timeout: int  # seconds

    @property
    def broken(self) -> int:
        return self.refusing + self.hanging + self.endless


FULL = Size(1_000, 300, 50, 20, timeout=10)
QUICK = Size(300, 90, 15, 6, timeout=5)


async def serve() -> None:
    """A loopback server: well, never, or without end, as the path asks; prints its port and runs until stopped."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
        try:
            if path.startswith(b"/hanging"):
                await reader.read()  # until the other side gives up
            elif path.startswith(b"/endless"):
                writer.write(HEAD + b"\r\n")
                while True:
                    writer.write(PIECE)
                    await writer.drain()
            else:
                writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
                await writer.drain()
        except ConnectionError:
            """Whoever asked had enough."""
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def catalog(size: Size, *, faulty: bool) -> str:
    """A catalogue of health checks, of which some are asked where nobody answers well; these stand among the others."""
    ways = ["refusing"] * size.refusing + ["hanging"] * size.hanging + ["endless"] * size.endless
    ways += ["good"] * (size.checks - len(ways))
    random.Random(8).shuffle(ways)
    lines = ["system: faults", "environment: bench", "sources:"]
    lines += [
        f'  api: {{http: "${{BENCH_URL}}", timeout: {size.timeout}s}}',
        f'  gone: {{http: "${{BENCH_GONE}}", timeout: {size.timeout}s}}',
        "checks:",
    ]
    for number, way in enumerate(ways):
        asked = way if faulty else "good"
        source = "gone" if asked == "refusing" else "api"
        said = f"{{kind: health, endpoints: ['{source}:/{asked}/{number}'], expect: {{status: [pass]}}}}"
        lines.append(f"  check-{number:05}: {said}")
    return "\n".join(lines) + "\n"


def run_one(size: Size, *, faulty: bool) -> dict[str, float]:
    """One hourly run in this process: its seconds and those of its collecting, and the peak of memory."""
    from flows.settings import prepare_process

    prepare_process()
    import resource
    import time

    from flows.hourly import hourly
    from flows.progress import NobodyListens, listening

    class Watch(NobodyListens):
        began_at = collected_at = 0.0

        def began(self, _slot: object, _checks: int) -> None:
            self.began_at = time.perf_counter()

        def reached(self, _slot: object, stage: str, _detail: str) -> None:
            if stage == "collect":
                self.collected_at = time.perf_counter()

    path = Path(os.environ["READINESS_HOME"]) / "readiness.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(catalog(size, faulty=faulty))
    watch, started = Watch(), time.perf_counter()
    with listening(watch):
        summary = hourly(catalog=path)
    ended = time.perf_counter()
    wrong = sum(not outcome.passes for outcome in summary.outcomes.values())
    assert wrong == (size.broken if faulty else 0), f"{wrong} checks did not pass"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"collect": watch.collected_at - watch.began_at, "total": ended - started, "peak_mb": peak}


def measure(size: Size, rounds: int) -> list[dict[str, float | str]]:
    """Rounds of both runs in turn; the median of each figure."""
    found: dict[str, list[dict[str, float]]] = {"healthy": [], "faulty": []}
    quick = ["--quick"] if size is QUICK else []
    with tempfile.TemporaryDirectory() as folder, socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))  # and nobody listens: the port is nobody else's, and refuses
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.faults", "--serve"], stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        environment = {
            **os.environ,
            "BENCH_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}",
            "BENCH_GONE": f"http://127.0.0.1:{gone.getsockname()[1]}",
        }
        prefect, environment["PREFECT_API_URL"] = start_prefect(Path(folder), environment)
        try:
            for number, way in itertools.product(range(rounds), found):
                home = {"READINESS_HOME": f"{folder}/{number}-{way}"}
                command = [sys.executable, "-W", "ignore", "-m", "benchmarks.faults", "--one", way, *quick]
                done = subprocess.run(
                    command, env={**environment, **home}, stdout=subprocess.PIPE, text=True, check=True
                )
                found[way].append(json.loads(done.stdout.splitlines()[-1]))
        finally:
            for process in (server, prefect):
                process.terminate()
                process.wait()
    return [
        {"run": way, **{name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}}
        for way, runs in found.items()
    ]


def report(rows: Sequence[dict[str, float | str]], size: Size, *, as_json: bool) -> None:
    healthy, faulty = (float(row["total"]) for row in rows)
    limit = round(RATIO * healthy + size.timeout, 3)
    what = f"seconds with {size.broken} of {size.checks} down; {RATIO} x all healthy, and {size.timeout} s once"
    target = {"what": what, "value": faulty, "limit": limit, "met": faulty <= limit}
    if as_json:
        print(json.dumps({"name": "faults", "cores": os.cpu_count(), "rows": rows, "targets": [target]}))
        return
    print("  ".join(f"{name:>8}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>8}" for value in row.values()))
    print(f"{what}: {faulty} (limit {limit}): {'met' if target['met'] else 'NOT MET'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--quick", "--json", "--serve"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--one", choices=("healthy", "faulty"))
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    if arguments.serve:
        asyncio.run(serve())
    elif arguments.one:
        print(json.dumps(run_one(size, faulty=arguments.one == "faulty")))
    else:
        report(measure(size, 1 if arguments.quick else ROUNDS), size, as_json=arguments.json)


if __name__ == "__main__":
    main()
