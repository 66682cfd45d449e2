"""Fields of a JSON document: how a catalogue names them, and when what a field says is as expected."""

from typing import Annotated, TypeGuard

from pydantic import FiniteFloat, JsonValue, StringConstraints

FieldPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]
"""A dotted path; a whole number in it stands for a place in a list, counted from 0."""

Json = JsonValue
Limits = dict[FieldPath, FiniteFloat]


def same(said: Json, expected: Json) -> bool:
    """Equal and of one sort, all the way down: true is not 1, and an absent field equals nothing."""
    if said is None or isinstance(said, bool) or isinstance(expected, bool):
        return said is not None and said is expected
    if isinstance(said, dict) and isinstance(expected, dict):
        return said.keys() == expected.keys() and all(_same_inside(said[name], expected[name]) for name in said)
    if isinstance(said, list) and isinstance(expected, list):
        return len(said) == len(expected) and all(map(_same_inside, said, expected))
    return said == expected


def at_most(said: Json, limit: float) -> bool:
    """A number, and no more than the limit."""
    return _is_number(said) and said <= limit


def at_least(said: Json, limit: float) -> bool:
    """A number, and no less than the limit."""
    return _is_number(said) and said >= limit


def shown(value: Json) -> str:
    """What a field says, for a sentence."""
    return "absent" if value is None else str(value)


def _is_number(said: Json) -> TypeGuard[int | float]:
    return isinstance(said, int | float) and not isinstance(said, bool)


def _same_inside(said: Json, expected: Json) -> bool:
    """Inside a value that is there, null is a value like any other."""
    return expected is None if said is None else same(said, expected)
