"""Sessions for questions, on real servers: whoever holds one can write nothing, and nothing they ask takes for ever."""

import time
from collections.abc import Iterator

import pytest

from tasks.collectors.sources import DatabaseAccess
from tasks.collectors.sql_sessions import SqlSession, open_session
from tasks.comparison.errors import ComparisonError
from tests.tasks.collectors.databases import DIALECTS, database

REFUSALS = {
    "postgresql": "read-only transaction",
    "mysql": "READ ONLY transaction",
    "sqlite": "readonly database",
}
SLOW = {
    "postgresql": "select count(*) from generate_series(1, 100000000000)",
    "mysql": "select benchmark(100000000000, sha2('a', 512))",
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
}


@pytest.fixture(params=DIALECTS)
def session(request: pytest.FixtureRequest) -> Iterator[SqlSession]:
    with database(request, request.param, ["create table t (a int)", "insert into t values (1)"]) as url:
        opened = open_session(DatabaseAccess("ledger", url, 0.5))
        yield opened
        opened.close()


@pytest.mark.parametrize(
    "statement",
    ["insert into t values (2)", "update t set a = 3", "delete from t", "create table u (a int)", "drop table t"],
)
def test_a_write_is_refused_by_the_database_itself(session: SqlSession, statement: str):
    with pytest.raises(ComparisonError) as refused:
        session.ask(statement)
    assert REFUSALS[session.dialect] in str(refused.value)
    session.renew()
    assert [tuple(map(int, row)) for row in session.ask("select a from t")] == [(1,)]


def test_a_statement_is_ended_at_its_time_limit(session: SqlSession):
    began = time.monotonic()
    with pytest.raises(ComparisonError):
        session.ask(SLOW[session.dialect])
    assert time.monotonic() - began < 10
