"""A tool that nobody here wrote agrees: a real Prometheus, loaded with the same samples, comes to the same numbers.

Where it differs by design, the difference is a test of its own: Prometheus extrapolates to the ends of a window, takes
a series' first word for no increase, guesses within a bucket, and answers a quantile of the last bucket with its lower
bound.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import httpx
import pytest

from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.objectives.burn import burn_pairs
from examples.sandbox.recorder import Recorded, Recorder
from tasks.collectors.objective_history import Span, bounds_question, questions
from tests.tasks.collectors.objectives import DAY, END, NOON, TARGET, asked, objective, pairs
from tests.tasks.prometheus import needs_prometheus, openmetrics, real_prometheus, recorded

pytestmark = [needs_prometheus, pytest.mark.slow]

BOUNDS = (0.1, 0.5, 1.0, 2.5)
EVERY = 60
START = END - 4 * DAY
TYPES = {"requests": "counter", "seconds": "histogram", "slow_seconds": "histogram"}


def walked(dice: random.Random, pace: float, *, restarts: bool) -> Iterator[tuple[int, float]]:
    """A counter minute by minute; a process that restarts counts from zero again."""
    value = 0.0
    for at in range(START, END + 1, EVERY):
        if restarts and dice.random() < 0.0005:
            value = 0.0
        yield at, value
        value += dice.randint(0, round(2 * pace))


def made() -> list[Recorded]:
    dice = random.Random(11)
    series = [
        recorded("requests_total", {**TARGET, "code": code, "tenant": tenant}, walked(dice, pace, restarts=True))
        for tenant in ("aurora", "borealis")
        for code, pace in (("200", 50), ("404", 4), ("503", 1))
    ]
    for name, values in (("seconds", (0.05, 0.3, 0.8, 2.0, 9.0)), ("slow_seconds", (4.0, 6.0))):
        counts = dict.fromkeys((*BOUNDS, float("inf")), 0)
        samples: dict[float, list[tuple[int, float]]] = {bound: [] for bound in counts}
        for at in range(START, END + 1, EVERY):
            for bound, count in counts.items():
                samples[bound].append((at, count))
            for value in dice.choices(values, k=20):
                for bound in counts:
                    counts[bound] += value <= bound
        labels = {bound: {**TARGET, "le": f"{bound:g}" if bound < 100 else "+Inf"} for bound in counts}
        series += [recorded(f"{name}_bucket", labels[bound], samples[bound]) for bound in counts]
        series.append(recorded(f"{name}_count", TARGET, samples[float("inf")]))
    return series


SERIES = made()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_prometheus(tmp_path_factory.mktemp("prometheus"), openmetrics(SERIES, TYPES)) as url:
        yield url


async def told(url: str, query: str, *, at: int = END) -> dict[str, float]:
    """What Prometheus itself makes of a query, by tenant."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/api/v1/query", params={"query": query, "time": str(at)})
    return {one["metric"].get("tenant", ""): float(one["value"][1]) for one in answer.json()["data"]["result"]}


def ratio(**given: object) -> ObjectiveCheck:
    return objective(
        ratio_metric={
            "bad": {"metric": "requests_total", "labels": {"code": "5*"}},
            "total": {"metric": "requests_total"},
        },
        history={"prometheus": "api", "interval": "1m", "recent": "6h", "step": "1m"},
        time_window="3d",
        **given,
    )


def latency(name: str = "seconds", value: str = "1s") -> ObjectiveCheck:
    return objective(
        threshold_metric={"histogram": name},
        value=value,
        target="50%",
        history={"prometheus": "api", "interval": "1m", "step": "1m"},
        time_window="3d",
    )


async def rows(check: ObjectiveCheck, url: str) -> list[ObjectiveRow]:
    return [row for row in (await asked(check, url)).rows if isinstance(row, ObjectiveRow)]


async def test_ratios_agree_for_all_together_and_for_each_tenant(prometheus: str):
    found = {row.subject: row for row in await rows(ratio(each={"label": "tenant"}), prometheus) if row.part != "burn"}
    total = 'increase(requests_total{code=~"%s"}[3d])'
    theirs = await told(prometheus, f"sum by (tenant) ({total % '5.*'}) / sum by (tenant) ({total % '.*'})")
    theirs |= await told(prometheus, f"sum({total % '5.*'}) / sum({total % '.*'})")
    for tenant, subject in (("aurora", "tenant=aurora"), ("borealis", "tenant=borealis"), ("", "the-check")):
        row = found[subject]
        assert row.resets
        assert row.total
        assert 1 - (row.low or 0) / row.total == pytest.approx(theirs[tenant], rel=1e-9)


async def test_increases_agree_but_for_what_prometheus_extrapolates(prometheus: str):
    (row, *_) = await rows(ratio(), prometheus)
    exact = await told(prometheus, "sum(increase(requests_total[3d]))")
    # Samples stand a minute apart, and at both ends of the window: nothing is left to extrapolate.
    assert row.total == pytest.approx(exact[""], rel=1e-9)


async def test_prometheus_extrapolates_to_the_ends_of_a_window_and_this_does_not(prometheus: str):
    """Half a minute is left at each end of an hour: here the steps between samples count, there an average rate."""
    at = NOON - timedelta(seconds=30)
    theirs = await told(prometheus, "sum(increase(requests_total[1h]))", at=END - 30)
    rows = (await asked(ratio(), prometheus, at=at)).rows
    hour = next(row for row in rows if isinstance(row, ObjectiveRow) and row.long == 3_600)
    assert hour.total == _counted(END - 3_660, END - 60)
    assert theirs[""] > _counted(END - 3_600, END - 60)  # which is all that it looked at
    assert theirs[""] != hour.total


def _counted(start: int, end: int) -> float:
    """What all requests' counters counted from one sample to another."""
    total = 0.0
    for series in SERIES:
        if series.name == "requests_total":
            steps = pairwise(value for at, value in pairs(series) if start <= at <= end)
            total += sum(later - earlier if later >= earlier else later for earlier, later in steps)
    return total


async def test_burn_rates_agree(prometheus: str):
    check = ratio().model_copy(update={"time_window": timedelta(days=3)})
    burns = [row for row in await rows(check, prometheus) if row.part == "burn"]
    assert [row.long for row in burns] == [pair.long.total_seconds() for pair in burn_pairs(check.time_window)]
    for row in burns:
        for length, low, total in (
            (row.long, row.low, row.total),
            (row.short, row.short_low, row.short_total),
        ):
            window = f"{round(length or 0)}s"
            bad, every = f'requests_total{{code=~"5.*"}}[{window}]', f"requests_total[{window}]"
            theirs = await told(prometheus, f"sum(rate({bad})) / sum(rate({every})) / 0.01")
            assert total
            assert (1 - (low or 0) / total) / 0.01 == pytest.approx(theirs[""], rel=1e-9)


async def test_shares_under_a_limit_agree(prometheus: str):
    (row, *_) = await rows(latency(), prometheus)
    theirs = await told(prometheus, 'sum(increase(seconds_bucket{le="1"}[3d])) / sum(increase(seconds_count[3d]))')
    assert row.low == row.high
    assert (row.low or 0) / (row.total or 1) == pytest.approx(theirs[""], rel=1e-9)


@pytest.mark.parametrize("quantile", [0.2, 0.4, 0.59, 0.61, 0.79])
async def test_a_quantile_of_prometheus_lies_on_the_side_of_the_limit_that_the_count_says(
    prometheus: str, quantile: float
):
    (row, *_) = await rows(latency(), prometheus)
    theirs = await told(prometheus, f"histogram_quantile({quantile}, sum by (le) (increase(seconds_bucket[3d])))")
    assert ((row.low or 0) / (row.total or 1) >= quantile) is (theirs[""] <= 1.0)


async def test_a_limit_between_two_buckets_is_bracketed_where_prometheus_guesses(prometheus: str):
    (row, *_) = await rows(latency(value="2s"), prometheus)
    theirs = await told(prometheus, "histogram_quantile(0.75, sum by (le) (increase(seconds_bucket[3d])))")
    assert 1.0 < theirs[""] < 2.5  # as if the observations lay evenly between the bounds; all of them took 2 s
    shares = (row.low or 0) / (row.total or 1), (row.high or 0) / (row.total or 1)
    assert shares[0] < 0.75 < shares[1]


async def test_a_quantile_in_the_last_bucket_is_understated_by_prometheus_and_not_here(prometheus: str):
    (row, *_) = await rows(latency("slow_seconds", "3s"), prometheus)
    theirs = await told(prometheus, "histogram_quantile(0.5, sum by (le) (increase(slow_seconds_bucket[3d])))")
    assert theirs[""] == 2.5  # it took four seconds at least
    assert row.high == 0


async def test_the_stand_in_answers_as_prometheus_does(prometheus: str):
    recorder = Recorder(SERIES)
    checks = [ratio(), latency()]
    for check in checks:
        span = Span.until(check, NOON)
        first = bounds_question(check, span)
        listed = [*([first] if first else []), *questions(check, span, ("0.5", "1", "+Inf"))]
        async with httpx.AsyncClient(trust_env=False) as client:
            for question in listed:
                theirs = (await client.get(prometheus + question.path)).json()
                _, body, _ = recorder.answer(question.path)
                assert sorted_series(httpx.Response(200, content=body).json()) == sorted_series(theirs)


def sorted_series(answer: dict[str, object]) -> object:
    """An answer with its series in an order of their own."""
    data = answer["data"]
    if isinstance(data, dict):
        return sorted(
            (sorted(one["metric"].items()), [(at, float(value)) for at, value in one["values"]])
            for one in data["result"]
        )
    return data
