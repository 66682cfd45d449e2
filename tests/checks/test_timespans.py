"""Durations, ages and instants in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from checks.timespans import age_words, duration_words, instant_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.12, "120 ms"),
        (0.0004, "0 ms"),
        (45.9, "45 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7_500, "2 h 5 min"),
        (7_200, "2 h"),
        (86_400 + 59, "1 d"),
        (3 * 86_400 + 4 * 3_600 + 59 * 60, "3 d 4 h"),
        (-90, "−1 min 30 s"),
    ],
)
def test_a_duration_reads_in_its_two_largest_units(seconds: float, words: str):
    assert duration_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12, "12 s"), (59.9, "59 s"), (185, "3 min"), (7_559, "2 h 5 min"), (-200, "in 3 min"), (-0.5, "in 500 ms")],
)
def test_an_age_is_told_to_the_minute_and_never_rounded_up(seconds: float, words: str):
    assert age_words(timedelta(seconds=seconds)) == words


def test_an_instant_reads_in_utc_whatever_its_zone():
    there = datetime(2026, 11, 22, 15, 0, tzinfo=timezone(timedelta(hours=1)))
    assert instant_words(there) == "2026-11-22 14:00 UTC"
    assert instant_words(datetime(2026, 11, 22, 14, 7, 30, tzinfo=UTC)) == "2026-11-22 14:07:30 UTC"
