"""Coverage and resolution: what was observed of a window, and what so many samples can show."""

from dataclasses import replace
from fractions import Fraction
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.objectives.coverage import Coverage, coverage, fewest_samples, most_shown
from checks.objectives.shares import exact
from tests.checks.objectives.counting import MINUTE

HOUR = 60 * MINUTE


def seen(*minutes: int):
    return np.array(minutes, np.int64) * MINUTE


@pytest.mark.parametrize(
    ("minutes", "gaps"),
    [
        (range(61), []),
        (range(0, 61, 2), []),  # two intervals apart is near enough
        ([*range(21), *range(40, 61)], [(20, 40)]),
        ([*range(10, 61)], [(0, 10)]),  # nothing is known from before the first
        ([*range(31)], [(30, 60)]),
        ([], [(0, 60)]),
        ([30], [(0, 30), (30, 60)]),
        ([*range(60, 0, -1)], []),  # in any order
    ],
)
def test_a_gap_is_where_nothing_was_observed_for_more_than_two_intervals(minutes, gaps):
    found = coverage(seen(*minutes), 0, HOUR, interval=MINUTE)
    assert found.gaps == tuple((since * MINUTE, to * MINUTE) for since, to in gaps)
    assert found.share == 1 - Fraction(sum(to - since for since, to in gaps), 60)


def test_an_observation_from_just_before_the_window_speaks_for_its_beginning():
    assert not coverage(seen(*range(-1, 61, 2)), 0, HOUR, interval=MINUTE).gaps
    assert coverage(seen(-2, *range(10, 61)), 0, HOUR, interval=MINUTE).gaps == ((0, 10 * MINUTE),)


def test_what_lies_outside_the_window_covers_nothing_of_it():
    found = coverage(seen(-100, 100), 0, HOUR, interval=MINUTE)
    assert (found.share, found.samples, found.newest) == (0, 0, None)


def test_an_empty_window_was_not_observed():
    assert coverage(seen(0), 0, 0, interval=MINUTE).share == 0


@given(st.lists(st.integers(-120, 120), max_size=60))
def test_gaps_lie_within_the_window_apart_and_in_order(minutes: list[int]):
    found = coverage(seen(*minutes), 0, HOUR, interval=MINUTE)
    edges = [edge for gap in found.gaps for edge in gap]
    assert edges == sorted(edges)
    assert all(0 <= edge <= HOUR for edge in edges)
    assert 0 <= found.share <= 1


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(0, 60))
def test_one_more_observation_never_covers_less(minutes: list[int], more: int):
    before = coverage(seen(*minutes), 0, HOUR, interval=MINUTE).share
    assert coverage(seen(*minutes, more), 0, HOUR, interval=MINUTE).share >= before


@pytest.mark.parametrize(("target", "samples"), [(0.999, 2_995), (0.99, 299), (0.95, 59), (0.9999, 29_956), (0, 1)])
def test_so_many_good_samples_show_a_target(target: float, samples: int):
    assert fewest_samples(exact(target)) == samples


def test_nothing_shows_that_nothing_ever_fails():
    assert fewest_samples(Fraction(1)) is None


@given(st.fractions(Fraction(1, 100), Fraction(9999, 10_000), max_denominator=10_000))
def test_one_sample_less_would_not_show_it(target: Fraction):
    samples = fewest_samples(target)
    assert samples is not None
    assert samples * log(target) <= log(0.05) + 1e-9
    assert samples == 1 or (samples - 1) * log(target) > log(0.05) - 1e-9


def test_720_samples_show_99_58_per_cent_at_most():
    assert most_shown(720) == pytest.approx(0.99585, abs=1e-5)
    assert most_shown(2_995) > 0.999 > most_shown(2_994)
    assert most_shown(0) == 0


def test_a_gap_across_the_border_of_two_windows_is_one():
    earlier, later = (
        Coverage(0, 100, ((10, 20), (60, 100)), 3, 60),
        Coverage(100, 200, ((100, 130), (150, 160)), 5, 200),
    )
    assert (earlier + later).gaps == ((10, 20), (60, 130), (150, 160))
    assert (earlier + later).longest_gap == 70
    assert (earlier + replace(later, gaps=((110, 130),))).longest_gap == 40
