"""Error budgets and burn rates, exactly."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.objectives.budgets import ErrorBudget
from checks.objectives.burn import Burn, BurnPair, burn_pairs
from checks.objectives.shares import NOTHING, Kept, exact, good_of
from checks.outcome import Outcome

TARGET = exact(0.999)
HOUR = BurnPair(exact(14.4), timedelta(hours=1), timedelta(minutes=5))


@pytest.mark.parametrize(("bad", "left"), [(0, 1), (5, Fraction(1, 2)), (10, 0), (25, Fraction(-3, 2))])
def test_a_budget_is_what_the_target_allows_less_what_failed(bad: int, left: Fraction):
    assert ErrorBudget(TARGET, good_of(bad, 10_000)).remaining == left


def test_what_is_doubtful_spends_the_budget_only_at_worst():
    budget = ErrorBudget(TARGET, Kept.of(9_990, 9_995, 10_000))
    assert (budget.remaining, budget.remaining_least) == (Fraction(1, 2), 0)


@pytest.mark.parametrize("budget", [ErrorBudget(TARGET, NOTHING), ErrorBudget(Fraction(1), good_of(0, 9))])
def test_a_budget_of_nothing_has_no_share_left(budget: ErrorBudget):
    assert budget.remaining is None


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.fractions(0, 1, max_denominator=1_000))
def test_a_budget_is_overspent_exactly_when_the_target_is_missed(bad: int, total: int, target: Fraction):
    kept = good_of(min(bad, total), total)
    left = ErrorBudget(target, kept).remaining
    if left is not None:
        assert (left < 0) is (kept.verdict(target) is Outcome.FAIL)


@pytest.mark.parametrize(
    ("days", "factors"),
    [(30, [exact(14.4), 6, 3, 1]), (28, [exact(13.44), exact(5.6), exact(2.8), Fraction(14, 15)])],
)
def test_the_pairs_follow_from_the_window(days: int, factors: list[Fraction]):
    pairs = burn_pairs(timedelta(days=days))
    assert [pair.factor for pair in pairs] == factors
    assert [(pair.long, pair.short) for pair in pairs] == [
        (timedelta(hours=1), timedelta(minutes=5)),
        (timedelta(hours=6), timedelta(minutes=30)),
        (timedelta(days=1), timedelta(hours=2)),
        (timedelta(days=3), timedelta(hours=6)),
    ]


def test_a_short_window_has_no_pair_that_would_tell_of_a_budget_that_lasts():
    assert [float(pair.factor) for pair in burn_pairs(timedelta(days=7))] == [3.36, 1.4]
    assert burn_pairs(timedelta(days=1)) == ()


FAST, SLOW, DOUBTFUL = good_of(20, 1_000), good_of(1, 1_000), Kept.of(980, 1_000, 1_000)


@pytest.mark.parametrize(
    ("long", "short", "outcome"),
    [
        (FAST, FAST, Outcome.FAIL),
        (FAST, SLOW, Outcome.PASS),  # it has stopped burning
        (SLOW, FAST, Outcome.PASS),  # a moment is no burning
        (SLOW, NOTHING, Outcome.PASS),
        (FAST, NOTHING, Outcome.INCONCLUSIVE),
        (FAST, DOUBTFUL, Outcome.INCONCLUSIVE),
        (SLOW, DOUBTFUL, Outcome.PASS),
        (NOTHING, NOTHING, Outcome.INCONCLUSIVE),
        (good_of(1, 2), good_of(1, 2), Outcome.INCONCLUSIVE),  # too few events
        (good_of(3, 2), FAST, Outcome.ERROR),
    ],
)
def test_both_windows_of_a_pair_have_to_burn(long: Kept, short: Kept, outcome: Outcome):
    assert Burn(HOUR, TARGET, long, short).verdict(fewest=10) is outcome


def test_exactly_the_factor_is_not_faster_than_it():
    just = good_of(144, 10_000)
    assert Burn(HOUR, TARGET, just, just).verdict(fewest=1) is Outcome.PASS
    assert Burn(HOUR, TARGET, good_of(145, 10_000), good_of(145, 10_000)).verdict(fewest=1) is Outcome.FAIL
