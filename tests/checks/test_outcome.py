"""Outcomes: which pass, and what many of them come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.outcome import Outcome, outcome_of, worst

outcomes = st.sampled_from(Outcome)


def test_only_three_outcomes_pass():
    assert {outcome for outcome in Outcome if outcome.passes} == {
        Outcome.PASS,
        Outcome.WAIVED,
        Outcome.NOT_APPLICABLE,
    }


def test_an_aggregate_over_nothing_is_missing():
    assert worst([]) is Outcome.MISSING


@given(st.lists(outcomes, min_size=1), outcomes)
def test_one_more_outcome_never_improves_an_aggregate(found: list[Outcome], more: Outcome):
    assert worst([*found, more]).badness >= worst(found).badness


@given(st.lists(outcomes, min_size=1))
def test_an_aggregate_passes_only_if_every_part_passes(found: list[Outcome]):
    assert worst(found).passes == all(outcome.passes for outcome in found)


@pytest.mark.parametrize("word", ["OK", "pass", "", "GREEN"])
def test_a_word_nobody_knows_is_an_error(word: str):
    assert outcome_of(word) is Outcome.ERROR


def test_every_outcome_says_what_it_means_in_one_sentence():
    assert all(outcome.meaning.endswith(".") and outcome.meaning.count(". ") == 0 for outcome in Outcome)
