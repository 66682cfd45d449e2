"""Where two servers may not hash alike, values are compared and not hashes."""

import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from tasks.comparison import ColumnRule, Comparison, Location, compare
from tasks.comparison.postgres import agreement

TABLE = "create table t (id int primary key, v text); insert into t values (1, 'é'), (2, {})"


@pytest.fixture
def other(server: str) -> Iterator[Callable[[str], str]]:
    """Makes a database from words of its own, with a table that differs in one row."""
    made = []

    def database(words: str) -> str:
        name = f"cmp_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name} template template0 {words}")
        made.append(name)
        address = make_url(server).set(database=name).render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True, client_encoding="utf8") as connection:
            connection.execute(TABLE.format("'y'"))
        return address

    yield database
    with psycopg.connect(server, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


@pytest.mark.parametrize(
    ("words", "rule", "reason"),
    [
        ("encoding latin1 locale 'C'", ColumnRule(), "the server encodings differ"),
        ("encoding utf8 locale 'POSIX'", ColumnRule(ignore_case=True), "the servers know case differently"),
    ],
)
def test_databases_that_write_or_know_text_in_two_ways_are_compared_by_value(
    other, databases, run, words, rule, reason
):
    run(TABLE.format("'x'"), "")
    sides = Location(databases[0], "t"), Location(other(words), "t")
    found = compare(Comparison(*sides, rules={"v": rule}))
    assert reason in found.plan.because
    assert [sample.key["id"] for sample in found.samples] == [2]


def test_how_databases_know_case_does_not_matter_to_text_that_is_compared_as_it_is(other, databases, run):
    run(TABLE.format("'x'"), "")
    found = compare(Comparison(Location(databases[0], "t"), Location(other("encoding utf8 locale 'POSIX'"), "t")))
    assert found.plan.way != "reference"
    assert found.rows.changed == 1


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [("_KNOWN", "select pg_backend_pid()", "hash differently"), ("MINIMUM", 10**9, "older than PostgreSQL 14")],
)
def test_servers_that_hash_in_two_ways_are_compared_by_value(databases, run, monkeypatch, name, value, reason):
    """What a server of another age would answer stands here for one."""
    run(TABLE.format("'x'"), TABLE.format("'y'"))
    monkeypatch.setattr(agreement, name, value)
    found = compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t")))
    assert reason in found.plan.because
    assert found.rows.changed == 1
