"""Isolated databases: made for one rehearsal, gone afterwards, and cleared away by the next one if that was killed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest

from examples.sandbox.database import Cluster, binaries
from tasks.drills import held_folders, targets
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.programs import Programs
from tasks.drills.server_process import remove_leftovers
from tasks.drills.targets import Clearing, IsolatedDatabase, ServerTarget, TargetError
from tasks.drills.temporary_server import TemporaryServer
from tests.resolving import leading
from tests.tasks.dumps import alive, databases

HELD_SERVER = """
import asyncio, sys
from datetime import UTC, datetime
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.targets import Clearing, ServerTarget
async def hold():
    address = DatabaseAddress.of("rehearsal", sys.argv[1])
    async with ServerTarget(address, isolated=True, now=lambda: datetime.now(UTC)).database(Clearing()):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""
HELD_FOLDER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from tasks.drills.programs import Programs
from tasks.drills.targets import Clearing
from tasks.drills.temporary_server import TemporaryServer
async def hold():
    async with TemporaryServer(Programs(Path(sys.argv[1])), lambda: datetime.now(UTC)).database(Clearing()):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""


def now() -> datetime:
    return datetime.now(UTC)


def target(cluster: Cluster, *, isolated: bool = True) -> ServerTarget:
    address = DatabaseAddress.of("rehearsal", cluster.url("rehearsal", "restore_target"))
    return ServerTarget(address, isolated=isolated, now=now)


async def test_a_target_at_a_metadata_address_is_not_asked(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    leading(monkeypatch, **{"rehearsal.test": ("127.0.0.1", "fd00:ec2::254")})
    url = cluster.url("rehearsal", "restore_target").replace("127.0.0.1", "rehearsal.test")
    address = DatabaseAddress.of("rehearsal", url)
    with pytest.raises(psycopg.OperationalError, match="a link-local or metadata address, which is not asked"):
        await address.connect()
    with pytest.raises(TargetError, match=r"rehearsal does not answer: rehearsal\.test: it leads to fd00:ec2::254"):
        async with ServerTarget(address, isolated=True, now=now).database(Clearing()):
            pass


async def test_programs_go_to_the_address_that_was_looked_at(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    leading(monkeypatch, **{"rehearsal.test": ("127.0.0.1",)})
    url = cluster.url("rehearsal", "restore_target").replace("127.0.0.1", "rehearsal.test")
    target = ServerTarget(DatabaseAddress.of("rehearsal", url), isolated=True, now=now)
    async with target.database(Clearing()) as made:
        told = made.address.environment()
    assert (told["PGHOST"], told["PGHOSTADDR"]) == ("rehearsal.test", "127.0.0.1")


async def removed_by_the_next(server: ServerTarget | TemporaryServer) -> tuple[str, ...]:
    async with server.database(Clearing()) as made:
        return made.removed


def hold(script: str, argument: str, *, folder: Path | None = None) -> subprocess.Popen[str]:
    """A rehearsal in a process of its own that has reached its isolated database."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd()), **({"TMPDIR": str(folder)} if folder else {})}
    process = subprocess.Popen(
        [sys.executable, "-c", script, argument], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_database_of_a_killed_rehearsal_is_removed_by_the_next_one_which_says_so(cluster: Cluster):
    before = databases(cluster)
    process = hold(HELD_SERVER, cluster.url("rehearsal", "restore_target"))
    (left,) = databases(cluster) - before
    kill(process)
    for _ in range(50):
        if left in asyncio.run(removed_by_the_next(target(cluster))):
            break
    else:
        pytest.fail("the leftover was never removed")
    assert left not in databases(cluster)


def test_a_database_of_a_living_rehearsal_is_left_alone(cluster: Cluster):
    before = databases(cluster)
    process = hold(HELD_SERVER, cluster.url("rehearsal", "restore_target"))
    try:
        (held,) = databases(cluster) - before
        assert held not in asyncio.run(removed_by_the_next(target(cluster)))
        assert held in databases(cluster)
    finally:
        kill(process)
        asyncio.run(removed_by_the_next(target(cluster)))


def test_a_database_of_another_name_is_never_a_leftover(cluster: Cluster):
    with psycopg.connect(cluster.url("rehearsal", "restore_target"), autocommit=True) as session:
        session.execute("create database readiness_restore_by_hand")
        try:
            assert asyncio.run(removed_by_the_next(target(cluster))) == ()
            assert "readiness_restore_by_hand" in databases(cluster)
        finally:
            session.execute("drop database readiness_restore_by_hand")


def test_nothing_is_made_on_a_server_that_is_not_declared_isolated(cluster: Cluster):
    before = databases(cluster)
    with pytest.raises(TargetError, match="not declared isolated"):
        asyncio.run(removed_by_the_next(target(cluster, isolated=False)))
    assert databases(cluster) == before


def test_a_target_that_is_not_empty_is_refused_and_dropped(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    """The database is new, so only a broken server could fill it; here the question itself is bent."""
    monkeypatch.setattr(targets, "_USER_OBJECTS", "select 1")
    with pytest.raises(TargetError, match="not empty"):
        asyncio.run(removed_by_the_next(target(cluster)))
    assert databases(cluster) == set()


def test_the_database_is_dropped_when_the_rehearsal_breaks(cluster: Cluster):
    async def break_off() -> None:
        async with target(cluster).database(Clearing()):
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        asyncio.run(break_off())
    assert databases(cluster) == set()


@pytest.mark.parametrize("after", [number / 40 for number in range(12)])
def test_a_rehearsal_cancelled_at_any_moment_leaves_no_database(cluster: Cluster, after: float):
    async def cancel() -> None:
        making = asyncio.create_task(removed_by_the_next(target(cluster)))
        await asyncio.sleep(after)
        making.cancel()
        with suppress(asyncio.CancelledError):
            await making

    asyncio.run(cancel())
    assert databases(cluster) == set()


def test_a_database_that_cannot_be_dropped_is_named(cluster: Cluster):
    clearing = Clearing()

    async def lock_out() -> IsolatedDatabase:
        async with target(cluster).database(clearing) as made:
            with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as session:
                session.execute(f"alter database {made.address.database} owner to postgres")
            return made

    made = asyncio.run(lock_out())
    with psycopg.connect(cluster.url("postgres", "postgres"), autocommit=True) as session:
        session.execute(f"drop database {made.address.database} with (force)")
    assert clearing.gone is False
    assert clearing.left is not None
    assert made.address.database in clearing.left


def test_the_server_of_a_killed_rehearsal_is_stopped_and_removed(monkeypatch: pytest.MonkeyPatch):
    short = Path(os.path.realpath("/tmp")) / f"readiness-test-{os.getpid()}"  # a socket's path holds a hundred bytes
    short.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(short))
    process = hold(HELD_FOLDER, str(binaries()), folder=short)
    (folder,) = short.glob("readiness-restore-*")
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    assert asyncio.run(remove_leftovers(Programs(binaries()))) == (), "it is still alive"
    kill(process)
    assert asyncio.run(remove_leftovers(Programs(binaries()))) == (folder.name,)
    assert not alive(server)
    assert list(short.iterdir()) == []
    short.rmdir()


def test_a_temporary_server_needs_the_server_programs(tmp_path: Path):
    with pytest.raises(TargetError, match="initdb is not in"):
        asyncio.run(removed_by_the_next(TemporaryServer(Programs(tmp_path), now)))


def test_a_temporary_server_needs_no_free_port_since_it_listens_on_none():
    async def listening() -> list[object]:
        async with TemporaryServer(Programs(binaries()), now).database(Clearing()) as made:
            folder = Path(made.address.parameters["host"])
            server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
            return list(psutil.Process(server).net_connections(kind="inet"))

    assert asyncio.run(listening()) == []


def test_nothing_is_started_where_the_copy_would_not_fit():
    clearing = Clearing()

    async def start() -> None:
        async with TemporaryServer(Programs(binaries()), now, needed=10**18).database(clearing):
            pytest.fail("it was started")

    with pytest.raises(TargetError, match="no free disk: the copy needs 1000000000000000000 bytes"):
        asyncio.run(start())
    assert clearing.gone is None


def test_what_cannot_be_removed_stops_the_next_rehearsal_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / f"{held_folders.PREFIX}left"
    left.mkdir()
    (left / "held").touch()
    with monkeypatch.context() as patched:
        patched.setattr(held_folders.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(TargetError, match=f"what it left stays: the folder {left} could not be removed"):
            held_folders.remove_files()
        with pytest.raises(TargetError, match="what it left stays"):
            asyncio.run(remove_leftovers(Programs(binaries())))
    assert held_folders.remove_files() == (left.name,)


def test_a_folder_that_its_owner_removes_meanwhile_is_nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Rehearsals beside each other end whenever they end: after the folder was listed, and after it was opened."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    listed, opened = (tmp_path / f"{held_folders.PREFIX}{name}" for name in ("listed", "opened"))
    opened.mkdir()
    (opened / "held").touch()

    def end_before_the_lock(lock: int, how: int) -> None:
        shutil.rmtree(opened)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "glob", lambda *_: [listed, opened])
        patched.setattr(held_folders.fcntl, "flock", end_before_the_lock)
        assert held_folders.remove_files() == ()
        assert not opened.exists()
        assert asyncio.run(remove_leftovers(Programs(binaries()))) == ()


def test_a_folder_in_which_no_server_could_make_its_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(TargetError, match="and 107 are possible; set TMPDIR to a shorter one"):
        asyncio.run(removed_by_the_next(TemporaryServer(Programs(binaries()), now)))
    assert list(deep.iterdir()) == []
