"""The schedules, on a real Prefect server with a real worker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from examples.sandbox.system import Sandbox
from tests.flows.conftest import SANDBOX_CATALOG, wait_for
from tests.flows.prefect_asking import asked

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def prefect(prefect_environment: dict[str, str], sandbox: Sandbox, home: Path) -> Callable[..., str]:
    """Prefect's own command line, in the environment that flows will run in."""
    environment = {
        **prefect_environment,
        **sandbox.environment,
        "READINESS_HOME": str(home),
        "READINESS_CATALOG": str(SANDBOX_CATALOG),
        "COLUMNS": "300",
    }

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *arguments],
            cwd=ROOT,
            env={**environment, "PWD": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    command.environment = environment  # type: ignore[attr-defined]
    return command


def ask(url: str, path: str, **body: Any) -> Any:
    return asked(f"{url}{path}", body)


def test_a_scheduled_run_leaves_its_bundle_and_its_artifacts(
    prefect: Any, prefect_environment: dict[str, str], home: Path, tmp_path: Path
):
    url = prefect_environment["PREFECT_API_URL"]
    prefect("work-pool", "create", "readiness", "--type", "process")
    prefect("--no-prompt", "deploy", "--all")
    deployments = {one["name"]: one for one in ask(url, "/deployments/filter")}
    assert {"hourly", "daily", "weekly"} <= set(deployments)
    for name in ("hourly", "daily", "weekly"):
        deployed = deployments[name]
        assert deployed["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
        assert deployed["global_concurrency_limit"]["limit"] == 1
        assert deployed["schedules"][0]["schedule"]["timezone"] == "UTC"
        assert not deployed["schedules"][0]["schedule"]["cron"].startswith("0 ")
        assert deployed["description"]
        assert name in deployed["tags"]
        assert set(deployed["parameter_openapi_schema"]["properties"]) == {"slot", "catalog", "owed_only"}

    forget_the_calendar(url, deployments.values())
    hourly = deployments["hourly"]["id"]
    with due_in_seconds(url, hourly), worker(prefect.environment, tmp_path / "worker.log"):
        wait_for(lambda: completed(url, hourly) >= 1, seconds=120)

    runs = [run for run in ask(url, "/flow_runs/filter") if run["deployment_id"] == hourly]
    done = next(run for run in runs if run["state_type"] == "COMPLETED")
    assert done["auto_scheduled"]
    assert done["name"].endswith(".hourly")
    bundle = (home / "evidence" / "latest" / "hourly").resolve(strict=True)
    assert bundle.name == done["name"]
    artifacts = {one["key"]: one for one in ask(url, "/artifacts/filter") if one["flow_run_id"] == done["id"]}
    assert {one["type"] for one in artifacts.values()} == {"progress", "table", "markdown"}
    assert artifacts["hourly-progress"]["data"] == 100
    assert {row["check"] for row in json.loads(artifacts["hourly-findings"]["data"])} >= {"service-live"}
    assert "service-live" in artifacts["tracker"]["data"]
    assert bundle.as_uri() in artifacts["hourly-bundle"]["data"]
    assert done["name"] in prefect("flow-run", "ls", "--limit", "200")


def forget_the_calendar(url: str, deployments: Iterable[dict[str, Any]]) -> None:
    """Nothing else is due: a pulse, at every fifth minute, would hold the worker for all of the test."""
    for one in deployments:
        for schedule in one["schedules"]:
            asked(f"{url}/deployments/{one['id']}/schedules/{schedule['id']}", method="DELETE")


@contextmanager
def due_in_seconds(url: str, deployment: str) -> Iterator[None]:
    """The hourly schedule is far from every test; one that is due in seconds makes the very same kind of run."""
    began = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
    schedule = {"interval": 20, "anchor_date": began, "timezone": "UTC"}
    schedules = f"{url}/deployments/{deployment}/schedules"
    (made,) = asked(schedules, [{"active": True, "schedule": schedule}])
    try:
        yield
    finally:
        asked(f"{schedules}/{made['id']}", method="DELETE")


def completed(url: str, deployment: str) -> int:
    runs = ask(url, "/flow_runs/filter", deployments={"id": {"any_": [deployment]}})
    assert not [run["name"] for run in runs if run["state_type"] in ("FAILED", "CRASHED")]
    return sum(run["state_type"] == "COMPLETED" and run["auto_scheduled"] for run in runs)


class worker:  # noqa: N801 (reads as a statement)
    """A real worker of the pool, for as long as the block lasts."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**environment, "PREFECT_WORKER_QUERY_SECONDS": "2"}
        self._log = log.open("wb")

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "readiness", "--limit", "1"],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            process_group=0,
        )

    def __exit__(self, *_: object) -> None:
        """Ends it; a worker waits for runs that are under way, which nobody here needs any more."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
