"""Comparisons of a run in key ranges: on threads and on a real Dask cluster, their progress, and their end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    TaskRunFilter,
    TaskRunFilterStartTime,
)

from checks.outcome import Outcome
from checks.slots import Cadence
from examples.sandbox.system import Sandbox
from flows.cadence import RunSummary
from tests.flows.cli.commands import ROOT
from tests.flows.conftest import Run, wait_for

CATALOG = """\
system: small
environment: test
sources:
  ledger: {database: "${RANGES_URL}", statement_timeout: 2m}
checks:
  copies-agree:
    {kind: parity, left: ledger:ranges.l, right: ledger:ranges.r, key: id, ranges: 3, within: WITHIN, MORE}
"""
TABLES = """
create table l as select n as id, n % 5 as tenant, n::numeric(12, 2) as amount from generate_series(1, 3000) n;
alter table l add primary key (id);
create table r as select id, tenant, case when id % 1000 = 7 then amount + 1 else amount end as amount from l;
alter table r add primary key (id);
"""
SLOW = "map: {v: {left: 'case when pg_sleep(60) is null then 1 end', right: '1'}}"


@pytest.fixture(scope="module")
def database(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox's ledger, with two tables in a schema of their own."""
    owner = sandbox.environment["SANDBOX_OWNER_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("drop schema if exists ranges cascade; create schema ranges; set search_path = ranges")
        connection.execute(TABLES)
    yield owner
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("drop schema ranges cascade")


@pytest.fixture
def catalog(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANGES_URL", database)

    def write(*, within: str = "5m", more: str = "samples: {each: 5}") -> Path:
        path = tmp_path / "readiness.yaml"
        path.write_text(CATALOG.replace("WITHIN", within).replace("MORE", more))
        return path

    return write


@pytest.fixture
def another_cluster() -> Iterator[None]:
    """The port on which a Dask cluster of this machine shows itself is taken by another one."""
    with ExitStack() as stack:
        with suppress(OSError):  # there is one indeed
            stack.enter_context(socket.create_server(("127.0.0.1", 8787)))
        yield


def result(summary: RunSummary) -> dict:
    assert summary.bundle is not None
    return json.loads((summary.bundle / "bag/data/raw/copies-agree/result.json.body").read_bytes())


def sessions(database: str) -> int:
    """Sessions of comparisons that are left on the server."""
    with psycopg.connect(database) as connection:
        query = "select count(*) from pg_stat_activity where application_name = 'readiness compare'"
        return connection.execute(query).fetchone()[0]


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["threads", "dask"])
def test_ranges_are_mapped_over_the_task_runner(
    runner, run: Run, catalog, database, monkeypatch, prefect_api, another_cluster
):
    if runner == "dask":
        pytest.importorskip("prefect_dask")
    monkeypatch.setenv("READINESS_TASK_RUNNER", runner)
    began = datetime.now(UTC)
    summary = run(Cadence.HOURLY, catalog())
    assert summary.outcomes == {"copies-agree": Outcome.FAIL}
    found = result(summary)
    assert (found["rows"]["left"], found["rows"]["changed"]) == (3000, 3)
    assert found["snapshots"]["left"]["facts"]["snapshots"] == 3
    assert sorted(sample["key"]["id"] for sample in found["samples"]) == [7, 1007, 2007]
    assert sessions(database) == 0
    # The server is shared with other tests, of which some make task runs and artifacts of the same names.
    with get_client(sync_client=True) as client:
        since = TaskRunFilter(start_time=TaskRunFilterStartTime(after_=began))
        names = [one.name for one in client.read_task_runs(task_run_filter=since)]
        key = ArtifactFilter(key=ArtifactFilterKey(any_=["copies-agree-comparison"]))
        told = [one for one in client.read_artifacts(artifact_filter=key) if one.created >= began]
    assert {f"compare copies-agree {number}/3" for number in (1, 2, 3)} <= set(names)
    assert len(told) == 1
    assert told[0].type == "progress"
    assert told[0].data == 100.0


@pytest.mark.slow
@pytest.mark.parametrize("runner", ["threads", "dask"])
def test_the_time_limit_ends_the_queries_of_every_range(runner, run: Run, catalog, database, monkeypatch):
    if runner == "dask":
        pytest.importorskip("prefect_dask")
    monkeypatch.setenv("READINESS_TASK_RUNNER", runner)
    summary = run(Cadence.HOURLY, catalog(within="8s", more=SLOW))
    assert summary.outcomes == {"copies-agree": Outcome.ERROR}
    assert summary.bundle is not None
    rows = (summary.bundle / "bag/data/rows/copies-agree.jsonl").read_text()
    assert "stopped after 8 s" in rows
    wait_for(lambda: sessions(database) == 0, seconds=30)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_cancelled_leaves_no_query_behind(
    number, catalog, database, tmp_path: Path, prefect_environment: dict[str, str]
):
    """A cancelled flow run is a process that is told to end: Prefect's workers send this very signal."""
    program = [sys.executable, "-m", "flows", "run", "hourly", "--catalog", str(catalog(more=SLOW))]
    home = {"READINESS_HOME": str(tmp_path / "var"), "PREFECT_API_URL": prefect_environment["PREFECT_API_URL"]}
    environment = {**os.environ, **home}
    with subprocess.Popen(
        program, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as running:
        try:
            wait_for(lambda: sessions(database) >= 6 or running.poll() is not None, seconds=60)
            assert running.poll() is None, running.stderr.read()
            time.sleep(1)
            running.send_signal(number)
            wait_for(lambda: sessions(database) == 0, seconds=30)
            assert running.wait(30) != 0
        finally:
            running.kill()
