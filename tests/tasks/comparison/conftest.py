"""Two databases of one real PostgreSQL, for each worker its own."""

import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from examples.sandbox.database import Cluster

ON_THIS_MACHINE = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> str:
    """The machine's own server where it answers, else one started for this session."""
    try:
        psycopg.connect(ON_THIS_MACHINE, connect_timeout=3).close()
    except psycopg.OperationalError:
        cluster: Cluster = request.getfixturevalue("cluster")
        return cluster.url("postgres", "postgres")
    return ON_THIS_MACHINE


@pytest.fixture(scope="session")
def databases(server: str) -> Iterator[tuple[str, str]]:
    """The addresses of two empty databases."""
    names = [f"cmp_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            for name in names:
                connection.execute(f"create database {name}")
            left, right = (make_url(server).set(database=name).render_as_string(hide_password=False) for name in names)
            yield left, right
        finally:
            for name in names:
                connection.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def run(databases: tuple[str, str]) -> Callable[[str, str], None]:
    """Runs statements in the left and the right database, which lose all that was in them before."""
    fresh = "drop schema public cascade; create schema public;"

    def statements(left: str, right: str) -> None:
        for address, text in zip(databases, (left, right), strict=True):
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(fresh + text)

    return statements
