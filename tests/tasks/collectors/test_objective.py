"""Objectives out of a Prometheus: what is asked, and what is counted."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from examples.sandbox.recorder import Recorded
from tests.tasks.collectors.objectives import (
    BEGUN,
    DAY,
    END,
    ID,
    NOON,
    WINDOW,
    asked,
    changed,
    counter,
    cut,
    grown,
    histogram,
    judged_together,
    objective,
    pairs,
    requests,
    unmet,
)
from tests.tasks.prometheus import StandIn, recorded

STEPS = WINDOW // 300
SECONDS = {"threshold_metric": {"histogram": "seconds"}, "value": "1s", "target": "95%"}


async def row(check: ObjectiveCheck, series: list[Recorded]) -> ObjectiveRow:
    """What was counted of all together."""
    async with StandIn(series) as server:
        first = (await asked(check, server.url)).rows[0]
    assert isinstance(first, ObjectiveRow)
    return first


async def test_a_window_is_counted_to_the_last_request():
    found = await row(objective(), requests())
    assert (found.total, found.low, found.high) == (STEPS * 1_000, STEPS * 995, STEPS * 995)
    assert (found.coverage, found.longest_gap, found.resets, found.series) == (1.0, 0, 0, 3)
    assert found.end - found.start == timedelta(days=2)


async def test_a_month_is_asked_for_in_steps_that_prometheus_can_give():
    check = objective(time_window="30d")
    assert check.step == timedelta(minutes=5)
    async with StandIn(requests()) as server:
        await asked(check, server.url)
    assert any("step=300" in request and "last_over_time" in request for request in server.requests)


async def test_only_the_buckets_beside_the_limit_are_asked_for():
    async with StandIn(histogram(("0.1", 0.1), ("0.5", 0.5), ("1", 0.95), ("1.0", 0.95), ("2", 1))) as server:
        evidence = await asked(objective(**SECONDS), server.url)
    told = json.loads(evidence.captures[-1].body)["data"]["result"]
    assert {one["metric"]["le"] for one in told} == {"1", "1.0", "+Inf"}


async def test_every_question_names_its_time():
    async with StandIn(requests()) as server:
        await asked(objective(), server.url)
        await asked(objective(**SECONDS), server.url)
    assert len(server.requests) == 5
    assert all("time=" in request or ("start=" in request and "end=" in request) for request in server.requests)


async def test_a_gauge_is_looked_at_sample_by_sample_over_the_whole_window():
    """Seven minutes of two days, in each of which a gauge that is asked for every five minutes looks good."""
    history = {"prometheus": "api", "interval": "1m", "recent": "6h", "step": "5m"}
    check = objective(history=history, threshold_metric={"gauge": "up"}, op="gte", value=1)
    down = {END - DAY - minutes * 60 - 600 * minutes for minutes in range(1, 8)}
    times = range(BEGUN, END + 1, 60)
    found = await row(check, [counter("up", {}, lambda at: 0 if at in down else 1, times=times)])
    assert found.total == WINDOW / 60
    assert (found.total or 0) - (found.low or 0) == len(down)


async def test_an_error_that_is_a_counters_first_word_counts():
    """Prometheus would not see it: there is no increase from nothing."""
    good, bad = requests()
    late = cut(changed(bad, lambda at, old: 100_000), since=END - DAY)
    found = await row(objective(), [good, late])
    assert (found.total or 0) - (found.low or 0) == 100_000


async def test_a_target_that_is_new_to_prometheus_counts_from_its_first_word():
    good, _ = requests()
    other = cut(changed(good, lambda at, old: old + 1e6), since=END - DAY)
    moved = recorded("requests", {**other.labels, "instance": "10.0.0.2:80"}, pairs(other))
    found = await row(objective(), [good, moved])
    assert found.total == 995 * WINDOW / 300 + 995 * DAY / 300


async def test_a_restart_between_two_samples_shows_where_the_process_tells_when_it_began():
    history = {"prometheus": "api", "interval": "5m", "started": {"metric": "process_start_time_seconds"}}
    good, _ = requests()
    born = counter("process_start_time_seconds", {}, lambda at: BEGUN - DAY if at <= END - 300 else END - 150)
    told = await row(objective(history=history), [good, born])
    untold = await row(objective(), [good])
    assert (untold.resets, untold.total) == (0, 995 * STEPS)
    assert (told.resets, told.total) == (1, 995 * (STEPS - 1) + good.values[-1])


async def test_a_clock_that_is_ahead_makes_its_history_stale():
    check = objective()
    async with StandIn(requests()) as server:
        evidence = await asked(check, server.url)
    verdict = judged_together([(check, evidence)], at=NOON - timedelta(minutes=2))[0][ID]
    assert unmet(verdict).expectation == "not-ahead"


async def test_a_clock_that_stepped_ahead_leaves_a_gap():
    """Nothing of that half day was observed, and nobody makes it up; a counter still tells what went on."""
    since, to = END - DAY, END - DAY // 2
    gap = [
        recorded(one.name, one.labels, [*pairs(cut(one, before=since)), *pairs(cut(one, since=to))])
        for one in requests()
    ]
    found = await row(objective(), gap)
    assert found.coverage == pytest.approx(0.75, abs=0.01)
    assert found.longest_gap == pytest.approx(DAY / 2, abs=600)
    assert found.total == STEPS * 1_000


async def test_thirty_days_over_a_change_of_the_clocks_are_thirty_days():
    there = NOON.replace(day=1).astimezone(ZoneInfo("Europe/Berlin"))
    async with StandIn([]) as server:
        found = (await asked(objective(time_window="30d"), server.url, at=there)).rows[0]
    assert isinstance(found, ObjectiveRow)
    assert (found.end - found.start, found.end) == (timedelta(days=30), there)


async def test_nothing_is_charted_over_what_was_not_observed():
    found = await row(objective(), [cut(one, since=END - WINDOW // 2) for one in requests()])
    assert [part.total for part in found.course[:59]] == [0] * 59
    assert found.course[-1].total == pytest.approx(WINDOW / 120 / 300 * 1_000, rel=0.3)
    assert found.gaps[0][0] == found.start


async def test_a_gap_in_a_counter_leaves_its_slices_out():
    check = objective(threshold_metric={"counter": "n"}, op="gte", value=1, time_slice_window="1h")
    whole = counter("n", {}, grown)
    gap = recorded("n", whole.labels, [*pairs(cut(whole, before=END - DAY)), *pairs(cut(whole, since=END - DAY // 2))])
    assert (await row(check, [whole])).total == 48
    assert (await row(check, [gap])).total == 35  # the hour in which it began is not known whole either
