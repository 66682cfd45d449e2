"""Shares under a limit out of histograms: exact at a bucket's bound, bracketed between two, none guessed."""

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from checks.objectives.histograms import (
    KeptProgress,
    NativeBucket,
    NativeReading,
    classic,
    kept_progress,
    native,
)
from checks.objectives.shares import Kept, exact
from checks.outcome import Outcome
from tests.checks.objectives.counting import MINUTE, readings

END = 100 * MINUTE
seconds = st.floats(0.001, 20, allow_nan=False)
BOUNDS = (0.1, 0.5, 1.0, 2.5, inf)


def observed(values: Sequence[float], bounds: Sequence[float] = BOUNDS) -> dict[float, int]:
    return {bound: sum(value <= bound for value in values) for bound in bounds}


def buckets(*snapshots: Mapping[float, float]) -> dict[float, list[float]]:
    return {bound: [snapshot[bound] for snapshot in snapshots] for bound in snapshots[0]}


def kept(found: KeptProgress) -> Kept:
    return Kept.of(*(each.over(0, END) for each in (found.low, found.high, found.total)))


def counted(limit: float, *snapshots: Mapping[float, float], appeared: bool = False) -> Kept:
    series = {bound: readings(values) for bound, values in buckets(*snapshots).items()}
    return kept(kept_progress(classic(series, limit), appeared=appeared))


@given(st.lists(seconds, max_size=50), st.floats(0.05, 2.5))
def test_the_true_share_lies_within_the_bracket(values: list[float], limit: float):
    found = counted(limit, dict.fromkeys(BOUNDS, 0), observed(values))
    assert found.low <= sum(value <= limit for value in values) <= found.high <= found.total == len(values)


@given(st.lists(seconds, max_size=50), st.sampled_from(BOUNDS[:-1]))
def test_a_bucket_at_the_limit_makes_it_exact(values: list[float], limit: float):
    found = counted(limit, dict.fromkeys(BOUNDS, 0), observed(values))
    assert found.low == found.high == sum(value <= limit for value in values)


@given(st.lists(st.tuples(st.booleans(), st.lists(seconds, max_size=9)), min_size=1, max_size=8), st.floats(0.05, 2.5))
@example([(False, [1.0]), (True, [])] * 4, 1.0)
def test_a_restart_shows_in_the_total_and_counts_for_every_bucket(spells: list[tuple[bool, list[float]]], limit: float):
    snapshots, seen = [dict.fromkeys(BOUNDS, 0)], list[float]()
    kept_it = everything = 0
    for restarts, values in spells:
        before = len(seen)
        seen = values if restarts else [*seen, *values]
        if restarts and len(values) >= before:  # nothing shows this restart: the counter has outgrown its past
            return
        snapshots.append(observed(seen))
        kept_it += sum(value <= limit for value in values)
        everything += len(values)
    try:
        found = counted(limit, *snapshots)
    except ValueError as error:  # restarts that look like two processes are told, and not counted
        assume("two targets answer to one name" not in str(error))
        raise
    assert found.total == everything
    assert found.low <= kept_it <= found.high


@pytest.mark.parametrize(
    ("fast", "slow", "limit", "outcome"),
    [
        (95, 5, 1.0, Outcome.PASS),  # a bucket stands at the limit
        (94, 6, 1.0, Outcome.FAIL),
        (95, 5, 2.0, Outcome.PASS),  # between two, and the lower one holds
        (94, 6, 2.0, Outcome.INCONCLUSIVE),  # the slow ones lie in the bucket that straddles the limit
        (100, 0, 0.05, Outcome.INCONCLUSIVE),
    ],
)
def test_a_quantile_is_judged_by_counting(fast: int, slow: int, limit: float, outcome: Outcome):
    values = [0.08] * fast + [2.4] * slow
    found = counted(limit, dict.fromkeys(BOUNDS, 0), observed(values))
    assert found.verdict(exact(0.95)) is outcome


def test_a_quantile_in_the_last_bucket_fails_though_a_quantile_function_answers_its_lower_bound():
    found = counted(10.0, dict.fromkeys(BOUNDS, 0), observed([0.1] * 90 + [11.0] * 10))
    assert (found.low, found.high, found.total) == (90, 90, 100)
    assert found.verdict(exact(0.95)) is Outcome.FAIL


def test_buckets_that_change_leave_open_what_both_cannot_tell():
    old = {0.5: readings([10, 20]), inf: readings([10, 20])}
    at = [3, 4]
    new = {1.0: readings([30, 40]), inf: readings([30, 40])}
    series = {0.5: old[0.5], 1.0: _moved(new[1.0], at), inf: _joined(old[inf], _moved(new[inf], at))}
    found = kept(kept_progress(classic(series, 0.7)))
    assert found.total == 30
    assert (found.low, found.high) == (10, 30)


def _moved(found, at):
    return type(found)(found.instants * 0 + [each * MINUTE for each in at], found.values)


def _joined(first, second):

    return type(first)(np.concatenate((first.instants, second.instants)), np.concatenate((first.values, second.values)))


@pytest.mark.parametrize(
    ("series", "trouble"),
    [
        ({1.0: [1.0]}, "has no +Inf bucket"),
        ({}, "has no +Inf bucket"),
        ({1.0: [5.0], inf: [4.0]}, "counts less than the one below it"),
        ({1.0: [float("nan")], inf: [4.0]}, "has a bucket up to 1 that said something once that is no number"),
        ({1.0: [5.0, 4.0], inf: [5.0, 6.0]}, "counts less than before, and was not begun anew"),
    ],
)
def test_what_is_no_histogram_says_why(series: dict[float, list[float]], trouble: str):
    with pytest.raises(ValueError, match=trouble.replace("+", r"\+")):
        kept_progress(classic({bound: readings(values) for bound, values in series.items()}, 1.0))


def reading(at: int, *counts: tuple[float, float, float], zero: float = 0) -> NativeReading:
    found = tuple(NativeBucket(0, left, right, count) for left, right, count in counts)
    buckets = (NativeBucket(3, -0.001, 0.001, zero), *found)
    return NativeReading(at * MINUTE, sum(bucket.count for bucket in buckets), buckets)


def test_a_native_histogram_is_bracketed_by_the_bucket_that_straddles_the_limit():
    found = kept(kept_progress(native([reading(1), reading(2, (0.5, 1, 90), (1, 2, 8), (2, 4, 2), zero=1)], 1.5)))
    assert (found.low, found.high, found.total) == (91, 99, 101)


def test_a_native_histogram_with_a_bound_at_the_limit_is_exact():
    found = kept(kept_progress(native([reading(1), reading(2, (0.5, 1, 90), (1, 2, 8))], 1.0)))
    assert (found.low, found.high, found.total) == (90, 90, 98)


def test_a_native_histogram_that_widens_its_buckets_leaves_open_what_they_cannot_tell():
    narrow, wide = reading(2, (0.5, 1, 10), (1, 2, 10)), reading(3, (0.25, 4, 40))
    found = kept(kept_progress(native([reading(1), narrow, wide], 1.0)))
    assert (found.low, found.high, found.total) == (10, 30, 40)


@pytest.mark.parametrize(
    ("rule", "limit", "low", "high"),
    [(0, 2.0, 5, 5), (1, 2.0, 5, 5), (2, 2.0, 5, 5), (3, 2.0, 5, 5), (0, 1.0, 0, 0), (1, 1.0, 0, 5), (3, 1.0, 0, 5)],
)
def test_the_bounds_of_a_native_bucket_count_as_its_rule_says(rule: int, limit: float, low: int, high: int):
    found = NativeReading(0, 5, (NativeBucket(rule, 1, 2, 5),)).at_limit(limit)
    assert found[:2] == (low, high)


@pytest.mark.parametrize(
    ("count", "held", "trouble"),
    [(4, 5, "more in its buckets than it counts"), (-1, 0, "no number"), (float("nan"), 1, "no number")],
)
def test_a_native_histogram_that_does_not_add_up_says_so(count: float, held: float, trouble: str):
    with pytest.raises(ValueError, match=trouble):
        NativeReading(0, count, (NativeBucket(0, 1, 2, held),)).at_limit(1)
