"""The lost-runs flow: finds runs that died without a word, and tells Prefect that they crashed.

A run that ends badly says so itself, and where only its process is killed its worker does. Where both are gone, with
their machine, Prefect would show the run as running for ever. A run of ours gives a sign of life every half minute; one
that gives none any more is reported as crashed, which frees its deployment for the next run and lets automations act.
This looks by itself, since triggers on the absence of an event are known to misfire.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events.filters import EventFilter, EventNameFilter, EventOrder, EventResourceFilter
from prefect.logging import get_run_logger
from prefect.states import Crashed
from pydantic import Field

from flows.clock import now

TAG = "readiness"
"""The tag of every deployment of ours."""
STARTING = timedelta(minutes=10)
"""How long a run may take to start, once a worker has taken it."""
Silence = Annotated[float, Field(ge=1, le=86400)]


@flow(name="lost-runs", validate_parameters=True, persist_result=False)
def lost_runs(silent_for: Silence = 120) -> list[str]:
    """Reports runs that died without a word as crashed; returns their names.

    Args:
        silent_for: After how many seconds without a sign of life a run counts as dead; four are missing by then.
    """
    logger = get_run_logger()
    with get_client(sync_client=True) as client:
        dead = list(silent(client, timedelta(seconds=silent_for), as_of=now()))
        for run, since in dead:
            logger.warning("%s has given no sign of life since %s", run.name, f"{since:%Y-%m-%dT%H:%M:%SZ}")
            report_crashed(client, run, f"no sign of life since {since:%Y-%m-%dT%H:%M:%SZ}")
    return [run.name for run, _ in dead]


def silent(client: SyncPrefectClient, patience: timedelta, *, as_of: datetime) -> Iterator[tuple[FlowRun, datetime]]:
    """Runs that have said nothing for longer than that, each with the instant of its last word.

    Of a run that never gave a sign of life nobody knows whether it was going to, so it is left alone.
    """
    for run in under_way(client):
        if run.state is None:
            continue
        if run.state.type is StateType.PENDING:
            last, allowed = run.state.timestamp, STARTING
        else:
            heard = _last_heartbeat(client, run)
            if heard is None:
                continue
            last, allowed = max(heard, run.state.timestamp), patience
        if as_of - last > allowed:
            yield run, last


def under_way(client: SyncPrefectClient) -> list[FlowRun]:
    """The runs of ours that Prefect believes to be starting or running."""
    states = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING]))
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(state=states, tags=FlowRunFilterTags(all_=[TAG])))


def report_crashed(client: SyncPrefectClient, run: FlowRun, because: str) -> None:
    """Tells Prefect that a run is no more."""
    client.set_flow_run_state(run.id, Crashed(message=because))


def _last_heartbeat(client: SyncPrefectClient, run: FlowRun) -> datetime | None:
    asked = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
        order=EventOrder.DESC,
    )
    found = client.read_events(asked, limit=1).events
    return found[0].occurred if found else None
