"""Levels L0 to L3 with halves: the highest of which everything passes, of it and of those below."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from checks.outcome import Outcome

Level = Literal["L1", "L2", "L3"]
"""A level that asks for something; L0 asks for nothing."""

LEVELS: tuple[Level, ...] = ("L1", "L2", "L3")


def reached(outcomes: Mapping[Level, Sequence[Outcome]], *, half: Fraction) -> Fraction:
    """The level as a number: a whole one for each of which all passes, a half if enough of the next does.

    A level of which nothing is known to be asked is not reached.
    """
    level = Fraction(0)
    for name in LEVELS:
        asked = outcomes.get(name, ())
        passing = sum(one.passes for one in asked)
        if not asked:
            return level
        if passing < len(asked):
            return level + (Fraction(1, 2) if Fraction(passing, len(asked)) >= half else 0)
        level += 1
    return level


def level_word(level: Fraction | float) -> str:
    """`L1.5`; a median between two halves is cut to the lower one."""
    return f"L{int(level * 2) / 2:g}"


def level_number(word: str) -> Fraction:
    """The number of a level's word."""
    return Fraction(word.removeprefix("L"))


def next_level(level: Fraction) -> Level | None:
    """The whole level after one; `None` after the highest."""
    place = int(level)
    return LEVELS[place] if place < len(LEVELS) else None
