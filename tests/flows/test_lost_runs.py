"""Runs that died without a word are reported as crashed, and those that live are left alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.states import Pending, Running, State

from flows import lost_runs as looking
from flows.hourly import hourly
from flows.lost_runs import lost_runs, silent
from tests.flows.conftest import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """The server, where no run is under way but a test's own: it is shared with other tests."""
    with get_client(sync_client=True) as asking:
        forget_runs(asking)
        yield asking
        forget_runs(asking)


def forget_runs(client: SyncPrefectClient) -> None:
    for run in looking.under_way(client):
        client.delete_flow_run(run.id)


def begun(client: SyncPrefectClient, *states: State[None], tag: str = "readiness") -> FlowRun:
    run = client.create_flow_run(hourly, tags=[tag])
    for state in states:
        client.set_flow_run_state(run.id, state)
    return client.read_flow_run(run.id)


def sign_of_life(client: SyncPrefectClient, run: FlowRun, at: datetime) -> None:
    """A heartbeat as a run's own process sends them, and the wait until the server knows of it."""
    emit_event("prefect.flow-run.heartbeat", {"prefect.resource.id": f"prefect.flow-run.{run.id}"}, occurred=at)
    EventsWorker.instance().wait_until_empty()
    wait_for(lambda: looking._last_heartbeat(client, run) is not None, seconds=30)


def test_a_run_without_a_sign_of_life_is_reported_as_crashed_and_no_other(client: SyncPrefectClient):
    dead, alive, _mute = (begun(client, Pending(), Running()) for _ in range(3))
    strange = begun(client, Pending(), Running(), tag="somebody-elses")
    first = datetime.now(UTC)
    sign_of_life(client, dead, first)
    sign_of_life(client, strange, first)
    second = datetime.now(UTC)
    sign_of_life(client, alive, second)
    between = second - first
    assert [run.id for run, _ in silent(client, between, as_of=second + between / 2)] == [dead.id]
    assert list(silent(client, between, as_of=first + between / 2)) == []


def test_what_is_found_is_put_on_record_with_the_reason(client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch):
    dead = begun(client, Pending(), Running())
    sign_of_life(client, dead, datetime.now(UTC))
    monkeypatch.setattr(looking, "now", lambda: datetime.now(UTC) + timedelta(hours=1))
    assert lost_runs(silent_for=120) == [dead.name]
    told = client.read_flow_run(dead.id)
    assert told.state_name == "Crashed"
    assert told.state is not None
    assert "no sign of life since" in (told.state.message or "")
    assert lost_runs(silent_for=120) == []


def test_a_run_that_a_worker_took_and_never_began_is_lost_too(client: SyncPrefectClient):
    taken = begun(client, Pending())
    now = datetime.now(UTC)
    assert list(silent(client, timedelta(seconds=1), as_of=now + timedelta(minutes=9))) == []
    assert [run.id for run, _ in silent(client, timedelta(seconds=1), as_of=now + timedelta(minutes=11))] == [taken.id]
