"""Shares under a limit: exact, with what cannot be told left open, and contradictions told."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.objectives.shares import NOTHING, Kept, exact, good_of, sum_trouble
from checks.objectives.words import percent
from checks.outcome import Outcome

TARGETS = st.fractions(0, 1, max_denominator=1_000)
parts = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))


def kept(numbers: tuple[int, int, int]) -> Kept:
    """Certainly good, doubtful and bad ones."""
    good, doubtful, bad = numbers
    return Kept.of(good, good + doubtful, good + doubtful + bad)


@pytest.mark.parametrize(
    ("written", "means"), [(0.999, Fraction(999, 1000)), ("99.9%", Fraction(999, 1000)), (0.1, Fraction(1, 10)), (1, 1)]
)
def test_a_number_is_read_as_it_is_written(written: float | str, means: Fraction):
    assert exact(written) == means


def test_a_target_is_met_by_exactly_its_share():
    assert Kept.of(999, 999, 1_000).verdict(exact(0.999)) is Outcome.PASS
    assert Kept.of(998_999, 998_999, 1_000_000).verdict(exact(0.999)) is Outcome.FAIL


@given(parts, TARGETS)
def test_a_verdict_holds_however_the_doubtful_turn_out(numbers: tuple[int, int, int], target: Fraction):
    found = kept(numbers)
    good, doubtful, _ = numbers
    ways = {Kept.of(good + n, good + n, float(found.total)).verdict(target) for n in {0, doubtful}}
    expected = ways.pop() if len(ways) == 1 else Outcome.INCONCLUSIVE
    assert found.verdict(target) is expected


@given(parts, parts, TARGETS)
def test_what_two_parts_both_show_their_sum_shows(one: tuple[int, int, int], other: tuple[int, int, int], target):
    verdicts = {kept(one).verdict(target), kept(other).verdict(target)}
    if len(verdicts) == 1 and verdicts < {Outcome.PASS, Outcome.FAIL}:
        assert (kept(one) + kept(other)).verdict(target) in verdicts


def test_no_traffic_is_no_share_and_decides_nothing():
    assert (NOTHING.least, NOTHING.most) == (None, None)
    assert NOTHING.verdict(exact(0.99)) is Outcome.INCONCLUSIVE


def test_fewer_events_than_are_needed_decide_nothing():
    assert Kept.of(399, 399, 399).verdict(exact(0.95), fewest=400) is Outcome.INCONCLUSIVE
    assert Kept.of(400, 400, 400).verdict(exact(0.95), fewest=400) is Outcome.PASS


@pytest.mark.parametrize(
    ("found", "because"),
    [
        (good_of(5, 4), "fewer than none"),
        (Kept.of(5, 5, 4), "5 of only 4: the two were not counted alike"),
        (Kept.of(0, 0, -1), "fewer than none"),
        (Kept.of(3, 2, 4), "at least more kept it than at most"),
    ],
)
def test_numbers_that_cannot_be_counts_are_an_error(found: Kept, because: str):
    assert because in str(found.contradiction)
    assert found.verdict(exact(0.5)) is Outcome.ERROR


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.99999, "99.999 %"),
        (0.999999, "99.999 %"),
        (0.992, "99.2 %"),
        (1, "100 %"),
        (Fraction(2, 3), "66.666 %"),
        (-0.5, "-50 %"),
    ],
)
def test_a_share_in_words_never_looks_better_than_it_is(share: float | Fraction, words: str):
    assert percent(share) == words


def test_parts_add_up_to_their_total():
    assert sum_trouble(97, 3, 100) is None
    assert sum_trouble(97, 4, 100) == "97 good and 4 bad do not add up to 100"
