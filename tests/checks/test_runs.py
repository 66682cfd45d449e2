"""Outages: what begins one, what ends one, and that it does not matter where a slot ends."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.runs import Confirm, Outage, Run, joined, outages, runs_of

HOLE = 20_000
TEN = 10_000
THREE_AND_TWO = Confirm()

states = st.sampled_from(["good", "bad", "unseen"])


def looks(said: str, *, start: int = 0, step: int = TEN) -> list[tuple[int, str, str]]:
    """Looks in letters: good, bad or nothing seen."""
    words = {"g": "good", "b": "bad", "-": "unseen"}
    return [(start + number * step, words[letter], f"look {number}") for number, letter in enumerate(said)]


def found(said: str, confirm: Confirm = THREE_AND_TWO) -> list[Outage]:
    return outages(runs_of(looks(said), hole=HOLE), confirm, hole=HOLE)


def test_two_failures_are_no_outage():
    assert found("ggbbggbbgg") == []


def test_three_failures_are_one_from_the_first_of_them_to_the_first_of_two_good_answers():
    assert found("ggbbbggg") == [Outage(20_000, 50_000, "look 2")]


def test_one_good_answer_ends_no_outage():
    assert found("bbbgbgbbgg") == [Outage(0, 80_000, "look 0")]


def test_what_has_not_ended_goes_on():
    assert found("gbbbg") == [Outage(10_000, None, "look 1")]


def test_looks_that_saw_nothing_count_neither_way():
    assert found("gb-bb-gg") == [Outage(10_000, 60_000, "look 1")]
    assert found("--------") == []


def test_a_hole_interrupts_what_was_not_confirmed_and_nothing_else():
    early, late = looks("gbb"), looks("bgg", start=100_000)
    assert outages(runs_of([*early, *late], hole=HOLE), THREE_AND_TWO, hole=HOLE) == []
    early, late = looks("bbb"), looks("bgg", start=100_000)
    assert outages(runs_of([*early, *late], hole=HOLE), THREE_AND_TWO, hole=HOLE) == [Outage(0, 110_000, "look 0")]


def test_a_look_that_needs_no_confirmation_counts_alone():
    assert found("gbg", Confirm(failures=1, successes=1)) == [Outage(10_000, 20_000, "look 1")]


@settings(deadline=None)
@given(st.text("gb-", max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_it_does_not_matter_where_slots_end(said: str, cuts: list[int]):
    every = looks(said)
    borders = [0, *sorted(cuts), len(every) + 60]
    parts = [run for first, last in pairwise(borders) for run in runs_of(every[first:last], hole=HOLE)]
    whole = list(runs_of(every, hole=HOLE))
    assert joined(parts, hole=HOLE) == whole
    assert outages(parts, THREE_AND_TWO, hole=HOLE) == outages(whole, THREE_AND_TWO, hole=HOLE)


@settings(deadline=None)
@given(st.text("gb-", max_size=80), st.integers(1, 5), st.integers(1, 5))
def test_an_outage_begins_with_enough_failures_and_lies_apart_from_the_next(said: str, failures: int, successes: int):
    confirm = Confirm(failures=failures, successes=successes)
    seen = [state for _, state, _ in looks(said) if state != "unseen"]
    at = [instant for instant, state, _ in looks(said) if state != "unseen"]
    every = outages(runs_of(looks(said), hole=10**9), confirm, hole=10**9)
    for outage in every:
        first = at.index(outage.start)
        assert seen[first : first + failures] == ["bad"] * failures
        if outage.end is not None:
            assert seen[at.index(outage.end) :][:successes] == ["good"] * successes
    assert all(one.end is not None and one.end < other.start for one, other in pairwise(every))


def test_runs_hold_every_look_once():
    runs = list(runs_of(looks("ggb-bb"), hole=HOLE))
    assert [(run.state, run.looks) for run in runs] == [("good", 2), ("bad", 1), ("unseen", 1), ("bad", 2)]
    assert runs[0] == Run("good", 0, 10_000, 2, "look 0")
