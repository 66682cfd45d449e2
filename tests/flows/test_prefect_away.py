"""Prefect's API that goes away during a run, and is back or is not: the run seals and tells people all the same."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterStartTime
from prefect.client.schemas.sorting import FlowRunSort
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows.cables import Cable
from tests.flows.conftest import wait_for
from tests.flows.forks import Ended, Halted, Run, Step, ended
from tests.flows.homes import FAILING_AT, Home
from tests.tasks.notify.receiving import receiver

pytestmark = pytest.mark.timeout(600)  # the first run of a worker waits for a server, and for imports

COLLECTED = Step("flows.observing", "_collected", "after")
SEALED = Step("tasks.store.evidence_store:EvidenceStore", "seal", "after", 2)
TOLD = Step("tasks.store.tellings:Tellings", "record", "after")
NOTIFY = """\
notify:
  sinks:
    chat: {apprise: "${CHAT_URL}"}
  default: {sinks: [chat]}
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, prefect_environment: dict[str, str]) -> Home:
    return Home.with_a_past(tmp_path_factory.mktemp("before"), prefect_environment["PREFECT_API_URL"])


@pytest.fixture
def cable(before: Home) -> Iterator[Cable]:
    with Cable(urlsplit(before.prefect).port or 0) as laid:
        yield laid


@pytest.fixture
def home(before: Home, cable: Cable, tmp_path: Path) -> Home:
    """A home whose runs report to a server at the other end of a cable."""
    return replace(before.copied(tmp_path / "home"), prefect=f"http://127.0.0.1:{cable.port}/api")


def hourly(home: Home, *, again: int, **more: str) -> Run:
    """A run that asks Prefect again so often: twice as long after each time, and by default for a minute."""
    run = home.hourly(FAILING_AT)
    return replace(run, environment={**run.environment, "PREFECT_CLIENT_MAX_RETRIES": str(again), **more})


def newest_state(before: Home) -> str | None:
    """How Prefect shows the newest run."""
    with temporary_settings({PREFECT_API_URL: before.prefect}), get_client(sync_client=True) as client:
        begun = FlowRunFilter(start_time=FlowRunFilterStartTime(is_null_=False))  # a calendar's runs are still to come
        (run,) = client.read_flow_runs(flow_run_filter=begun, sort=FlowRunSort.START_TIME_DESC, limit=1)
        return run.state_name


def assert_sealed(home: Home) -> None:
    """Whatever became of Prefect: the run's own slot and the one that it missed are sealed."""
    home.assert_repaired(until=FAILING_AT)
    assert home.verified() == 3


def assert_told(found: Ended) -> None:
    """It failed, and its very last line says why: nothing is tried any more once it has."""
    assert found.code == 1, found.said
    line = found.said.splitlines()[-1]
    assert line.startswith("Prefect's API could not be asked: "), found.said
    assert line.endswith("at its log and at the room on its disk, then run again: what was stored stays")


def test_a_server_that_was_away_and_is_back_is_a_warning(home: Home, before: Home, cable: Cable):
    halted = Halted(hourly(home, again=2), COLLECTED)
    cable.cut()
    halted.goes_on()
    wait_for(lambda: "not shown in Prefect: " in halted.said, seconds=120)
    cable.mend()
    found = halted.ends()
    assert found.code == 0, found.said
    assert newest_state(before) == "Completed"
    assert_sealed(home)


@pytest.mark.parametrize("step", [COLLECTED, SEALED], ids=lambda step: step.name)
def test_a_run_that_cannot_tell_its_server_that_it_is_over_has_sealed_and_says_so(home: Home, cable: Cable, step: Step):
    sealed = home.sealed()
    halted = Halted(hourly(home, again=0), step)
    cable.cut()
    halted.goes_on()
    assert_told(halted.ends())
    assert (home.folder / "var" / "reports" / "tracker.html").exists()
    assert_sealed(home)
    cable.mend()
    home.assert_the_next_run_repairs(sealed)


def test_people_are_told_whether_or_not_it_can_be_shown(home: Home, before: Home, cable: Cable):
    """What cannot be shown is no failure of the run, which a server that is back by its end would show as failed."""
    with (home.folder / "readiness.yaml").open("a") as catalog:
        catalog.write(NOTIFY)
    with receiver() as chat:
        halted = Halted(hourly(home, again=1, CHAT_URL=f"json://127.0.0.1:{chat.port}/hook"), TOLD)
        cable.cut()
        halted.goes_on()
        wait_for(lambda: "not shown in Prefect: " in halted.said, seconds=120)
        cable.mend()
        found = halted.ends()
        assert len(chat.bodies) == 1
    assert found.code == 0, found.said
    assert newest_state(before) == "Completed"
    with home.store() as store:
        assert store.tellings.waiting() == []
    assert_sealed(home)


def test_a_run_that_never_reached_its_server_collects_nothing_and_the_next_one_does(home: Home, cable: Cable):
    sealed = home.sealed()
    cable.cut()
    assert_told(ended(hourly(home, again=0)))
    assert home.sealed() == sealed
    cable.mend()
    home.assert_the_next_run_repairs(sealed)
