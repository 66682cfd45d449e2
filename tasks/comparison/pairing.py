"""Pairs the rows of one key, one to one: never every left row with every right one."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tasks.comparison.canonical import Canonical
from tasks.comparison.equality import Same
from tasks.comparison.result import Shown

Values = tuple[Canonical, ...]


@dataclass(frozen=True, slots=True)
class Paired:
    """What became of the rows of one key: `changed` holds pairs that differ and the places where they do.

    `lines` are the rows that were read for it on each side, where several of them stand for one. Under one key that is
    no key but the name of a group, rows do not repeat: they are `items`.
    """

    lefts: int
    rights: int
    changed: tuple[tuple[Values, Values, tuple[int, ...]], ...] = ()
    missing: tuple[Values, ...] = ()
    extra: tuple[Values, ...] = ()
    lines: tuple[int, int] = (0, 0)
    items: bool = False

    @property
    def differs(self) -> bool:
        """Whether anything but duplicates is to be told."""
        return bool(self.changed or self.missing or self.extra)


class Pairs(Protocol):
    """A way to pair the rows that share a key."""

    def division(self, values: Values) -> Hashable:
        """Rows of one key can only be paired within one division."""

    def pair(self, lefts: Sequence[Values], rights: Sequence[Values]) -> Paired:
        """What becomes of all rows of one division."""

    def facts(self) -> Mapping[str, Shown]:
        """What was seen on the way that a reader has to know, by name."""


class Pairing:
    """Pairs rows by value; `tests` has a test for each place with a tolerance and `None` elsewhere."""

    def __init__(self, tests: Sequence[Same | None]) -> None:
        self._tests = tuple(tests)
        self._tolerant = any(test is not None for test in tests)

    def division(self, values: Values) -> Hashable:  # noqa: ARG002 (all rows of a key may meet)
        """All rows of a key."""
        return None

    def facts(self) -> Mapping[str, Shown]:
        """None."""
        return {}

    def pair(self, lefts: Sequence[Values], rights: Sequence[Values]) -> Paired:
        """Equal rows first, then rows within tolerance, then what is left in order; the surplus is missing or extra."""
        rest_left, rest_right = self._without_equal(list(lefts), list(rights))
        both = min(len(rest_left), len(rest_right))
        changed = []
        for left, right in zip(rest_left[:both], rest_right[:both], strict=True):
            changed.append((left, right, self.places(left, right)))
        missing, extra = tuple(rest_left[both:]), tuple(rest_right[both:])
        return Paired(len(lefts), len(rights), tuple(changed), missing, extra)

    def places(self, left: Values, right: Values) -> tuple[int, ...]:
        """The places at which two rows differ."""
        found = []
        for place, test in enumerate(self._tests):
            if left[place] != right[place] and not (test is not None and test(left[place], right[place])):
                found.append(place)
        return tuple(found)

    def _without_equal(self, lefts: list[Values], rights: list[Values]) -> tuple[list[Values], list[Values]]:
        if len(lefts) == 1 and len(rights) == 1:
            return ([], []) if not self.places(lefts[0], rights[0]) else (lefts, rights)
        here, there = Counter(lefts), Counter(rights)
        rest_left = sorted((here - there).elements(), key=repr)
        rest_right = sorted((there - here).elements(), key=repr)
        return self._without_tolerated(rest_left, rest_right) if self._tolerant else (rest_left, rest_right)

    def _without_tolerated(self, lefts: list[Values], rights: list[Values]) -> tuple[list[Values], list[Values]]:
        kept = []
        for left in lefts:
            match = next((right for right in rights if not self.places(left, right)), None)
            if match is None:
                kept.append(left)
            else:
                rights.remove(match)
        return kept, rights
