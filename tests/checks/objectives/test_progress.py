"""Counters: resets are found in each series, windows add up, and what is no counter is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.objectives.progress import Readings, progress_of
from checks.objectives.tracks import RatioTrack
from tests.checks.objectives.counting import MINUTE, counts, plainly, readings

END = 61 * MINUTE


@given(counts)
def test_a_counter_counts_what_the_plain_way_counts(values: list[int]):
    assert progress_of(readings(values)).over(0, END) == plainly(values)


@given(counts, st.lists(st.integers(0, END), max_size=5))
def test_windows_in_a_row_add_up_wherever_they_are_cut(values: list[int], cuts: list[int]):
    progress = progress_of(readings(values))
    edges = [0, *sorted(cuts), END]
    assert sum(map(progress.over, edges, edges[1:])) == progress.over(0, END)


@given(counts, st.integers(0, 59), st.integers(0, 59))
def test_a_wider_window_never_counts_less(values: list[int], start: int, length: int):
    progress = progress_of(readings(values))
    narrow = progress.over(start * MINUTE, (start + length) * MINUTE)
    assert 0 <= narrow <= progress.over(start * MINUTE, (start + length + 1) * MINUTE)


@given(counts, counts)
def test_resets_are_found_in_each_series_before_the_sum(first: list[int], second: list[int]):
    track = RatioTrack(total=(progress_of(readings(first)), progress_of(readings(second))), bad=())
    assert track.over(0, END).total == plainly(first) + plainly(second)


def test_a_sum_of_series_hides_a_reset_that_the_series_show():
    assert plainly([100 + 10, 0 + 120]) == 10  # summed before: the restart of the first looks like little traffic
    track = RatioTrack(total=(progress_of(readings([100, 0])), progress_of(readings([10, 120]))), bad=())
    assert track.over(0, END).total == 110


def test_a_restart_between_two_scrapes_shows_by_the_birth_of_the_process():
    outgrown = [5.0, 9.0]
    assert progress_of(readings(outgrown)).over(0, END) == 4
    assert progress_of(readings(outgrown, born=[0, 90_000])).over(0, END) == 9


def test_a_series_that_appears_where_its_target_was_read_before_began_at_zero():
    assert progress_of(readings([3])).over(0, END) == 0
    assert progress_of(readings([3]), appeared=True).over(0, END) == 3


def test_nothing_is_extrapolated_to_the_ends_of_a_window():
    progress = progress_of(readings([0, 60, 120], every=20_000))
    assert progress.over(0, 10 * MINUTE) == 120


def test_no_readings_count_nothing():
    assert progress_of(readings([])).over(0, END) == 0


@pytest.mark.parametrize(
    ("values", "trouble"),
    [
        ([1, float("nan")], "said something once that is no number"),
        ([1, float("inf")], "said something once that is no number"),
        ([1, -1], "counted less than nothing once"),
        ([100, 5, 101, 6, 102, 7, 103], "is counted by two processes in turns"),
    ],
)
def test_what_is_no_counter_says_why(values: list[float], trouble: str):
    assert trouble in str(readings(values).trouble)


@pytest.mark.parametrize("values", [[1, 2, 3], [5, 0, 1, 9, 0, 2], [9, 9, 9], [1, 0, 1, 0, 1], []])
def test_a_few_restarts_are_a_counter_still(values: list[float]):
    assert readings(values).trouble is None


@pytest.mark.parametrize(
    ("instants", "trouble"),
    [([1, 1], "stands there twice at one instant"), ([2, 1], "a clock was set back")],
)
def test_a_series_moves_on_in_time(instants: list[int], trouble: str):
    found = Readings(np.array(instants, np.int64), np.array([1.0, 2.0]))
    assert trouble in str(found.trouble)


def test_two_targets_under_one_name_show_by_an_older_process_that_answers_again():
    one, other = 1, 2
    assert readings([5, 6, 7], born=[one, other, other]).trouble is None
    assert "two targets answer to one name" in str(readings([5, 6, 7], born=[other, one, other]).trouble)
