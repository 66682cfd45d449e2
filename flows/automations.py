"""Prefect automations in code: a scheduled run that crashed is run again, and people are told of what went wrong.

Each has a name, by which it is found and changed when it is laid down again. All of them react to an event that was
seen; none waits for one that does not come.
"""

from collections.abc import Iterator
from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.actions import RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound

from checks.errors import CatalogError
from checks.slots import Cadence
from flows.lost_runs import TAG
from tasks.server import refused_in_one_line

RUN_AGAIN = "readiness: a scheduled run that crashed is run again"
TELL = "readiness: runs that crashed, failed or are late are told"
_BODY = """\
{{ flow_run.name }} is {{ flow_run.state.name }} since {{ flow_run.state.timestamp }}: {{ flow_run.state.message }}
{{ flow_run|ui_url }}
A check that cannot be collected is a finding, not a failed run: this run stored or sealed nothing, or has not begun.
"""


def lay_down(*, notify: str | None) -> list[str]:
    """Creates our automations, or changes those that are there; returns their names.

    People are told through a notification block of Prefect, named `TYPE/NAME`; without one, nothing is told.
    """
    with refused_in_one_line(), get_client(sync_client=True) as client:
        wanted = list(_wanted(client, notify))
        for automation in wanted:
            _lay(client, automation)
    return [automation.name for automation in wanted]


def _wanted(client: SyncPrefectClient, notify: str | None) -> Iterator[AutomationCore]:
    yield AutomationCore(
        name=RUN_AGAIN,
        description="At once, by another worker if need be; only what is owed, so that no slot is filled twice.",
        # What an automation starts was not scheduled: a run that crashes again is not run a third time. A pulse cannot
        # be made up for.
        trigger=_when({"prefect.flow-run.Crashed"}, [TAG], ["auto-scheduled"], list(_AGAIN)),
        actions=[RunDeployment(source="inferred", parameters={"owed_only": True})],
    )
    if notify is not None:
        events = {"prefect.flow-run.Crashed", "prefect.flow-run.Failed", "prefect.flow-run.Late"}
        block = _block(client, notify)
        yield AutomationCore(
            name=TELL,
            description=f"By {notify}.",
            trigger=_when(events, [TAG]),
            actions=[SendNotification(block_document_id=block, subject="readiness: {{ flow_run.name }}", body=_BODY)],
        )


_AGAIN = (Cadence.HOURLY, Cadence.DAILY, Cadence.WEEKLY)


def _when(events: set[str], *tags: list[str]) -> EventTrigger:
    """One of these events, of a run that has at least one tag out of each list."""
    return EventTrigger(
        expect=events,
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related=[
            {"prefect.resource.role": "tag", "prefect.resource.id": [f"prefect.tag.{tag}" for tag in some]}
            for some in tags
        ],
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )


def _lay(client: SyncPrefectClient, automation: AutomationCore) -> None:
    there = client.read_automations_by_name(automation.name)
    if not there:
        client.create_automation(automation)
        return
    client.update_automation(there[0].id, automation)
    for double in there[1:]:
        client.delete_automation(double.id)


def _block(client: SyncPrefectClient, notify: str) -> object:
    kind, _, name = notify.partition("/")
    try:
        return client.read_block_document_by_name(name, kind, include_secrets=False).id
    except ObjectNotFound:
        raise CatalogError(
            f"Prefect has no block {notify}; make one in its pages under Blocks, and name it as TYPE/NAME, such as "
            "slack-webhook/ops"
        ) from None
