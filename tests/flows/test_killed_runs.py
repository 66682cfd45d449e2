"""A whole run killed at any step, and at any moment: nothing sealed changes, nothing half-made counts, and the run
after it repairs all of it.
"""

import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.forks import Halted, Step, ended
from tests.flows.homes import FAILING_AT, REPAIRED_AT, Home

pytestmark = pytest.mark.timeout(600)  # the first run of a worker waits for a server, and for imports

STORE = "tasks.store.evidence_store:EvidenceStore"
STAGING = "tasks.sealing.staging:Staging"
LOG = "tasks.sealing.evidence_log:EvidenceLog"
WRITER = "tasks.sealing.bundle_writer:BundleWriter"
# The run first records an hour that nobody collected, and puts a changed catalogue in force with it: so the first seal
# is of the missed hour (and its log's leaf the change), the second of its own.
STEPS = [
    Step("flows.cadence", "demand_own", "after"),
    Step("tasks.store.owing", "materialise", "after"),
    Step(STAGING, "write", "after"),
    Step("tasks.store.recording", "store_bundle", "after"),
    Step(STORE, "record", "after"),
    Step("flows.keeping", "keep_catalog", "after"),
    Step(LOG, "prepare", "after"),
    Step(LOG, "commit", "before"),
    Step(LOG, "commit", "after"),
    Step("flows.keeping", "_log_change", "after"),
    Step(LOG, "prepare", "after", 2),
    Step(WRITER, "_file", "after"),
    Step(STORE, "seal", "before"),
    Step("flows.cadence", "render_pages", "after"),
    Step(STAGING, "write", "after", 2),
    Step(STORE, "record", "after", 2),
    Step(LOG, "commit", "after", 3),
    Step(STORE, "seal", "before", 2),
    Step(STORE, "seal", "after", 2),
    Step("tasks.publish", "_replace", "after"),
    Step("tasks.publish", "_show", "before"),
]
MOMENTS = 5


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, prefect_environment: dict[str, str]) -> Home:
    return Home.with_a_past(tmp_path_factory.mktemp("before"), prefect_environment["PREFECT_API_URL"])


@pytest.fixture
def home(before: Home, tmp_path: Path) -> Home:
    return before.copied(tmp_path / "home")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: "-".join(map(str, step)))
def test_a_run_killed_at_any_step_is_made_good_by_the_next(home: Home, step: Step):
    sealed = home.sealed()
    found = ended(home.hourly(FAILING_AT), killed_at=step)
    assert found.code == -signal.SIGKILL, found.said
    home.assert_the_next_run_repairs(sealed)


@pytest.fixture(scope="module")
def lasting(before: Home, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long that run takes if nobody kills it, in seconds."""
    copy = before.copied(tmp_path_factory.mktemp("whole"))
    began = time.perf_counter()
    assert ended(copy.hourly(FAILING_AT)).code == 0
    copy.assert_repaired(until=FAILING_AT)
    return time.perf_counter() - began


@pytest.mark.parametrize("number", range(MOMENTS))
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(home: Home, lasting: float, number: int):
    sealed = home.sealed()
    moment = lasting * (number + random.random()) / MOMENTS  # each from its own part of the run
    found = ended(home.hourly(FAILING_AT), killed_after=moment)
    assert found.code in (-signal.SIGKILL, 0), (moment, found.said)
    home.assert_the_next_run_repairs(sealed)


def test_what_a_dead_run_never_stored_is_cleared_and_said(home: Home):
    ended(home.hourly(FAILING_AT), killed_at=Step(STAGING, "write", "after"))
    (left,) = (home.evidence / ".staging").iterdir()
    run = home.hourly(REPAIRED_AT)
    found = ended(type(run)(run.arguments, {**run.environment, "PREFECT_LOGGING_LEVEL": "WARNING"}, run.at, run.said))
    assert f"{left.name} was left by a run that died before it was stored" in " ".join(found.said.split())
    assert not left.exists()


def test_a_staging_folder_that_somebody_works_in_is_not_cleared(home: Home):
    halted = Halted(home.hourly(FAILING_AT), Step(STORE, "record", "before", 2))
    (working,) = (home.evidence / ".staging").iterdir()
    assert ended(home.hourly(REPAIRED_AT)).code == 0
    assert working.exists()
    halted.goes_on()
    late = halted.ends()
    assert late.code == 1
    assert "what is stored is never overwritten" in late.said.splitlines()[-1]
    assert ended(home.hourly(REPAIRED_AT + timedelta(minutes=1))).code == 0
    home.assert_repaired(until=REPAIRED_AT)
