"""What one more health check costs: hourly runs of 10 to 5,000 checks against a loopback server, stage by stage.

Every size runs in a process of its own, all against one Prefect server and one HTTP server (a process each), so that
peak memory is that size's alone. Usage: python -m benchmarks.hourly_scale [--quick] [--json] [--profile]
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
from collections.abc import MutableMapping
from pathlib import Path

SIZES = (10, 100, 1_000, 5_000)
QUICK = (10, 100, 1_000)
ROUNDS = 3
ANSWER = b'{"status": "pass", "version": "v1.0.0"}'
LIMIT_MS, LIMIT_MB = 5.0, 400.0


async def serve() -> None:
    """A loopback HTTP server that answers every request alike; prints its port and runs until it is stopped."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(ANSWER)}", "Connection: close"]
    head = "\r\n".join([*lines, "", ""])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def catalog(checks: int) -> str:
    """A catalogue of that many health checks, each with a limit of its own."""
    lines = ["system: scale", "environment: bench", "sources:", '  api: {http: "${BENCH_URL}"}', "checks:"]
    lines += [
        f"  check-{number:05}: {{kind: health, endpoints: ['api:/health/{number}'],"
        f" expect: {{status: [pass], within: {5 + number % 50}s}}}}"
        for number in range(checks)
    ]
    return "\n".join(lines) + "\n"


def run_one(checks: int, *, profile: bool) -> dict[str, float]:
    """One hourly run in this process; seconds by stage, and the peak of this process's memory."""
    from flows.settings import prepare_process

    prepare_process()
    from flows.hourly import hourly
    from flows.progress import listening

    class Watch:
        def __init__(self) -> None:
            self.marks: list[tuple[str, float]] = []

        def began(self, _slot: object, _checks: int) -> None:
            self.marks.append(("began", time.perf_counter()))

        def reached(self, _slot: object, stage: str, _detail: str) -> None:
            self.marks.append((stage, time.perf_counter()))

        def judged(self, slot: object, judgements: object) -> None:
            """Only the time counts here."""

    path = Path(os.environ["READINESS_HOME"]) / "readiness.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(catalog(checks))
    watch = Watch()
    started = time.perf_counter()
    with listening(watch):
        if profile:
            import cProfile

            with cProfile.Profile() as profiler:
                summary = hourly(catalog=path)
            profiler.dump_stats("hourly_scale.prof")
        else:
            summary = hourly(catalog=path)
    ended = time.perf_counter()
    assert summary.bundle is not None
    assert all(outcome.passes for outcome in summary.outcomes.values()), "every endpoint answers well"
    stages = {stage: at - before for (_, before), (stage, at) in zip(watch.marks, watch.marks[1:], strict=False)}
    known = watch.marks[-1][1] - watch.marks[0][1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**stages, "around": ended - started - known, "total": ended - started, "peak_mb": peak}


def measure(sizes: tuple[int, ...], *, profile: bool) -> list[dict[str, float]]:
    """Rounds of all sizes, interleaved; the median of each figure."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        environment = {**os.environ, "BENCH_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}"}
        prefect, environment["PREFECT_API_URL"] = start_prefect(Path(folder), environment)
        try:
            for number in range(1 if profile else ROUNDS):
                for size in sizes:
                    home = {"READINESS_HOME": f"{folder}/{number}-{size}"}
                    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.hourly_scale", "--one", str(size)]
                    done = subprocess.run(
                        [*command, *(["--profile"] if profile and size == sizes[-1] else [])],
                        env={**environment, **home},
                        stdout=subprocess.PIPE,
                        text=True,
                        check=True,
                    )
                    found[size].append(json.loads(done.stdout.splitlines()[-1]))
        finally:
            for process in (server, prefect):
                process.terminate()
                process.wait()
    return [
        {"checks": size, **{name: statistics.median(run[name] for run in runs) for name in runs[0]}}
        for size, runs in found.items()
    ]


def start_prefect(folder: Path, environment: MutableMapping[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """A Prefect server of the benchmark's own, so that no run pays for its start."""
    import socket

    import httpx

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    environment.update(home)
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--port", str(port), "--no-ui"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/api"
    for _ in range(600):
        try:
            if httpx.get(f"{url}/health", trust_env=False).is_success:
                return process, url
        except httpx.TransportError:
            time.sleep(0.1)
    process.terminate()
    raise SystemExit("the Prefect server did not start within a minute")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--quick", "--json", "--serve", "--profile"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--one", type=int)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve())
    elif arguments.one:
        print(json.dumps(run_one(arguments.one, profile=arguments.profile)))
    else:
        report(measure(QUICK if arguments.quick else SIZES, profile=arguments.profile), as_json=arguments.json)


def report(rows: list[dict[str, float]], *, as_json: bool) -> None:
    first, last = rows[0], rows[-1]
    marginal = 1000 * (last["total"] - first["total"]) / (last["checks"] - first["checks"])
    targets = [
        {"what": "one more check, ms", "value": round(marginal, 3), "limit": LIMIT_MS, "met": marginal <= LIMIT_MS},
        {
            "what": "peak memory, MB",
            "value": round(last["peak_mb"]),
            "limit": LIMIT_MB,
            "met": last["peak_mb"] <= LIMIT_MB,
        },
    ]
    if as_json:
        print(json.dumps({"name": "hourly_scale", "cores": os.cpu_count(), "rows": rows, "targets": targets}))
        return
    names = list(rows[0])
    print("  ".join(f"{name:>8}" for name in names))
    for row in rows:
        print(
            "  ".join(f"{row[name]:8.0f}" if name in ("checks", "peak_mb") else f"{row[name]:8.3f}" for name in names)
        )
    for target in targets:
        print(f"{target['what']}: {target['value']} (limit {target['limit']}): {'met' if target['met'] else 'NOT MET'}")


if __name__ == "__main__":
    main()
