"""What tests of acting share: a real PostgreSQL of their own, and evidence stores on both databases."""

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
    server = request.getfixturevalue("postgresql")
    with psycopg.connect(server, autocommit=True) as administrator:
        made: list[str] = []

        def make() -> str:
            made.append(f"store_{uuid4().hex}")
            administrator.execute(f"CREATE DATABASE {made[-1]}")
            return make_url(server).set(database=made[-1]).render_as_string(hide_password=False)

        yield make
        for name in made:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[EvidenceStore]:
    with EvidenceStore.open(url) as opened:
        yield opened
