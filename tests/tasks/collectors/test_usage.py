"""Snapshots of usage in real databases: what is missing, twice, no number, from tomorrow, or does not add up."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from checks.evidence.records import Evidence
from checks.expectations.usage import USAGE
from checks.kinds.usage import UsageCheck, UsageRow
from checks.outcome import Outcome
from tasks.collectors import usage_rows
from tasks.collectors.sources import DatabaseAccess, Sources
from tasks.collectors.usage import UsageCollector
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.collectors.asking import named
from tests.tasks.collectors.databases import DIALECTS, database

NOW = datetime(2026, 11, 22, 0, 5, tzinfo=UTC)
TODAY = NOW.date()
DAYS = [TODAY - timedelta(days=back) for back in (3, 2, 1)]
TENANTS = ("acme", "wayne")
FAIL, STALE = Outcome.FAIL, Outcome.STALE
ASKED = {
    "database": "ledger",
    "snapshots": "snapshots",
    "day": "on_day",
    "figures": {"throughput": "requests", "compute-minutes": "minutes"},
    "tenants": list(TENANTS),
    "days": 3,
}
LINES: list[tuple[date, str, object, object]] = [
    (day, tenant, 100 * (place + 1), "0.10") for day in DAYS for place, tenant in enumerate(TENANTS)
]


def statements(lines: list[tuple[Any, ...]]) -> list[str]:
    def literal(value: object) -> str:
        return "null" if value is None else f"'{value}'"

    made = ["create table snapshots (on_day date, tenant varchar(20), requests bigint, minutes decimal(12, 2))"]
    made += ["create table totals (on_day date, requests bigint)"]
    made += [f"insert into totals values ('{day}', 300)" for day in DAYS]
    made += [f"insert into snapshots values ({', '.join(map(literal, line))})" for line in lines]
    return made


Make = Callable[[list[tuple[Any, ...]]], str]


@pytest.fixture
def make(request: pytest.FixtureRequest) -> Make:
    """Makes an SQLite database with such lines; the other dialects are asked the same in a test of their own."""

    def made(lines: list[tuple[Any, ...]]) -> str:
        with database(request, "sqlite", statements(lines)) as url:
            return url

    return made


async def collected(url: str, *, now: datetime = NOW, **asked: Any) -> tuple[UsageCheck, Evidence]:
    check = named(UsageCheck.model_validate({**ASKED, **asked}))
    collector = UsageCollector(Sources({"ledger": DatabaseAccess("ledger", url, 5)}), lambda: now)
    return check, await collector.collect(check)


async def whole(url: str, **asked: Any) -> UsageRow:
    _, evidence = await collected(url, **asked)
    first = evidence.rows[0]
    assert isinstance(first, UsageRow)
    return first


async def judged(url: str, **asked: Any) -> dict[str, dict[str, Outcome]]:
    """By subject, the rules that were not met."""
    check, evidence = await collected(url, **asked)
    (found,) = verdicts(USAGE, [Example(check, evidence.rows)])
    return {
        verdict.subject.replace("check-0", "the-check"): {
            each.expectation: each.outcome for each in verdict.findings if each.outcome is not Outcome.PASS
        }
        for verdict in found
    }


GOOD: dict[str, dict[str, Outcome]] = {"the-check": {}, "tenant=acme": {}, "tenant=wayne": {}}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_every_dialect_tells_the_same(request: pytest.FixtureRequest, dialect: str):
    lines = [*LINES, (TODAY, "acme", 5, 1), (DAYS[0], "acme", 7, "0.25")]
    with database(request, dialect, statements(lines)) as url:
        check, evidence = await collected(url, totals={"throughput": "select on_day, requests from totals"})
    row = evidence.rows[0]
    assert isinstance(row, UsageRow)
    assert (row.owed, row.found, row.missing, row.newest) == (6, 6, 0, "2026-11-21")
    assert row.doubled_shown == "2026-11-19 acme 2 times"
    assert row.unequal_shown == "throughput of 2026-11-19 adds up to 307, and the total is 300"
    assert [(one.tenant, one.figure) for one in row.top["throughput"]] == [("wayne", "600"), ("acme", "307")]
    minutes = {one.tenant: float(one.figure) for one in row.top["compute-minutes"]}
    assert minutes == {"acme": 0.55, "wayne": 0.3}
    assert UsageCollector.rows_from(check, evidence.captures) == evidence.rows


async def test_each_tenant_with_a_snapshot_on_each_day_passes(make: Make):
    totals = {"throughput": "select on_day, requests from totals"}
    assert await judged(make(list(LINES)), totals=totals) == GOOD


async def test_a_gap_is_named_and_is_its_tenants_alone(make: Make):
    url = make([line for line in LINES if line[:2] != (DAYS[1], "acme")])
    gap = {"no-gaps": FAIL}
    assert await judged(url) == {"the-check": gap, "tenant=acme": gap, "tenant=wayne": {}}
    assert (await whole(url)).missing_shown == "2026-11-20 acme"


async def test_a_double_is_named(make: Make):
    url = make([*LINES, LINES[0]])
    double = {"no-doubles": FAIL}
    assert await judged(url) == {"the-check": double, "tenant=acme": double, "tenant=wayne": {}}


async def test_snapshots_that_stopped_are_stale_and_not_only_a_gap(make: Make):
    url = make([line for line in LINES if line[0] != DAYS[2]])
    stopped = {"fresh": STALE, "no-gaps": FAIL}
    assert await judged(url) == dict.fromkeys(GOOD, stopped)


async def test_a_day_is_owed_once_it_has_been_over_for_long_enough(make: Make):
    url = make([line for line in LINES if line[0] != DAYS[2]])
    settled = {"expect": {"settled": "6h"}, "days": 2}
    assert await judged(url, **settled) == GOOD
    later = await collected(url, now=NOW + timedelta(hours=6), **settled)
    assert [row.missing for row in later[1].rows if isinstance(row, UsageRow)] == [2, 1, 1]


async def test_today_may_have_begun_and_tomorrow_may_not(make: Make):
    assert await judged(make([*LINES, (TODAY, "acme", 1, 1)])) == GOOD
    url = make([*LINES, (TODAY + timedelta(days=1), "acme", 1, 1)])
    ahead = {"not-from-the-future": STALE}
    assert await judged(url) == {"the-check": ahead, "tenant=acme": ahead, "tenant=wayne": {}}


@pytest.mark.parametrize("amount", [None, -1])
async def test_what_is_no_amount_is_no_usage(make: Make, amount: object):
    url = make([*LINES[1:], (DAYS[0], "acme", amount, 1)])
    odd = {"counted": FAIL}
    assert await judged(url) == {"the-check": odd, "tenant=acme": odd, "tenant=wayne": {}}
    assert (await whole(url)).odd_shown == f"2026-11-19 acme: throughput is {amount}"


async def test_a_line_without_a_tenant_or_a_day_is_told(make: Make):
    url = make([*LINES, (DAYS[0], None, 1, 1), ("2026-11-21T07:00:00", "acme", 1, 1)])
    found = await whole(url)
    assert (found.odd, found.doubled) == (2, 0)
    assert "day '2026-11-21T07:00:00' and tenant 'acme' name no snapshot" in str(found.odd_shown)


async def test_nobodys_snapshot_is_a_warning(make: Make):
    url = make([*LINES, (DAYS[0], "stranger", 1, 1)])
    assert await judged(url) == {**GOOD, "the-check": {"known": Outcome.WARN}}


async def test_no_snapshot_at_all_is_missing(make: Make):
    found = await judged(make([]))
    assert all(rules["present"] is Outcome.MISSING for rules in found.values())
    assert all(rules["no-gaps"] is Outcome.INCONCLUSIVE for rules in found.values())


async def test_who_was_active_says_the_database(make: Make):
    url = make([line for line in LINES if line[:2] != (DAYS[0], "wayne")])
    active = "select on_day, tenant from snapshots where on_day > '2026-11-19' union select '2026-11-19', 'acme'"
    assert await judged(url, tenants=None, active=active) == GOOD
    every_day = "select 'acme' as a union select 'wayne'"
    assert (await judged(url, tenants=None, active=every_day))["tenant=wayne"] == {"no-gaps": FAIL}


async def test_if_nobody_is_active_nothing_is_complete(make: Make):
    found = await judged(make(list(LINES)), tenants=None, active="select 'acme' as a where 1 = 0")
    assert found["the-check"]["owed"] is Outcome.MISSING


async def test_an_answer_that_names_nobody_is_told(make: Make):
    found = await whole(make(list(LINES)), tenants=None, active="select 'acme' as a union all select null")
    assert "active answers [None], which is no tenant" in str(found.odd_shown)


async def test_a_total_that_is_another_fails_and_one_that_is_unknown_decides_nothing(make: Make):
    url = make(list(LINES))
    more = {"throughput": "select on_day, requests + 1 from totals"}
    assert (await judged(url, totals=more))["the-check"] == {"totals": FAIL}
    assert await judged(url, totals=more, expect={"tolerance": 1}) == GOOD
    fewer = {"throughput": "select on_day, requests from totals where on_day > '2026-11-19'"}
    assert (await judged(url, totals=fewer))["the-check"] == {"totalled": Outcome.INCONCLUSIVE}
    twice = {"throughput": "select on_day, requests from totals union all select on_day, requests from totals"}
    assert (await judged(url, totals=twice))["the-check"] == {"totalled": Outcome.INCONCLUSIVE}


async def test_sums_are_exact(make: Make):
    """Three times a tenth in floats is not 0.3."""
    totals = {"compute-minutes": "select on_day, 0.2 from totals"}
    url = make([(day, tenant, 1, "0.1") for day in DAYS for tenant in TENANTS])
    assert await judged(url, totals=totals) == GOOD


async def test_the_top_is_cut_where_the_check_says_and_has_shares_of_everybody(make: Make):
    top = (await whole(make(list(LINES)), top=1)).top["throughput"]
    assert [(one.tenant, one.figure, one.share) for one in top] == [("wayne", "600", 2 / 3)]


async def test_nothing_used_has_no_shares(make: Make):
    top = (await whole(make([(day, tenant, 0, 0) for day, tenant, *_ in LINES]))).top["throughput"]
    assert [one.share for one in top] == [None, None]


async def test_more_than_can_be_read_decides_nothing(make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(usage_rows, "MOST_LINES", 5)
    monkeypatch.setattr("tasks.collectors.usage.MOST_LINES", 5)
    found = await judged(make(list(LINES)))
    assert all(rules["whole"] is Outcome.INCONCLUSIVE for rules in found.values())
    assert found.keys() == GOOD.keys()


@pytest.mark.parametrize(
    "asked",
    [
        {"snapshots": "nowhere"},
        {"day": "never"},
        {"totals": {"throughput": "delete from totals"}},
        {"tenants": None, "active": "select 'a' as a; drop table totals"},
    ],
)
async def test_what_cannot_be_asked_is_an_error_of_every_tenant(make: Make, asked: dict[str, Any]):
    found = await judged(make(list(LINES)), **asked)
    assert all(rules["answers"] is Outcome.ERROR for rules in found.values())


async def test_a_server_that_is_gone_is_an_error():
    found = await judged("postgresql://nobody@127.0.0.1:9/ledger")
    assert {subject: rules["answers"] for subject, rules in found.items()} == dict.fromkeys(GOOD, Outcome.ERROR)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"tenants": None}, "say who is owed a snapshot"),
        ({"active": "select 1"}, "say who is owed a snapshot"),
        ({"tenants": []}, "at least 1 item"),
        ({"figures": {}}, "at least 1 item"),
        ({"totals": {"retries": "select 1"}}, "there is no figure retries; there are throughput, compute-minutes"),
        ({"days": 0}, "greater than or equal to 1"),
    ],
)
def test_a_check_that_could_not_tell_is_refused(asked: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        UsageCheck.model_validate({**ASKED, **asked})
