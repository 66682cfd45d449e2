"""Sessions for questions, on real servers: whoever holds one can write nothing, and nothing they ask takes for ever."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tasks.collectors.sources import DatabaseAccess
from tasks.collectors.sql_sessions import SqlSession, open_session
from tasks.comparison.errors import ComparisonError, ConnectionLostError
from tests.resolving import leading
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


@pytest.mark.parametrize("host", ["ledger.test", "[fd00:ec2::254]", "169.254.169.254"])
@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "mysql"])
def test_no_server_at_a_metadata_address_is_asked(monkeypatch: pytest.MonkeyPatch, scheme: str, host: str):
    leading(monkeypatch, **{"ledger.test": ("127.0.0.1", "fd00:ec2::254")})
    with pytest.raises(ConnectionLostError, match="a link-local or metadata address, which is not asked"):
        open_session(DatabaseAccess("ledger", f"{scheme}://me@{host}/ledger", 1))


@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_server_is_reached_where_was_looked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, dialect: str
):
    with database(request, dialect, ["create table t (a int)"]) as url:
        place = urlsplit(url)
        named = url.replace(f"{place.hostname}", "ledger.test")
        looked_up = leading(monkeypatch, **{"ledger.test": ("::1", "127.0.0.1")})
        opened = open_session(DatabaseAccess("ledger", named, 5))
        assert opened.ask("select count(*) from t") == [(0,)]
        opened.close()
    assert [name for name in looked_up if name == "ledger.test"] == ["ledger.test"]
