"""New databases of each dialect for a test, made by statements and gone after it."""

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pymysql
import pytest
from sqlalchemy import make_url

from tests.tasks.comparison.pairs.stores import mysql_database

DIALECTS = ("postgresql", "mysql", "sqlite")


@contextmanager
def database(request: pytest.FixtureRequest, dialect: str, statements: Sequence[str]) -> Iterator[str]:
    """The URL of a database in which the statements were carried out."""
    match dialect:
        case "postgresql":
            with _postgresql(request.getfixturevalue("postgresql"), statements) as url:
                yield url
        case "mysql":
            with mysql_database() as name:
                with pymysql.connect(host="127.0.0.1", user="root", database=name, autocommit=True) as connection:
                    for statement in statements:
                        connection.cursor().execute(statement)
                yield f"mysql://root@127.0.0.1/{name}"
        case _:
            folder = request.getfixturevalue("tmp_path_factory").mktemp("database")
            yield _sqlite(folder / "some.db", statements)


@contextmanager
def _postgresql(server: str, statements: Sequence[str]) -> Iterator[str]:
    name = f"some_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as inside:
            for statement in statements:
                inside.execute(statement)
        yield url
        connection.execute(f"drop database {name} with (force)")


def _sqlite(path: Path, statements: Sequence[str]) -> str:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return f"sqlite:///{path}"
