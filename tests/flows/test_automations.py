"""Automations on a real Prefect server: what crashed is run again, once; people are told; laying down doubles none."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID, uuid4

import pytest
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.events.schemas.automations import AutomationCore, Posture
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Crashed, Failed, Late, Pending, Running, State
from prefect.utilities.callables import parameter_schema

from checks.errors import CatalogError, OperationError
from flows import automations
from flows.automations import RUN_AGAIN, TELL, lay_down
from flows.hourly import hourly
from tests.flows.conftest import free_port, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """The server, with no automation of ours left afterwards: it is shared with other tests."""
    with get_client(sync_client=True) as asking:
        yield asking
        for one in asking.read_automations():
            asking.delete_automation(one.id)


def deployed(client: SyncPrefectClient, *tags: str) -> UUID:
    """A deployment that no worker looks at."""
    return client.create_deployment(
        client.create_flow(hourly),
        name=uuid4().hex,
        entrypoint="flows.hourly.hourly",
        tags=["readiness", *tags],
        parameter_openapi_schema=parameter_schema(hourly).model_dump_for_openapi(),
    )


def ended(client: SyncPrefectClient, deployment: UUID, state: State[None], *tags: str) -> FlowRun:
    """A run that begins, and ends in a state."""
    run = client.create_flow_run_from_deployment(deployment, tags=tags)
    return end(client, run, state)


def end(client: SyncPrefectClient, run: FlowRun, state: State[None]) -> FlowRun:
    for one in (Pending(), Running(), state):
        client.set_flow_run_state(run.id, one)
    return run


def runs(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment]))
    )


def test_a_scheduled_run_that_crashed_is_run_again_once(client: SyncPrefectClient):
    lay_down(notify=None)
    deployment = deployed(client, "hourly")
    ended(client, deployment, Crashed(message="killed"), "auto-scheduled")
    wait_for(lambda: len(runs(client, deployment)) == 2, seconds=120)
    (again,) = [run for run in runs(client, deployment) if "auto-scheduled" not in run.tags]
    assert again.parameters == {"owed_only": True}
    assert again.created_by is not None
    assert again.created_by.type == "AUTOMATION"

    end(client, again, Crashed(message="killed again"))
    others = [deployed(client, "pulse"), deployed(client, "hourly")]
    ended(client, others[0], Crashed(message="killed"), "auto-scheduled")
    ended(client, others[1], Completed(), "auto-scheduled")
    # Events come one after the other: once this run was acted on, the ones before were seen.
    last = deployed(client, "daily")
    ended(client, last, Crashed(message="killed"), "auto-scheduled")
    wait_for(lambda: len(runs(client, last)) == 2, seconds=120)
    assert len(runs(client, deployment)) == 2
    assert [len(runs(client, one)) for one in others] == [1, 1]


def test_laying_down_again_changes_and_never_doubles(client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch):
    assert lay_down(notify=None) == [RUN_AGAIN]
    monkeypatch.setattr(automations, "_AGAIN", ("hourly",))
    lay_down(notify=None)
    (there,) = client.read_automations_by_name(RUN_AGAIN)
    assert there.trigger.match_related[-1].root["prefect.resource.id"] == ["prefect.tag.hourly"]
    client.create_automation(AutomationCore.model_validate(there.model_dump(exclude={"id"})))
    assert len(client.read_automations_by_name(RUN_AGAIN)) == 2
    lay_down(notify=None)
    assert len(client.read_automations_by_name(RUN_AGAIN)) == 1


class Ears:
    """Hears what is posted to it on loopback."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        ears = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                ears.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)

    def told(self, run: FlowRun) -> bool:
        """Whether it is told of a run within some seconds."""
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            if any(one["subject"] == f"readiness: {run.name}" for one in self.heard):
                return True
            time.sleep(0.1)
        return False

    def __enter__(self) -> "Ears":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_people_are_told_of_runs_that_crashed_failed_or_are_late(client: SyncPrefectClient):
    name = f"ops-{uuid4().hex[:8]}"
    with Ears() as ears:
        said = {"subject": "{{subject}}", "body": "{{body}}"}
        CustomWebhookNotificationBlock(name="ops", url=ears.url, json_data=said).save(name)
        assert lay_down(notify=f"custom-webhook/{name}") == [RUN_AGAIN, TELL]
        deployment = deployed(client, "hourly")
        wait_for(lambda: ears.told(ended(client, deployment, Crashed(message="is anybody there?"))), seconds=120)
        bad = [
            ended(client, deployment, Crashed(message="the machine went away")),
            ended(client, deployment, Failed(message="the store is gone")),
        ]
        late = client.create_flow_run_from_deployment(deployment)
        client.set_flow_run_state(late.id, Late())
        good = ended(client, deployment, Completed())
        last = ended(client, deployment, Crashed(message="the end"))  # by then the good one was seen too
        wait_for(lambda: all(map(ears.told, [*bad, late, last])), seconds=120)
    # Runs that other tests left on this server may be told too, and only once.
    told_of = Counter(one["subject"].removeprefix("readiness: ") for one in ears.heard)
    assert [told_of[run.name] for run in (*bad, late, good)] == [1, 1, 1, 0]
    (told,) = [one["body"] for one in ears.heard if "the store is gone" in one["body"]]
    assert "is Failed since" in told


def test_a_block_that_is_not_there_is_named(client: SyncPrefectClient):
    with pytest.raises(CatalogError, match="Prefect has no block slack-webhook/nobody"):
        lay_down(notify="slack-webhook/nobody")
    assert client.read_automations() == [], "nothing is half laid down"


def test_a_server_that_does_not_answer_is_named():
    url = f"http://127.0.0.1:{free_port()}/api"
    with temporary_settings({PREFECT_API_URL: url}), pytest.raises(OperationError, match="server does not answer"):
        lay_down(notify=None)


def test_none_waits_for_what_does_not_come(client: SyncPrefectClient):
    lay_down(notify=None)
    assert {one.trigger.posture for one in client.read_automations()} == {Posture.Reactive}
