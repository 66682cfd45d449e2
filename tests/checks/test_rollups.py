"""The algebra of roll-ups: however samples are cut into spans, merging gives what all of them give."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.rollups import Span, by_span, merged, merged_all, rollup_of
from checks.samples import Sample, Samples, SampleState, SeriesKey

KEY = SeriesKey("api", "api:/health", "up")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Whole numbers, so that sums are exact in whatever order they are made.
values = st.integers(-1000, 1000).map(float) | st.sampled_from([math.nan, math.inf])
states = st.sampled_from(SampleState)


def column(values: list[float], *, step: int = 60_000, every: int = 60_000) -> Samples:
    """Samples of these values at regular instants."""
    return samples([(step, value, SampleState.SEEN) for value in values], every=every)


def samples(drawn: list[tuple[int, float, SampleState]], *, every: int = 60_000) -> Samples:
    steps, numbers, kinds = zip(*drawn, strict=True) if drawn else ((), (), ())
    kinds_of = np.array(kinds, np.uint8)
    seen = kinds_of != SampleState.UNSEEN
    numbers_of = np.where(seen, np.array(numbers, np.float64), np.nan)
    return Samples(KEY, every, np.cumsum(np.array(steps, np.int64)), numbers_of, kinds_of)


drawn_samples = st.lists(st.tuples(st.integers(1, 10_000_000), values, states), max_size=40).map(samples)


@settings(deadline=None)
@given(drawn_samples, st.lists(st.integers(0, 400_000_000), max_size=5))
def test_merging_the_parts_gives_the_whole(given: Samples, cuts: list[int]):
    borders = [0, *sorted(cuts), 2**60]
    parts = [rollup_of(given.between(since, until)) for since, until in pairwise(borders)]
    assert merged_all(parts) == rollup_of(given)


@settings(deadline=None)
@given(drawn_samples, drawn_samples, drawn_samples)
def test_merging_is_associative(one: Samples, two: Samples, three: Samples):
    a, b, c = map(rollup_of, (one, two, three))
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@settings(deadline=None)
@given(drawn_samples, st.sampled_from(Span))
def test_spans_hold_each_sample_once(given: Samples, span: Span):
    pieces = dict(by_span(given, span))
    assert sum(one.count for one in pieces.values()) == len(given)
    for start, one in pieces.items():
        assert start % span == 0
        assert one.count > 0
    assert merged_all(pieces[start] for start in sorted(pieces)) == rollup_of(given)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=60))
def test_a_counters_increase_is_what_was_counted(events: list[tuple[int, bool]]):
    """A process counts, and starts anew from zero now and then; only what it counts before it is seen is lost."""
    seen, shown, counted = 0.0, [], 0.0
    for number, (more, restarts) in enumerate(events):
        fresh = restarts and number > 0 and more < seen
        seen = float(more) if fresh else seen + more
        counted += more if number > 0 else 0.0
        shown.append(seen)
    assert rollup_of(column(shown)).increase == counted


def test_a_reset_counts_from_zero():
    found = rollup_of(column([100.0, 130.0, 10.0, 15.0]))
    assert (found.increase, found.resets) == (30.0 + 10.0 + 5.0, 1)


def test_a_value_that_is_no_number_is_neither_a_reset_nor_an_increase():
    found = rollup_of(column([100.0, math.nan, 130.0, math.inf, 140.0]))
    assert (found.increase, found.resets, found.odd, found.seen) == (40.0, 0, 2, 5)
    assert (found.least, found.most, found.mean) == (100.0, 140.0, 370 / 3)


def test_a_hole_is_longer_than_twice_the_interval():
    at = [0, 60_000, 180_000, 300_001]
    kinds = np.full(4, SampleState.GOOD, np.uint8)
    found = rollup_of(Samples(KEY, 60_000, np.array(at), np.ones(4), kinds))
    assert (found.holes, found.unknown, found.longest_gap) == (1, 120_001, 120_001)


def test_a_look_that_saw_nothing_does_not_close_a_hole():
    found = rollup_of(
        samples([(1, 1.0, SampleState.GOOD), (100_000, 0, SampleState.UNSEEN), (100_000, 1.0, SampleState.GOOD)])
    )
    assert (found.holes, found.unknown, found.unseen, found.seen) == (1, 200_000, 1, 2)


def test_samples_may_be_given_in_any_order_and_come_back_one_by_one():
    later, sooner = Sample(NOON + MINUTE, None), Sample(NOON, 0.5, good=True)
    found = Samples.of(KEY, [later, sooner, Sample(NOON, 9.0)], every=MINUTE)
    assert found.rows == [sooner, later]
    assert Samples.of(KEY, [Sample(NOON, math.nan)], every=MINUTE).rows[0].good is None


def test_parts_of_a_series_that_overlap_hold_each_instant_once():
    one = Samples.of(KEY, [Sample(NOON, 1.0), Sample(NOON + MINUTE, 2.0)], every=MINUTE)
    two = Samples.of(KEY, [Sample(NOON + MINUTE / 2, 3.0), Sample(NOON + MINUTE, 9.0)], every=2 * MINUTE)
    joined = Samples.joined(KEY, [one, two])
    assert [row.value for row in joined.rows] == [1.0, 3.0, 2.0]
    assert joined.every == 120_000


@pytest.mark.parametrize("instants", [[1, 1], [2, 1]])
def test_samples_that_do_not_ascend_are_refused(instants: list[int]):
    with pytest.raises(ValueError, match="one after another"):
        Samples(KEY, 1, np.array(instants), np.ones(2), np.ones(2, np.uint8))


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        Samples(KEY, 1, np.array([1]), np.ones(2), np.ones(1, np.uint8))
