"""Items without a common key: those of one group are assigned one to one by amount and time, as many as can be.

Two items are *candidates* if their amounts, and their times, are equal or within tolerance. As many pairs as can be are
made of candidates; of all ways to do that the one is taken whose pairs differ in the fewest other columns, and of those
the one whose amounts and times lie closest. Only what is linked by candidates has to be solved at once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped] # it has no types of its own
from scipy.sparse import coo_array, csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components, maximum_bipartite_matching  # type: ignore[import-untyped]

from tasks.comparison.amounts import WIDE
from tasks.comparison.errors import RequestError
from tasks.comparison.measures import SCALE, Measure
from tasks.comparison.pairing import Paired, Pairing, Values
from tasks.comparison.result import Shown

MOST_CANDIDATES = 2_000_000
"""Candidate pairs of one group; more would say that the group, the tolerance or the window is no criterion."""
MOST_LOOKS = 10 * MOST_CANDIDATES
"""Pairs of one group that are looked at for it."""
MOST_SOLVED = 4_000_000
"""Cells of a table of costs; linked items past it are paired as many as can be, but not by closeness."""
Edge = tuple[int, int, int]
"""Two items by their places, and how far they are apart."""
Numbers = list[Decimal] | None


class Assigning:
    """Assigns the items of a group by their `measures`, of which the first is the amount."""

    def __init__(self, pairing: Pairing, measures: Sequence[Measure]) -> None:
        self._pairing = pairing
        self._measures = tuple(measures)
        self._places = {measure.place for measure in measures}
        self._chosen = self._unsolved = 0

    def division(self, values: Values) -> Hashable:
        """Without a tolerance only items of one amount can be candidates."""
        amount = self._measures[0]
        return values[amount.place] if amount.tolerance is None else None

    def facts(self) -> Mapping[str, Shown]:
        """How many pairs could have been others, and how many of them not even closeness chose."""
        return {"pairs with other candidates": self._chosen, "of them not by closeness": self._unsolved}

    def pair(self, lefts: Sequence[Values], rights: Sequence[Values]) -> Paired:
        """Items in one order whatever order they came in, so that the same items always make the same pairs."""
        here, there = (sorted(rows, key=repr) for rows in (lefts, rights))
        pairs = list(self._assigned(here, there))
        changed = [(here[one], there[other], self._pairing.places(here[one], there[other])) for one, other in pairs]
        paired_left, paired_right = {one for one, _ in pairs}, {other for _, other in pairs}
        return Paired(
            len(here),
            len(there),
            changed=tuple(one for one in changed if one[2]),
            missing=tuple(row for place, row in enumerate(here) if place not in paired_left),
            extra=tuple(row for place, row in enumerate(there) if place not in paired_right),
            items=True,
        )

    def _assigned(self, lefts: list[Values], rights: list[Values]) -> Iterator[tuple[int, int]]:
        """The pairs, as places in the two lists, one linked set of items after the other."""
        edges = list(self._edges(lefts, rights))
        if not edges:
            return
        ends = np.array(edges, dtype=np.int64)
        size = len(lefts) + len(rights)
        links = coo_array((np.ones(len(ends), bool), (ends[:, 0], ends[:, 1] + len(lefts))), shape=(size, size))
        _, labels = connected_components(links, directed=False)
        order = np.argsort(labels[ends[:, 0]], kind="stable")
        starts = np.flatnonzero(np.diff(labels[ends[order, 0]])) + 1
        for linked in np.split(ends[order], starts):
            yield from self._solved(linked) if len(linked) > 1 else [(int(linked[0, 0]), int(linked[0, 1]))]

    def _solved(self, linked: Any) -> list[tuple[int, int]]:
        """The pairs of one linked set."""
        lefts, rows = np.unique(linked[:, 0], return_inverse=True)
        rights, columns = np.unique(linked[:, 1], return_inverse=True)
        if len(lefts) * len(rights) > MOST_SOLVED:
            found = _most_pairs(rows, columns, (len(lefts), len(rights)))
            self._unsolved += len(found)
        else:
            found = _closest(rows, columns, linked[:, 2], (len(lefts), len(rights)))
        self._chosen += len(found)
        return [(int(lefts[one]), int(rights[other])) for one, other in found]

    def _edges(self, lefts: list[Values], rights: list[Values]) -> Iterator[Edge]:
        """The candidates with their costs."""
        here, there = ([self._numbers(row) for row in rows] for rows in (lefts, rights))
        found = 0
        for one, others in _looks(self._measures, here, there):
            for other in others:
                cost = self._cost((lefts[one], here[one]), (rights[other], there[other]))
                if cost is not None:
                    found += 1
                    _refuse_past(found, MOST_CANDIDATES)
                    yield one, other, cost

    def _numbers(self, row: Values) -> Numbers:
        """The numbers of an item, or `None` where it lacks one."""
        numbers = [found for measure in self._measures if (found := measure.number(row)) is not None]
        return numbers if len(numbers) == len(self._measures) else None

    def _cost(self, left: tuple[Values, Numbers], right: tuple[Values, Numbers]) -> int | None:
        """How far apart two items are, or `None` where they cannot be paired."""
        places = self._pairing.places(left[0], right[0])
        if self._places.intersection(places):
            return None
        assert left[1] is not None  # noqa: S101 (nothing without numbers is looked at)
        assert right[1] is not None  # noqa: S101 (as above)
        apart = sum(one.share(*numbers) for one, *numbers in zip(self._measures, left[1], right[1], strict=True))
        return len(places) * (len(self._measures) * SCALE + 1) + apart


def _looks(
    measures: Sequence[Measure], lefts: Sequence[Numbers], rights: Sequence[Numbers]
) -> Iterator[tuple[int, Sequence[int]]]:
    """For each item of the left those of the right that are near enough by the measure that leaves the fewest."""
    counted = [_near(place, measure, lefts, rights) for place, measure in enumerate(measures)]
    count, places, spans = min(counted, key=lambda one: one[0])
    _refuse_past(count, MOST_LOOKS)
    for place, start, stop in spans:
        yield place, places[start:stop]


def _near(
    number: int, measure: Measure, lefts: Sequence[Numbers], rights: Sequence[Numbers]
) -> tuple[int, list[int], list[tuple[int, int, int]]]:
    """How many pairs one measure leaves: items of the right in its order, and for each of the left a span of them."""
    known = sorted((numbers[number], place) for place, numbers in enumerate(rights) if numbers is not None)
    values, spans = [value for value, _ in known], []
    for place, numbers in enumerate(lefts):
        if numbers is not None:
            value = numbers[number]
            reach = measure.reach(value)
            ends = bisect_left(values, WIDE.subtract(value, reach)), bisect_right(values, WIDE.add(value, reach))
            spans.append((place, *ends))
    return sum(stop - start for _, start, stop in spans), [place for _, place in known], spans


def _refuse_past(pairs: int, most: int) -> None:
    if pairs > most:
        raise RequestError(
            f"more than {most:,} pairs of one group come into question; group by more columns, or tolerate less"
        )


def _closest(rows: Any, columns: Any, costs: Any, shape: tuple[int, int]) -> list[tuple[int, int]]:
    """As many pairs as can be, then the least cost: what is no candidate costs more than all candidates together."""
    never = (int(costs.max()) + 1) * (min(shape) + 1)
    table = np.full(shape, float(never))
    table[rows, columns] = costs
    found = zip(*linear_sum_assignment(table), strict=True)
    return [(int(one), int(other)) for one, other in found if table[one, other] < never]


def _most_pairs(rows: Any, columns: Any, shape: tuple[int, int]) -> list[tuple[int, int]]:
    """As many pairs as can be, whichever."""
    graph = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=shape)
    found = maximum_bipartite_matching(graph, perm_type="column")
    return [(one, int(other)) for one, other in enumerate(found) if other >= 0]
