"""SQL facts of real databases: PostgreSQL, MariaDB and SQLite are asked the same and tell the same."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.expectations.sql_facts import SQL_FACTS
from checks.kinds.sql_facts import SqlFactsCheck, SqlFactsRow
from checks.outcome import Outcome
from tasks.collectors.sources import DatabaseAccess, Sources
from tasks.collectors.sql_facts import SqlFactsCollector
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.collectors.asking import named, now
from tests.tasks.collectors.databases import DIALECTS, database

PASS, FAIL, INCONCLUSIVE, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR
SECRET = "open-sesame"
TABLES = (
    "create table keyed (tenant varchar(20) not null, name varchar(20) not null, unique (tenant, name))",
    "create table nullable (tenant varchar(20) not null, name varchar(20), unique (tenant, name))",
    "create table loose (tenant varchar(20), name varchar(20))",
    "create table numbered (id integer primary key, amount decimal(12, 2))",
    "insert into keyed values ('acme', 'a'), ('acme', 'b')",
    "insert into nullable values ('acme', null), ('acme', null)",
    "insert into loose values ('acme', 'a'), ('acme', 'a'), ('acme', null), ('acme', null)",
    "insert into numbered values (1, 10.10), (2, 2.40)",
)


@pytest.fixture(scope="module")
def postgresql(request: pytest.FixtureRequest) -> Iterator[str]:
    with database(request, "postgresql", TABLES) as made:
        yield made


@pytest.fixture(scope="module")
def mysql(request: pytest.FixtureRequest) -> Iterator[str]:
    with database(request, "mysql", TABLES) as made:
        yield made


@pytest.fixture(scope="module")
def sqlite(request: pytest.FixtureRequest) -> Iterator[str]:
    with database(request, "sqlite", TABLES) as made:
        yield made


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


async def collected(url: str, facts: dict[str, Any], *, seconds: float = 5) -> tuple[SqlFactsCheck, Evidence]:
    check = named(SqlFactsCheck.model_validate({"database": "ledger", "facts": facts}))
    collector = SqlFactsCollector(Sources({"ledger": DatabaseAccess("ledger", url, seconds)}), now)
    return check, await collector.collect(check)


async def row(url: str, fact: dict[str, Any], **given: Any) -> SqlFactsRow:
    _, evidence = await collected(url, {"fact": fact}, **given)
    (found,) = evidence.rows
    assert isinstance(found, SqlFactsRow)
    return found


async def judged(url: str, facts: dict[str, Any]) -> dict[str, dict[str, Outcome]]:
    """What each fact comes to: the rules that were not met, each with its outcome."""
    check, evidence = await collected(url, facts)
    (found,) = verdicts(SQL_FACTS, [Example(check, evidence.rows)])
    assert all(verdict.findings for verdict in found)
    return {
        verdict.subject: {f.expectation: f.outcome for f in verdict.findings if f.outcome is not PASS}
        for verdict in found
    }


def unique(table: str, *columns: str) -> dict[str, Any]:
    return {"unique": table, "columns": list(columns)}


async def test_what_the_database_itself_promises_is_told_from_what_happens_to_be_so(url: str):
    assert await judged(
        url,
        {
            "keyed": unique("keyed", "tenant", "name"),
            "more": unique("numbered", "id", "amount"),
            "half": unique("keyed", "name"),
            "nullable": unique("nullable", "name", "tenant"),
            "loose": unique("loose", "tenant", "name"),
            "gone": unique("nothing", "id"),
        },
    ) == {
        "keyed": {},
        "more": {},
        "half": {"constraint": FAIL, "no-nulls": INCONCLUSIVE},
        "nullable": {"no-nulls": Outcome.WARN},
        "loose": {"constraint": FAIL, "no-nulls": INCONCLUSIVE, "duplicates": FAIL},
        "gone": {"constraint": FAIL, "no-nulls": INCONCLUSIVE, "duplicates": INCONCLUSIVE},
    }


async def test_a_missing_constraint_names_those_that_are_there(url: str):
    found = await row(url, unique("keyed", "name"))
    assert found.constraint_cause is not None
    assert "no constraint makes them unique; there is" in found.constraint_cause
    assert "on tenant, name" in found.constraint_cause


async def test_values_rows_and_absences_keep_their_limits(url: str):
    facts = {
        "sum": {"query": "select sum(amount) from numbered", "equals": 12.5},
        "with": {"query": "with a as (select 3 as n) select n from a;", "min": 3, "max": 3},
        "text": {"query": "select name from keyed where name = 'a'", "equals": "a"},
        "none": {"no_rows": "select * from keyed where tenant = 'bolt'"},
        "some": {"rows": "keyed", "max": 2},
        "over": {"query": "select count(*) from loose", "max": 3},
        "found": {"no_rows": "select name, count(*) as n from loose group by name having count(*) > 1"},
        "few": {"rows": "keyed", "min": 3},
    }
    found = await judged(url, facts)
    assert {name: unmet for name, unmet in found.items() if unmet} == {
        "over": {"maximum": FAIL},
        "found": {"nothing-found": FAIL},
        "few": {"minimum": FAIL},
    }
    assert (await row(url, facts["found"])).found == 2


async def test_what_is_no_single_value_decides_nothing(url: str):
    found = await judged(
        url,
        {
            "many": {"query": "select id from numbered", "min": 0},
            "wide": {"query": "select 1 as a, 2 as b", "min": 0},
            "none": {"query": "select id from numbered where id = 99", "min": 0},
            "null": {"query": "select max(id) from numbered where id = 99", "min": 0},
            "word": {"query": "select 'many' as n", "min": 0},
        },
    )
    assert found == {
        "many": {"single": ERROR, "present": INCONCLUSIVE, "number": INCONCLUSIVE, "minimum": INCONCLUSIVE},
        "wide": {"single": ERROR, "present": INCONCLUSIVE, "number": INCONCLUSIVE, "minimum": INCONCLUSIVE},
        "none": {"present": Outcome.MISSING, "number": INCONCLUSIVE, "minimum": INCONCLUSIVE},
        "null": {"present": Outcome.MISSING, "number": INCONCLUSIVE, "minimum": INCONCLUSIVE},
        "word": {"number": FAIL, "minimum": INCONCLUSIVE},
    }


async def test_one_question_that_fails_leaves_the_others_alone(url: str):
    found = await judged(
        url,
        {
            "first": {"rows": "keyed"},
            "broken": {"query": "select nothing from nowhere", "min": 0},
            "last": {"rows": "keyed"},
        },
    )
    assert (found["first"], found["last"]) == ({}, {})
    assert found["broken"]["answers"] is ERROR


@pytest.mark.parametrize(
    "query",
    [
        "delete from keyed",
        "select 1 as a; delete from keyed",
        "select 1 as a) as b; delete from keyed; --",
        "update keyed set name = ''",
    ],
)
async def test_a_query_that_would_change_something_changes_nothing(url: str, query: str):
    found = await row(url, {"no_rows": query})
    assert found.problem is not None
    assert (await row(url, {"rows": "keyed"})).value == 2


async def test_rows_are_looked_at_up_to_a_limit(url: str):
    numbers = "select 1 as n union all select 2 union all select 3 union all select 4"
    crossed = ", ".join(f"({numbers}) as t{number}" for number in range(6))
    found = await row(url, {"no_rows": f"select t0.n as a from {crossed}"})
    assert found.found == 1_000
    assert found.found_shown is not None
    assert found.found_shown.startswith("at least 1000: ")


async def test_a_query_that_takes_too_long_is_ended(url: str):
    slow = {
        "postgresql": "select pg_sleep(60)::text",
        "mysql": "select sleep(60)",
        "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    }[url.partition(":")[0]]
    found = await row(url, {"query": slow, "equals": "x"}, seconds=0.3)
    assert found.problem is not None  # though MariaDB's sleep answers 1 where it was ended
    assert found.seconds is not None
    assert found.seconds < 20


async def test_a_server_that_does_not_answer_is_an_observation_without_its_password():
    for url in (
        f"postgresql://app:{SECRET}@127.0.0.1:9/x",
        f"mysql://app:{SECRET}@127.0.0.1:9/x",
        "sqlite:////gone.db",
    ):
        _, evidence = await collected(url, {"a": {"rows": "t"}, "b": {"no_rows": "select 1"}})
        assert all(row.problem for row in evidence.rows)  # type: ignore[attr-defined]
        assert SECRET not in repr(evidence)


async def test_rows_can_be_made_again_from_the_captures_alone(url: str):
    facts = {
        "a": unique("keyed", "name"),
        "b": {"rows": "keyed"},
        "c": {"query": "select amount from numbered where id = 1", "equals": 10.1},
    }
    check, evidence = await collected(url, facts)
    assert SqlFactsCollector.rows_from(check, evidence.captures) == evidence.rows


async def test_ages_are_taken_from_instants_with_a_zone(postgresql: str):
    """Judged at 2026-11-22T14:05Z."""
    facts = {
        "new": {"query": "select timestamptz '2026-11-22 15:00:00+01'", "max_age": "10m"},
        "old": {"query": "select timestamptz '2026-11-22 13:50:00+00'", "max_age": "10m"},
        "ahead": {"query": "select timestamptz '2026-11-22 14:20:00+00'", "max_age": "10m"},
        "epoch": {"query": "select extract(epoch from timestamptz '2026-11-22 14:00:00+00')::float8", "max_age": "10m"},
        "local": {"query": "select timestamp '2026-11-22 14:00:00'", "max_age": "10m"},
    }
    found = await judged(postgresql, facts)
    assert found["local"].pop("fresh") is INCONCLUSIVE
    assert found == {
        "new": {},
        "old": {"fresh": Outcome.STALE},
        "ahead": {"not-from-the-future": Outcome.STALE},
        "epoch": {},
        "local": {"dated": Outcome.MISSING, "not-from-the-future": INCONCLUSIVE},
    }


async def test_connections_are_counted_against_a_pool_or_the_server(postgresql: str, mysql: str, sqlite: str):
    with psycopg.connect(postgresql, application_name="facts-service"), psycopg.connect(postgresql):
        found = await row(postgresql, {"connections": 0.5, "pool": 4, "application": "facts-service"})
        assert (found.value, found.of, found.share) == (1, 4, 0.25)
        everybody = await row(postgresql, {"connections": 0.9})
        assert everybody.value is not None
        assert everybody.value >= 2  # type: ignore[operator]
        assert await judged(postgresql, {"a": {"connections": 0.2, "pool": 2}}) == {"a": {"connections": FAIL}}
    assert await judged(mysql, {"a": {"connections": 1}}) == {"a": {}}
    assert (await judged(mysql, {"a": {"connections": 1, "application": "x"}}))["a"]["answers"] is ERROR
    assert (await row(sqlite, {"connections": 1})).problem == "a SQLite file has no connections to count"


async def test_whoever_may_not_see_sessions_does_not_count_them(postgresql: str):
    role = f"blind_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgresql, autocommit=True, application_name="facts-service") as connection:
        connection.execute(f"create role {role} login password 'p'")
        try:
            url = make_url(postgresql).set(username=role, password="p").render_as_string(hide_password=False)
            found = await row(url, {"connections": 0.5, "pool": 4, "application": "facts-service"})
        finally:
            connection.execute(f"drop role {role}")
    assert found.problem == "its role may not see whose the sessions are; grant it pg_read_all_stats"


@pytest.mark.parametrize(
    "index",
    [
        "create unique index on loose_too (tenant) where name <> 'b'",
        "create unique index on loose_too (lower(tenant))",
        "create index on loose_too (tenant)",
    ],
)
async def test_an_index_that_is_not_about_every_row_promises_nothing(postgresql: str, index: str):
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("create table loose_too (tenant text not null, name text)")
        try:
            connection.execute(index)
            found = await row(postgresql, unique("public.loose_too", "tenant"))
        finally:
            connection.execute("drop table loose_too")
    assert found.constraint is None


async def test_nulls_that_count_as_equal_do_not_repeat(postgresql: str):
    with psycopg.connect(postgresql, autocommit=True) as connection:
        if connection.info.server_version < 150000:
            connection.execute("create table distinctly (name text not null unique)")
        else:
            connection.execute("create table distinctly (name text, unique nulls not distinct (name))")
        assert await judged(postgresql, {"a": unique("distinctly", "name")}) == {"a": {}}
        connection.execute("drop table distinctly")


async def test_a_source_that_is_no_database_is_refused(tmp_path: Path):
    with pytest.raises(CollectionError, match="no side is known for redis://"):
        await collected("redis://127.0.0.1", {"a": {"rows": "t"}})
    with pytest.raises(CollectionError, match="is no database that answers queries"):
        await collected(str(tmp_path / "a.csv"), {"a": {"rows": "t"}})
