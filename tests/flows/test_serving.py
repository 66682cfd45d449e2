"""`readiness serve`: server, schedules and worker in one program; what a kill leaves, and that nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from checks.errors import OperationError
from flows.auditing import audited
from flows.automations import RUN_AGAIN
from flows.programs import Program
from flows.serving import Address, serve
from flows.settings import Settings
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.verify import trust_for, verify_evidence
from tests.flows.conftest import free_port, wait_for
from tests.flows.held import HeldService
from tests.flows.prefect_asking import asked

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "SERVICE", timeout: 60s}
  files: {folder: FOLDER}
checks:
  answers: {kind: health, endpoints: [api:/health]}
  report: {kind: freshness, every: daily, document: files:report.json, expect: {max_age: 2h}}
"""


class Served:
    """A running `readiness serve` on a home, and what it has started."""

    def __init__(self, home: Path, catalog: Path, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "READINESS_"))}
        environment = {**clean, "READINESS_HOME": str(home), "PREFECT_WORKER_QUERY_SECONDS": "2", "COLUMNS": "200"}
        self._out = home.parent / f"serve-{port}.txt"
        with self._out.open("wb") as out:
            self.program = subprocess.Popen(
                [sys.executable, "-m", "flows", "serve", "--catalog", str(catalog), "--port", str(port)],
                env=environment,
                stdout=out,
                stderr=out,
                cwd=home.parent,
            )
        self.started: set[psutil.Process] = set()
        self._noted = 0.0

    @property
    def said(self) -> str:
        return self._out.read_text()

    def ask(self, path: str, **body: Any) -> Any:
        return asked(f"{self.api}{path}", body)

    def runs(self) -> list[dict[str, Any]]:
        return self.ask("/flow_runs/filter", sort="START_TIME_ASC")

    def wait(self, condition: Any) -> None:
        """Waits for something, as long as it runs; notes what it has started meanwhile."""

        def so() -> bool:
            assert self.program.poll() is None, self.said
            if time.monotonic() - self._noted > 2:  # looking at every process takes its time
                self.note()
            return bool(condition())

        wait_for(so, seconds=600)

    def note(self) -> None:
        self._noted = time.monotonic()
        self.started |= set(psutil.Process(self.program.pid).children(recursive=True))

    def left(self) -> list[psutil.Process]:
        return [one for one in self.started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def served(home: Path, catalog: Path) -> Iterator[Served]:
    running = Served(home, catalog, free_port())
    try:
        yield running
    finally:
        running.program.kill()
        running.program.wait()
        for one in running.left():
            one.kill()


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_one_program_serves_the_schedules_and_survives_its_own_death(home: Path, tmp_path: Path):
    catalog = tmp_path / "readiness.yaml"
    with HeldService() as service:
        catalog.write_text(CATALOG.replace("SERVICE", service.url).replace("FOLDER", str(tmp_path)))
        service.hold()
        with served(home, catalog) as first:
            first.wait(lambda: service.asked)
            address = Address(int(first.api.split(":")[2].partition("/")[0]))
            with pytest.raises(OperationError, match=f"port {address.port} on 127.0.0.1 cannot be had"):
                address.demand_free()
            with pytest.raises(OperationError, match="is being served already"):
                serve(Settings(), address, tell=print, stop=lambda: True)
            first.program.kill()
            first.program.wait()
            service.let_go()
            wait_for(lambda: not first.left(), seconds=60)
        with served(home, catalog) as second:
            latest = home / "evidence" / "latest"
            second.wait(lambda: (latest / "hourly").exists() and (latest / "daily").exists())
            second.wait(lambda: "daily" in second.said and second.said.count("Completed") >= 1)
            runs = second.runs()
            assert {run["state_name"] for run in runs if run["start_time"]} <= {"Completed", "Crashed", "Running"}
            assert "Crashed" in {run["state_name"] for run in runs}
            the_server_shows_the_schedules(second)
            second.program.send_signal(signal.SIGINT)
            assert second.program.wait(60) == 0, second.said
            assert second.left() == []
            assert second.said.rstrip().endswith("stopped")
            address.demand_free()
    bundles = [path.name for path in (home / "evidence").glob("2*/*/*/*")]
    assert {name.partition(".")[2] for name in bundles} == {"hourly", "daily"}
    checkpoint = LogFiles(home / "evidence" / LOG).checkpoint()
    assert checkpoint is not None
    assert checkpoint.size == len(bundles) + 1, "a leaf for each bundle, and one for the catalogue in force"
    assert all(one.verified for one in verify_evidence([home / "evidence"], trust_for([home / "evidence"], None)))
    assert audited(home / "evidence", None, as_of=datetime.now(UTC)).problems == ()


def the_server_shows_the_schedules(running: Served) -> None:
    deployments = {one["name"]: one for one in running.ask("/deployments/filter")}
    assert {name for name in ("pulse", "hourly", "daily", "weekly") if deployments[name]["paused"]} == {
        "pulse",
        "weekly",
    }, "cadences on which no check is are not run"
    scheduled = {deployments[name]["id"] for name in ("hourly", "daily", "lost-runs")}
    # A program that starts again deploys anew, and the server's scheduler takes up to a minute to follow.
    running.wait(
        lambda: scheduled <= {run["deployment_id"] for run in running.runs() if run["state_name"] == "Scheduled"}
    )
    assert [one["name"] for one in running.ask("/automations/filter")] == [RUN_AGAIN]


def test_a_program_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path):
    log = tmp_path / "server.log"
    with Program("the server", ["sh", "-c", "echo no room left; exit 3"], log=log, environment={}) as program:
        program._program.wait()
        with pytest.raises(
            OperationError, match=r"the server ended by itself with 3; .*server.log says: … no room left"
        ):
            program.demand_running()


def test_what_a_program_has_started_ends_with_it(tmp_path: Path):
    """Also in a session of its own, as Prefect's workers run flows."""
    script = "import subprocess, sys; subprocess.Popen(['sleep', '60'], start_new_session=True).wait()"
    with Program("worker", [sys.executable, "-c", script], log=tmp_path / "log", environment={}) as program:
        wait_for(lambda: bool(psutil.Process(program._program.pid).children()), seconds=30)
        (below,) = psutil.Process(program._program.pid).children()
    assert not below.is_running()
    assert not psutil.pid_exists(program._program.pid)
