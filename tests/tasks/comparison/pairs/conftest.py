"""Every kind of store that the engine reads, each worker with databases of its own on real servers."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from examples.sandbox.database import Cluster
from tests.tasks.comparison.pairs.stores import Stores, mysql_database

ON_THIS_MACHINE = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.fixture(scope="session")
def postgres_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of its own: on the machine's server where it answers, else on one started for this session."""
    server = ON_THIS_MACHINE
    try:
        psycopg.connect(server, connect_timeout=3).close()
    except psycopg.OperationalError:
        cluster: Cluster = request.getfixturevalue("cluster")
        server = cluster.url("postgres", "postgres")
    name = f"cmp_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def mysql() -> Iterator[str]:
    with mysql_database() as name:
        yield name


@pytest.fixture
def stores(tmp_path: Path, postgres_database: str, mysql: str) -> Stores:
    return Stores(tmp_path, postgres_database, mysql)
