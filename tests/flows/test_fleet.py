"""A fleet for real: two servers, background services, two workers, of which one dies in the middle of a run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from sqlalchemy import make_url

from checks.slots import Cadence, Slot
from examples.sandbox.cache import Cache
from flows.auditing import audited
from flows.automations import lay_down
from tasks.sealing.verify import trust_for, verify_evidence
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotStatus
from tests.flows.fleet import AUTH, Fleet, fleet
from tests.flows.held import HeldService
from tests.tasks.conftest import cluster, postgresql  # noqa: F401 (fixtures)

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "SERVICE", timeout: 60s}
checks:
  answers: {kind: health, endpoints: [api:/health]}
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


@pytest.fixture
def databases(postgresql: str) -> Iterator[tuple[str, str]]:  # noqa: F811
    """One database for Prefect's servers and one for the evidence store, dropped afterwards."""
    names = (f"fleet_{uuid4().hex}", f"store_{uuid4().hex}")
    with psycopg.connect(postgresql, autocommit=True) as administrator:
        for name in names:
            administrator.execute(f"create database {name}")
        yield tuple(make_url(postgresql).set(database=name).render_as_string(hide_password=False) for name in names)
        for name in names:
            administrator.execute(f"drop database {name} with (force)")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "redis").mkdir()
    running = Cache(tmp_path / "redis", log=tmp_path / "redis.log")
    running.start()
    try:
        yield running.url
    finally:
        running.stop()


def test_a_worker_that_dies_in_the_middle_of_a_run_costs_no_slot_and_doubles_none(
    databases: tuple[str, str], redis: str, tmp_path: Path
):
    catalog, home = tmp_path / "readiness.yaml", tmp_path / "var"
    settings = {"READINESS_CATALOG": str(catalog), "READINESS_HOME": str(home), "READINESS_STORE": databases[1]}
    with HeldService() as service, fleet(tmp_path, database=databases[0], redis=redis) as running:
        catalog.write_text(CATALOG.replace("SERVICE", service.url))
        running.run("server", "database", "upgrade", "-y")
        running.start_server("server-a")
        running.wait(lambda: running.answers("server-a"))
        running.start_server("server-b")
        running.start("services", "server", "services", "start")
        running.run("work-pool", "create", "readiness", "--type", "process", PREFECT_API_URL=running.api("server-a"))
        deploy = ("--no-prompt", "deploy", "--name", "hourly", "--name", "lost-runs")
        running.run(*deploy, PREFECT_API_URL=running.api("server-a"))
        running.wait(lambda: running.answers("server-b"))
        service.hold()
        schedule(running)
        running.start_worker("worker-1", "server-a", settings)
        running.wait(lambda: service.asked)
        killed = the_run_under_way(running)
        running.kill("worker-1")
        service.let_go()
        assert not list((home / "evidence").glob("2*/*/*/*")), "it died before anything was sealed"

        running.start_worker("worker-2", "server-b", settings)
        look_for_lost_runs(running)
        running.wait(lambda: state_of(running, "server-b", killed["id"]) == "Crashed")
        running.wait(lambda: again(running))
        running.wait(lambda: again(running)[0]["state_type"] == "COMPLETED")
        seen = [sorted(run["id"] for run in running.ask(one, "/flow_runs/filter")) for one in ("server-a", "server-b")]
        assert seen[0] == seen[1], "both servers show the same runs"

    slot = Slot.current(Cadence.HOURLY, datetime.fromisoformat(killed["start_time"]))
    bundles = [path.name for path in (home / "evidence").glob("2*/*/*/*")]
    assert bundles.count(slot.label) == 1
    assert all(one.verified for one in verify_evidence([home / "evidence"], trust_for([home / "evidence"], None)))
    assert audited(home / "evidence", None, as_of=datetime.now(UTC)).problems == ()
    with EvidenceStore.open(databases[1]) as store:
        told = store.slots(Cadence.HOURLY, since=slot.at, until=slot.at + timedelta(hours=1))
        # Where the hour ended just then, the run in its stead has filled the next one.
        assert [one.status for one in told] == [SlotStatus.COLLECTED if len(bundles) == 1 else SlotStatus.MISSED]
        assert store.unsealed() == []


def schedule(running: Fleet) -> None:
    """Lays down the automations, and a run as the calendar would make it, in the calendar's stead.

    One of the calendar's own, made less than five minutes before, would be acted on late: Prefect waits up to a quarter
    of an hour for the event of its being scheduled, which its scheduler never sends.
    """
    api, auth = running.api("server-a"), ":".join(AUTH)
    with (
        temporary_settings({PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: auth}),
        get_client(sync_client=True) as client,
    ):
        lay_down(notify=None)
        hourly = client.read_deployment_by_name("hourly/hourly")
        for one in client.read_deployment_schedules(hourly.id):
            client.delete_deployment_schedule(hourly.id, one.id)
        client.create_flow_run_from_deployment(hourly.id, tags=["auto-scheduled"])


def the_run_under_way(running: Fleet) -> dict[str, str]:
    (run,) = running.ask("server-a", "/flow_runs/filter", flow_runs={"state": {"type": {"any_": ["RUNNING"]}}})
    assert "auto-scheduled" in run["tags"]
    return dict(run)


def state_of(running: Fleet, server: str, run: str) -> str:
    (found,) = running.ask(server, "/flow_runs/filter", flow_runs={"id": {"any_": [run]}})
    return str(found["state_name"])


def look_for_lost_runs(running: Fleet) -> None:
    """At once, and without the patience that one has in earnest: here only one run can be meant."""
    (found,) = running.ask("server-b", "/deployments/filter", deployments={"name": {"any_": ["lost-runs"]}})
    running.ask("server-b", f"/deployments/{found['id']}/create_flow_run", parameters={"silent_for": 5})


def again(running: Fleet) -> list[dict[str, str]]:
    """The runs of the hourly deployment that an automation has started."""
    runs = running.ask("server-b", "/flow_runs/filter", deployments={"name": {"any_": ["hourly"]}})
    return [run for run in runs if (run["created_by"] or {}).get("type") == "AUTOMATION"]
