"""The algebra of intervals, held against sets of single instants, which cannot be wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.intervals import Intervals

LAST = 40
stretches = st.lists(st.tuples(st.integers(0, LAST), st.integers(0, LAST)), max_size=6)
sets = stretches.map(Intervals.of)
NOTHING, ALL = Intervals(), Intervals(((0, LAST),))


def instants(found: Intervals) -> set[int]:
    return {instant for start, end in found.parts for instant in range(start, end)}


@settings(deadline=None)
@given(stretches)
def test_it_holds_the_instants_of_what_it_was_made_of(drawn: list[tuple[int, int]]):
    assert instants(Intervals.of(drawn)) == {instant for start, end in drawn for instant in range(start, end)}


@settings(deadline=None)
@given(sets, sets)
def test_operations_are_those_of_sets(one: Intervals, other: Intervals):
    assert instants(one | other) == instants(one) | instants(other)
    assert instants(one & other) == instants(one) & instants(other)
    assert instants(one - other) == instants(one) - instants(other)
    assert one.total == len(instants(one))
    assert all((instant in one) == (instant in instants(one)) for instant in range(-1, LAST + 1))


@settings(deadline=None)
@given(sets, sets, sets)
def test_the_laws_hold_of_values_and_not_only_of_instants(a: Intervals, b: Intervals, c: Intervals):
    assert a | b == b | a
    assert a & b == b & a
    assert (a | b) | c == a | (b | c)
    assert (a & b) & c == a & (b & c)
    assert a & (b | c) == (a & b) | (a & c)
    assert a - (b | c) == (a - b) & (a - c)
    assert a - b == a - (a & b)
    assert (a - b) | (a & b) == a
    assert a | NOTHING == a
    assert a & ALL == a
    assert a - a == NOTHING
    assert (a | b).total == a.total + b.total - (a & b).total


@settings(deadline=None)
@given(sets, st.integers(-5, LAST + 5), st.integers(-5, LAST + 5))
def test_a_complement_is_what_is_missing_from_a_window(given: Intervals, start: int, end: int):
    window = Intervals.of([(start, end)])
    assert given.complement(start, end) == window - given
    assert given.complement(start, end) | (given & window) == window


@settings(deadline=None)
@given(sets, st.integers(0, LAST))
def test_the_first_so_many_are_the_earliest(given: Intervals, length: int):
    kept = given.first(length)
    assert instants(kept) == set(sorted(instants(given))[:length])


@pytest.mark.parametrize("parts", [((1, 1),), ((2, 1),), ((0, 2), (2, 3)), ((3, 4), (0, 1))])
def test_what_is_not_in_order_and_apart_is_refused(parts: tuple[tuple[int, int], ...]):
    with pytest.raises(ValueError, match=r"make them with Intervals.of"):
        Intervals(parts)
