"""A store that goes away and comes back, between two stages of a run and in the middle of one: nothing is lost, and
what is on record twice is on record once.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from checks.slots import Cadence, Slot
from tests.flows.cables import Cable
from tests.flows.conftest import wait_for
from tests.flows.forks import Ended, Halted, Step
from tests.flows.homes import FAILING_AT, Home
from tests.tasks.conftest import cluster, postgresql  # noqa: F401 (fixtures)

pytestmark = pytest.mark.timeout(600)  # the first run of a worker waits for a server, and for imports

STORE = "tasks.store.evidence_store:EvidenceStore"
STAGED = Step("tasks.sealing.staging:Staging", "write", "after")
COLLECTED = Step("flows.observing", "_collected", "after")
FILED = Step("tasks.sealing.bundle_writer:BundleWriter", "_file", "after", 2)
BETWEEN = [STAGED, COLLECTED, FILED]
STORING = Step("tasks.store.recording", "store_bundle", "after")
OWING = Step("tasks.store.owing", "materialise", "after")
SEALING = Step("tasks.store.recording", "store_seal", "after")
WITHIN = [OWING, STORING, SEALING]


def named(step: Step) -> str:
    return "-".join(map(str, step))


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:  # noqa: F811
    """The address of an empty database, dropped afterwards."""
    name = f"store_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name}")
        yield make_url(postgresql).set(database=name).render_as_string(hide_password=False)
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def cable(database: str) -> Iterator[Cable]:
    with Cable(make_url(database).port or 5432) as laid:
        yield laid


@pytest.fixture
def home(database: str, cable: Cable, tmp_path: Path, prefect_environment: dict[str, str]) -> Home:
    """A home whose store is a server at the other end of a cable."""
    address = make_url(database).set(host="127.0.0.1", port=cable.port).render_as_string(hide_password=False)
    return Home.with_a_past(tmp_path / "home", prefect_environment["PREFECT_API_URL"], address)


@pytest.fixture
def cut_off(database: str) -> Callable[[], None]:
    """Ends every session at the server, as its administrator does, or its restart."""

    def cut() -> None:
        with psycopg.connect(database, autocommit=True) as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    return cut


def assert_told(found: Ended, home: Home) -> None:
    """The run failed, and after what Prefect logs of it, its last line says where."""
    assert found.code == 1, found.said
    line = found.last
    url = make_url(home.store_url)
    assert line.startswith(f"evidence store postgresql://127.0.0.1:{url.port}/{url.database}: "), found.said
    assert line.endswith("check that the server runs and that the user may write to the database")


@pytest.mark.parametrize("step", BETWEEN, ids=named)
def test_a_server_that_was_away_between_two_stages_costs_nothing(home: Home, cable: Cable, step: Step):
    sealed = home.sealed()
    halted = Halted(home.hourly(FAILING_AT), step)
    cable.cut()
    cable.mend()
    halted.goes_on()
    found = halted.ends()
    assert found.code == 0, found.said
    assert sealed.items() <= home.sealed().items()
    home.assert_repaired(until=FAILING_AT)


@pytest.mark.parametrize("step", [*BETWEEN, *WITHIN], ids=named)
def test_a_server_that_stays_away_fails_the_run_and_the_next_one_makes_it_good(home: Home, cable: Cable, step: Step):
    sealed = home.sealed()
    halted = Halted(home.hourly(FAILING_AT), step)
    cable.cut()
    halted.goes_on()
    assert_told(halted.ends(), home)
    cable.mend()
    home.assert_the_next_run_repairs(sealed)


@pytest.mark.parametrize("step", WITHIN, ids=named)
def test_a_session_that_is_ended_within_a_transaction_leaves_nothing_of_it(
    home: Home, cut_off: Callable[[], None], step: Step
):
    sealed = home.sealed()
    halted = Halted(home.hourly(FAILING_AT), step)
    cut_off()
    halted.goes_on()
    assert_told(halted.ends(), home)
    home.assert_the_next_run_repairs(sealed)


def test_what_was_stored_while_nobody_heard_so_is_sealed_by_the_next_run(home: Home, cable: Cable, database: str):
    """The server commits, and its word is lost: the run must take it as not stored, and the next one as stored."""
    sealed = home.sealed()
    halted = Halted(home.hourly(FAILING_AT), STORING)
    cable.deaf = True
    halted.goes_on()
    missed = Slot(datetime(2026, 11, 22, 15, tzinfo=UTC), Cadence.HOURLY)
    there = Home(home.folder, home.prefect, database)
    wait_for(lambda: there.recorded(missed), seconds=60)
    cable.cut()
    assert_told(halted.ends(), home)
    assert [one.slot for one in there.unsealed()] == [missed]
    cable.mend()
    home.assert_the_next_run_repairs(sealed)


@pytest.fixture
def small(tmp_path: Path, prefect_environment: dict[str, str]) -> Home:
    """A home whose store is a file."""
    return Home.with_a_past(tmp_path / "home", prefect_environment["PREFECT_API_URL"])


def locked(home: Home) -> sqlite3.Connection:
    """Takes the lock that whoever writes must have, until it is rolled back."""
    other = sqlite3.connect(home.folder / "var" / "readiness.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_file_that_somebody_else_writes_for_a_while_is_waited_for(small: Home):
    halted = Halted(small.hourly(FAILING_AT), STAGED)
    with closing(locked(small)) as other:
        halted.goes_on()
        assert halted.lasts(1), "it did not wait"
        other.execute("ROLLBACK")
    found = halted.ends()
    assert found.code == 0, found.said
    small.assert_repaired(until=FAILING_AT)


def test_a_file_that_somebody_else_never_lets_go_fails_the_run_and_the_next_one_makes_it_good(small: Home):
    sealed = small.sealed()
    impatient = {"tasks.store.database._BUSY_SECONDS": 0.3}
    halted = Halted(small.hourly(FAILING_AT, patches=impatient), STAGED)
    with closing(locked(small)):
        halted.goes_on()
        found = halted.ends()
    assert found.code == 1, found.said
    assert "readiness.db: database is locked; " in found.last
    small.assert_the_next_run_repairs(sealed)
