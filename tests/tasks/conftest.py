"""What tests of acting share: a real PostgreSQL of their own, and evidence stores on both databases."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from examples.sandbox.database import Cluster
from examples.sandbox.folder import Folder
from tasks.store.evidence_store import EvidenceStore

ON_THIS_MACHINE = "postgresql://postgres@127.0.0.1:5432/postgres"
# Leaves a database as it was made, in a quarter of the time that another one takes.
_EMPTIED = (
    "drop schema public cascade; create schema public authorization pg_database_owner;"
    "grant usage on schema public to public"
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server with an empty `ledger`, and a role for rehearsals that may create databases and reach nothing else."""
    folder = Folder(tmp_path_factory.mktemp("cluster").resolve())
    folder.clear()
    running = Cluster(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def postgresql(request: pytest.FixtureRequest) -> str:
    """The URL of a real server: the machine's own where it answers, else one started for this session."""
    if answers(ON_THIS_MACHINE):
        return ON_THIS_MACHINE
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url("postgres", "postgres")


@pytest.fixture(scope="session")
def spare_databases(postgresql: str) -> Iterator[list[str]]:
    """Empty databases that earlier tests are done with."""
    names: list[str] = []
    yield names
    with psycopg.connect(postgresql, autocommit=True) as administrator:
        for name in names:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def new_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes the addresses of stores that do not exist yet."""
    if engine_name == "sqlite":
        numbers = count()
        yield lambda: f"sqlite:///{tmp_path}/readiness-{next(numbers)}.db"
        return
    server, spare = request.getfixturevalue("postgresql"), request.getfixturevalue("spare_databases")
    with psycopg.connect(server, autocommit=True) as administrator:
        taken: list[str] = []

        def make() -> str:
            if spare:
                taken.append(spare.pop())
            else:
                taken.append(f"store_{uuid4().hex}")
                administrator.execute(f"CREATE DATABASE {taken[-1]}")
            return _named(server, taken[-1])

        yield make
        for name in taken:
            ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
            administrator.execute(ended, [name])
            with psycopg.connect(_named(server, name), autocommit=True) as owner:
                owner.execute(_EMPTIED)
            spare.append(name)


def _named(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with nothing in it, to be copied: to bring one up to date takes longer than most tests."""
    path = tmp_path_factory.mktemp("store") / "readiness.db"
    EvidenceStore.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(url: str, engine_name: str, empty_file: Path) -> Iterator[EvidenceStore]:
    if engine_name == "sqlite":
        shutil.copy2(empty_file, url.removeprefix("sqlite:///"))
    with EvidenceStore.open(url) as opened:
        yield opened
