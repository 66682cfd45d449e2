"""A disk that is full at any write of a run: one line says so, nothing sealed changes, nothing half-written counts, and
once there is room the next run makes it good.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flows.forks import Ended, Halted, Step, ended
from tests.flows.homes import FAILING_AT, Home
from tests.flows.small_disks import SmallDisk, small_disk

pytestmark = pytest.mark.timeout(600)  # the first run of a worker waits for a server, and for imports

OWING = Step("tasks.store.owing", "materialise", "after")
STORE = "tasks.store.evidence_store:EvidenceStore"
STAGING = "tasks.sealing.staging:Staging"
LOG = "tasks.sealing.evidence_log:EvidenceLog"
WRITER = "tasks.sealing.bundle_writer:BundleWriter"
# As in `test_killed_runs.py`: first a missed hour, sealed after the changed catalogue has become a leaf of the log.
EVIDENCE = [
    OWING,  # the payload cannot be staged
    Step(STORE, "record", "after"),  # the catalogue in force cannot be kept
    Step("flows.keeping", "keep_catalog", "after"),  # the log gets no leaf
    Step(LOG, "prepare", "after"),  # nor the record that the leaf is of
    Step(LOG, "commit", "after"),  # the bag cannot be closed
    Step(LOG, "prepare", "after", 2),  # what vouches for it cannot be written
    Step("flows.cadence", "render_pages", "after"),  # the missed hour is sealed, and the next cannot be staged
    Step(STORE, "record", "after", 2),  # nor sealed
]
UNSTAGED = (EVIDENCE[0], EVIDENCE[-2])
DATABASE = [
    OWING,
    Step(STAGING, "write", "after"),
    Step(WRITER, "_file", "after"),  # the bundle has its name, and its seal cannot be noted
    Step(STORE, "record", "before", 2),
    Step(STORE, "seal", "before", 2),
]
SHARES = 5
NO_ROOM = ("No space left on device", "database or disk is full", "disk I/O error")
"""How the system and SQLite say it; of what it maps into memory SQLite knows no more than the last."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, prefect_environment: dict[str, str]) -> Home:
    return Home.with_a_past(tmp_path_factory.mktemp("before"), prefect_environment["PREFECT_API_URL"])


Disk = Callable[[str], tuple[Home, SmallDisk]]


@pytest.fixture
def on_a_disk(before: Home, tmp_path: Path) -> Iterator[Disk]:
    """A home of which one part lies on a disk of its own: `var` (all of it), or a folder in that."""
    with ExitStack() as mounted:

        def made(part: str) -> tuple[Home, SmallDisk]:
            disk = mounted.enter_context(small_disk(tmp_path / "home" / part))
            return before.copied(tmp_path / "home"), disk

        yield made


@pytest.fixture
def store_on_a_disk(before: Home, tmp_path: Path) -> Iterator[tuple[Home, SmallDisk]]:
    """A home whose store alone lies on a disk of its own."""
    with small_disk(tmp_path / "disk") as disk:
        home = before.copied(tmp_path / "home")
        path = home.folder / "var" / "readiness.db"
        (disk.folder / "readiness.db").write_bytes(path.read_bytes())
        path.unlink()
        yield replace(home, store_url=f"sqlite:///{disk.folder / 'readiness.db'}"), disk


def filled_at(step: Step, home: Home, disk: SmallDisk) -> Ended:
    """A run of which one disk gets full at a step, and has room again afterwards."""
    halted = Halted(home.hourly(FAILING_AT), step)
    disk.leave(0)
    halted.goes_on()
    found = halted.ends()
    disk.clear()
    return found


def assert_told(found: Ended, *where: str) -> None:
    """The run failed, and after what Prefect logs of it, its last line says why and where."""
    assert found.code == 1, found.said
    line = found.last
    assert any(words in line for words in NO_ROOM), found.said
    assert all(words in line for words in where), line
    assert "please report" not in found.said


@pytest.mark.parametrize("step", EVIDENCE, ids=lambda step: "-".join(map(str, step)))
def test_no_room_for_evidence_at_any_step_is_made_good_by_the_next_run(on_a_disk: Disk, step: Step):
    home, disk = on_a_disk("var/evidence")
    sealed = home.sealed()
    assert_told(filled_at(step, home, disk), "cannot write evidence to", f"{home.evidence}")
    if step in UNSTAGED:
        assert list((home.evidence / ".staging").iterdir()) == [], "half of it takes room that is wanted"
    home.assert_the_next_run_repairs(sealed)


@pytest.mark.parametrize("step", DATABASE, ids=lambda step: "-".join(map(str, step)))
def test_no_room_for_the_store_at_any_step_is_made_good_by_the_next_run(
    store_on_a_disk: tuple[Home, SmallDisk], step: Step
):
    home, disk = store_on_a_disk
    sealed = home.sealed()
    assert_told(filled_at(step, home, disk), f"evidence store {disk.folder}/readiness.db", "have room")
    home.assert_the_next_run_repairs(sealed)


def test_no_room_to_note_how_long_it_took_is_a_warning(store_on_a_disk: tuple[Home, SmallDisk]):
    home, disk = store_on_a_disk
    found = filled_at(Step("tasks.publish", "_show", "before"), home, disk)
    assert found.code == 0, found.said
    assert "how long the run took is not on record: evidence store" in found.said
    home.assert_repaired(until=FAILING_AT)


def test_no_room_for_pages_fails_a_run_that_has_sealed(on_a_disk: Disk):
    home, disk = on_a_disk("var/reports")
    sealed = home.sealed()
    assert_told(filled_at(Step(STORE, "seal", "after", 2), home, disk), "is sealed", f"{disk.folder}")
    assert home.verified() == 3
    assert list(disk.folder.glob(".*.new")) == []
    home.assert_the_next_run_repairs(sealed)


@pytest.fixture(scope="module")
def taking(before: Home, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Bytes that a whole run takes on the disk of its home."""
    folder = tmp_path_factory.mktemp("whole") / "home"
    with small_disk(folder / "var") as disk:
        home = before.copied(folder)
        free = disk.free
        assert ended(home.hourly(FAILING_AT)).code == 0
        return free - disk.free


@pytest.mark.parametrize("number", range(SHARES))
def test_too_little_room_in_a_home_is_told_in_one_line_and_made_good_by_the_next_run(
    on_a_disk: Disk, taking: int, number: int
):
    home, disk = on_a_disk("var")
    sealed = home.sealed()
    disk.leave(int(taking * (number + random.random()) / SHARES))  # each ends in its own part of the run
    assert_told(ended(home.hourly(FAILING_AT)))
    disk.clear()
    home.assert_the_next_run_repairs(sealed)
