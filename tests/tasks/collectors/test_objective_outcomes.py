"""What good and bad histories come to, each way of being bad with an outcome of its own."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.findings import Verdict
from checks.kinds.objective import ObjectiveCheck
from checks.outcome import Outcome
from examples.sandbox.recorder import Recorded
from tests.tasks.collectors.asking import closed_port
from tests.tasks.collectors.objectives import (
    DAY,
    END,
    ID,
    asked,
    changed,
    counter,
    cut,
    grown,
    histogram,
    judged_together,
    labelled,
    objective,
    requests,
    unmet,
)
from tests.tasks.prometheus import StandIn

PASS = (Outcome.PASS, "")
QUIET = {"burn": None}


@dataclass(frozen=True, slots=True)
class Case:
    """A history, what a check makes of it, and why; `spoiled` is what is done to the Prometheus that tells it."""

    history: list[Recorded]
    expected: tuple[Outcome, str]
    asks: Mapping[str, Any] = field(default_factory=dict)
    spoiled: Mapping[str, Any] = field(default_factory=dict)

    @property
    def check(self) -> ObjectiveCheck:
        return objective(**self.asks)


def spoiled(value: Callable[[int, float], float], of: int = 1) -> list[Recorded]:
    """The good history with one of its two series changed."""
    series = requests()
    series[of] = changed(series[of], value)
    return series


def seconds(*shares: tuple[str, float], within: str = "1s") -> dict[str, Any]:
    return {
        "history": histogram(*shares),
        "asks": {"threshold_metric": {"histogram": "seconds"}, "value": within, "target": "95%", "expect": QUIET},
    }


def age(bad_hours: float) -> dict[str, Any]:
    """Of two days so many hours, a day ago, with a report that was too old."""
    since = END - DAY - bad_hours * 3_600
    series = counter("age_seconds", {}, lambda at: 700 if since < at <= END - DAY else 60)
    asks = {"threshold_metric": {"gauge": "age_seconds"}, "value": "10m", "target": "95%", "expect": QUIET}
    return {"history": [series], "asks": asks}


def ingests(quiet_hours: int) -> dict[str, Any]:
    """Of two days so many hours, a day ago, in which nothing came in."""
    since = END - DAY - quiet_hours * 3_600
    series = counter("ingests_total", {}, lambda at: grown(min(at, since)) + max(grown(at) - grown(END - DAY), 0))
    asks = {"threshold_metric": {"counter": "ingests_total"}, "op": "gte", "value": 1, "time_slice_window": "15m"}
    return {"history": [series], "asks": {**asks, "target": "95%", "expect": QUIET}}


def burning(since: int) -> list[Recorded]:
    return spoiled(lambda at, old: old + max(at - END + since, 0) // 300 * 30)


def refused(status: int, kind: str, said: str) -> dict[str, Any]:
    return {"history": requests(), "spoiled": {"refusal": (status, kind, said)}}


def answered(body: bytes) -> dict[str, Any]:
    return {"history": requests(), "spoiled": {"body": body}}


ALL_PARTS = {"good": labelled("200"), "bad": labelled("5*"), "total": {"metric": "requests"}}
ERROR, MISSING, FAIL, UNSURE = Outcome.ERROR, Outcome.MISSING, Outcome.FAIL, Outcome.INCONCLUSIVE
TOLERANT = {"expect": {"tolerated": "98%", "burn": None}}

CASES = {
    "a target that is met": Case(requests(), PASS),
    "a target that is missed": Case(requests(bad=11), (FAIL, "good: 98.9 % of 576,000 over 2 d; 99 % is the target")),
    "less than the target, within what is tolerated": Case(requests(bad=15), (Outcome.WARN, "good: 98.5 %"), TOLERANT),
    "less than is tolerated": Case(requests(bad=21), (FAIL, "good: 97.9 %"), TOLERANT),
    "client errors are an objective apart": Case(
        [*requests(), counter("requests", {"code": "404"}, lambda at: grown(at) * 500)], PASS
    ),
    "client errors": Case(
        [*requests(), counter("requests", {"code": "404"}, lambda at: grown(at) * 500)],
        (FAIL, "good: 66.666 %"),
        {"ratio_metric": {"bad": labelled("4*"), "total": {"metric": "requests"}}},
    ),
    "good, bad and total that agree": Case(requests(), PASS, {"ratio_metric": ALL_PARTS}),
    "codes that do not add up to the total": Case(
        [*requests(), counter("requests", {"code": "302"}, grown)],
        (ERROR, "573,120 good and 2,880 bad do not add up to 576,576"),
        {"ratio_metric": ALL_PARTS},
    ),
    "more errors than requests": Case(
        [*requests(), counter("errors", {}, lambda at: grown(at) * 1_001)],
        (ERROR, "576,576 of only 576,000: the two were not counted alike"),
        {"ratio_metric": {"bad": {"metric": "errors"}, "total": {"metric": "requests"}}},
    ),
    "errors that never happened": Case(requests()[:1], PASS),
    "a metric that nobody ever had": Case(
        requests(),
        (MISSING, "no series is failures"),
        {"ratio_metric": {"bad": {"metric": "failures"}, "total": {"metric": "requests"}}},
    ),
    "a label that nobody ever had": Case(
        requests(),
        (MISSING, 'no series is requests{status="5*"}'),
        {"ratio_metric": {"bad": {"metric": "requests", "labels": {"status": "5*"}}, "total": {"metric": "requests"}}},
    ),
    "a budget that burns for a moment": Case(burning(300), PASS, {"expect": {"samples": 1}}),
    "a budget that burns": Case(
        burning(3_600),
        (FAIL, "1 h and 5 min: both burn the budget over 0.96 times too fast"),
        {"expect": {"samples": 1}},
    ),
    "too few events to tell how fast it burns": Case(
        requests(bad=0, total=1), (UNSURE, "1 h and 5 min: only 12 were counted; 100 are needed"), {}
    ),
    "a bucket at the limit": Case(**seconds(("0.5", 0.5), ("1", 0.95), ("2", 1.0)), expected=PASS),
    "the same bucket written otherwise": Case(**seconds(("0.5", 0.5), ("1.0", 0.95), ("2.0", 1.0)), expected=PASS),
    "too few in the bucket at the limit": Case(
        **seconds(("0.5", 0.5), ("1", 0.94), ("2", 1.0)), expected=(FAIL, "good: 94 %")
    ),
    "enough in the bucket below the limit": Case(**seconds(("0.5", 0.95), ("2", 1.0)), expected=PASS),
    "a bucket that straddles the limit": Case(
        **seconds(("0.5", 0.9), ("2", 1.0)),
        expected=(UNSURE, "good: 90 % to 100 % of 576,000 over 2 d; 95 % is the target, and no bucket stands near"),
    ),
    "too few in the bucket over the limit": Case(
        **seconds(("0.5", 0.9), ("2", 0.94)), expected=(FAIL, "good: 90 % to 94 %")
    ),
    "a quantile in the +Inf bucket": Case(**seconds(("0.5", 0.94)), expected=(FAIL, "good: 94 %")),
    "no bucket but +Inf": Case(**seconds(), expected=(FAIL, "good: 0 %")),
    "one bucket under two spellings": Case(
        **seconds(("1", 0.95), ("1.0", 0.95)),
        expected=(ERROR, "has a bucket up to 1 that stands there twice at one instant"),
    ),
    "a bucket that is written otherwise from some day on": Case(
        [
            cut(histogram(("1", 0.95))[0], before=END - DAY),
            cut(histogram(("1.0", 0.95))[0], since=END - DAY),
            *histogram(),
        ],
        PASS,
        seconds()["asks"],
    ),
    "buckets without +Inf": Case(histogram(("1", 0.95))[:1], (ERROR, "has no +Inf bucket"), seconds()["asks"]),
    "no histogram": Case(requests(), (MISSING, "no series is seconds"), seconds()["asks"]),
    "a report that was fresh": Case(**age(0), expected=PASS),
    "a report that was fresh most of the time": Case(**age(2), expected=PASS),
    "a report that was too old for too long": Case(**age(3), expected=(FAIL, "good: 93.75 %")),
    "a counter that moves": Case(**ingests(0), expected=PASS),
    "a counter that rested for a while": Case(**ingests(2), expected=PASS),
    "a counter that rested too long": Case(**ingests(3), expected=(FAIL, "good: 93.75 % of 192")),
    "a counter reset": Case(spoiled(lambda at, old: old - (grown(END - DAY) * 5 if at > END - DAY else 0)), PASS),
    "NaN": Case(spoiled(lambda at, old: float("nan") if at == END else old), (ERROR, "said something once that is no")),
    "a counter below zero": Case(spoiled(lambda at, old: -old), (ERROR, "counted less than nothing once")),
    "two targets under one name": Case(
        spoiled(lambda at, old: old + at // 300 % 2 * 1e9), (ERROR, "two targets answer to one name")
    ),
    "no series": Case([], (MISSING, "no series is requests")),
    "no traffic": Case(requests(bad=0, total=0), (UNSURE, "nothing was counted: no traffic is neither good nor bad")),
    "too few events to show the target": Case(
        [counter("requests", {"code": "200"}, lambda at: max(at - END + 298 * 300, 0) // 300)],
        (UNSURE, "298 cannot show 99 %: with none bad they show 98.999 % at most, and 299 are needed"),
        {"expect": QUIET},
    ),
    "a window that was hardly observed": Case(
        [cut(one, since=END - DAY) for one in requests()], (UNSURE, "50 % of 2 d was observed (longest gap: 1 d)")
    ),
    "a history that ended": Case(
        [cut(one, before=END - 1_200) for one in requests()],
        (Outcome.STALE, "its newest sample is 1500 s old, more than 600 s"),
    ),
    "a warning of Prometheus's": Case(
        requests(), (UNSURE, "told with a warning: a store was away"), spoiled={"warnings": ["a store was away"]}
    ),
    "a Prometheus that is slow": Case(requests(), (ERROR, "1 s passed before it answered"), spoiled={"silent": True}),
    "a query that is too large": Case(
        **refused(422, "execution", "query processing would load too many samples into memory"),
        expected=(ERROR, "Prometheus refused: HTTP 422, execution: query processing would load too many samples"),
    ),
    "a query that timed out": Case(
        **refused(503, "timeout", "query timed out"), expected=(ERROR, "HTTP 503, timeout: query timed out")
    ),
    "an answer that is cut": Case(
        **answered(b'{"status": "success", "data": {"resul'), expected=(ERROR, "its answer is none of its API")
    ),
    "a page of a proxy's": Case(**answered(b"<html>"), expected=(ERROR, "its answer is none of its API")),
    "an answer to another question": Case(
        **answered(b'{"status": "success", "data": {"resultType": "vector", "result": []}}'),
        expected=(ERROR, "it holds a vector and no matrix"),
    ),
    "an answer that is no document": Case(**answered(b"[1]"), expected=(ERROR, "its answer is none of its API")),
    "an answer without instants": Case(
        **answered(
            b'{"status": "success", "data": {"resultType": "matrix", "result": '
            b'[{"metric": {}, "values": [["a", "1"]]}]}}'
        ),
        expected=(ERROR, "its answer is none of its API"),
    ),
}


async def collected(case: Case) -> Evidence:
    async with StandIn(case.history) as server:
        for name, value in case.spoiled.items():
            setattr(server.recorder if hasattr(server.recorder, name) else server, name, value)
        return await asked(case.check, server.url, timeout=1 if "silent" in case.spoiled else 30)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Mapping[str, Verdict]]:
    """Every case collected, and all of them judged in one validation."""

    async def all_of_them() -> list[tuple[ObjectiveCheck, Evidence]]:
        return [(case.check, await collected(case)) for case in CASES.values()]

    return dict(zip(CASES, judged_together(asyncio.run(all_of_them())), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_history_comes_to_its_outcome(verdicts: dict[str, Mapping[str, Verdict]], name: str):
    expected, because = CASES[name].expected
    verdict = verdicts[name][ID]
    assert verdict.outcome is expected, verdict.because
    if expected is not Outcome.PASS:
        assert because in unmet(verdict).because


async def test_a_prometheus_that_is_down_is_an_error_of_the_observer():
    checks = [objective(), objective(**seconds()["asks"])]
    evidence = [await asked(check, f"http://127.0.0.1:{closed_port()}") for check in checks]
    for found in judged_together(list(zip(checks, evidence, strict=True))):
        assert found[ID].outcome is Outcome.ERROR
        assert unmet(found[ID]).because == "Prometheus: the connection was refused"


async def test_each_tenant_has_its_own_verdict_beside_the_one_over_all():
    check = objective(each={"label": "tenant", "values": ["aurora", "borealis"]}, expect=QUIET)
    async with StandIn([*requests(tenant="aurora", total=9_000), *requests(tenant="cascade", bad=50)]) as server:
        (found,) = judged_together([(check, await asked(check, server.url))])
    assert {subject: verdict.outcome for subject, verdict in found.items()} == {
        ID: Outcome.PASS,
        "tenant=aurora": Outcome.PASS,
        "tenant=borealis": Outcome.MISSING,  # it is owed, and nothing was counted of it
        "tenant=cascade": Outcome.FAIL,  # nobody named it, and it is judged all the same
    }


async def test_the_budget_that_is_left_is_told():
    check = objective()
    async with StandIn(requests(bad=5)) as server:
        (found,) = judged_together([(check, await asked(check, server.url))])
    assert next(one for one in found[ID].findings if one.expectation == "budget").observed == 0.5
