"""Sums of amounts by class of rows, told row by row: together with what was told in bulk they are a side's total."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from tasks.comparison.amounts import WIDE, amount_of, plus
from tasks.comparison.canonical import Canonical
from tasks.comparison.errors import MissingColumnError, TypesError
from tasks.comparison.kinds import NUMBERS
from tasks.comparison.pairing import Paired, Values
from tasks.comparison.resolve import Task

LEFT, RIGHT = 0, 1
CLASSES: Mapping[str, tuple[int, ...]] = {
    "equal": (LEFT, RIGHT),
    "changed": (LEFT, RIGHT),
    "missing": (LEFT,),
    "extra": (RIGHT,),
    "unkeyed": (LEFT, RIGHT),
}
"""Which sides have rows of a class."""
Place = tuple[str, str, int]
"""A measure, a class and a side."""
Sums = Mapping[Place, Decimal]


class ControlSums:
    """The sums of one comparison; `in_bulk` says that some equal rows were only counted, so that theirs is not known.

    `moved` is what the second look found a side's total to have become more, or less, since it was asked for.
    """

    def __init__(self, task: Task) -> None:
        self.in_bulk = False
        self.found: defaultdict[Place, Decimal] = defaultdict(Decimal)
        self.moved: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        known = {column.name: place for place, column in enumerate(task.compared)}
        self._keys = len(task.key)
        self._places: dict[str, int] = {}
        for control in task.request.controls:
            if control.measure not in known:
                raise MissingColumnError(f"a control total names {control.measure}, which is not compared")
            kind = task.compared[known[control.measure]].kind
            if kind not in NUMBERS:
                said = f"column {control.measure} cannot be summed: it is {kind.value}; say as what kind"
                raise TypesError(said, control.measure, ("read_as", "numeric"))
            self._places[control.measure] = known[control.measure]

    def of(self, key: Values, paired: Paired, rows: tuple[Sequence[Values], Sequence[Values]]) -> Sums:
        """The sums of one key: those of the classes from their rows, and what is left of all rows is equal."""
        sums: dict[Place, Decimal] = {}
        apart = {
            ("changed", LEFT): [left for left, _, _ in paired.changed],
            ("changed", RIGHT): [right for _, right, _ in paired.changed],
            ("missing", LEFT): paired.missing,
            ("extra", RIGHT): paired.extra,
        }
        for measure in self._places:
            for side in (LEFT, RIGHT):
                sums[measure, "equal", side] = self._sum(measure, key, rows[side])
            for (name, side), listed in apart.items():
                if listed:
                    sums[measure, name, side] = self._sum(measure, key, listed)
                    rest = WIDE.subtract(sums[measure, "equal", side], sums[measure, name, side])
                    sums[measure, "equal", side] = rest
        return sums

    def of_unkeyed(self, side: int, key: Values, values: Values) -> Sums:
        """The sum of a row that has no key."""
        return {(measure, "unkeyed", side): self._sum(measure, key, [values]) for measure in self._places}

    def add(self, sums: Sums) -> None:
        """Adds what was found."""
        for place, amount in sums.items():
            self.found[place] = WIDE.add(self.found[place], amount)

    def replace(self, before: Sums, now: Sums) -> None:
        """Puts what the second look found of a key in the place of what the first one did."""
        for sums, sign in ((before, -1), (now, 1)):
            for (measure, name, side), amount in sums.items():
                more = amount if sign > 0 else WIDE.minus(amount)
                self.found[measure, name, side] = WIDE.add(self.found[measure, name, side], more)
                self.moved[measure, side] = WIDE.add(self.moved[measure, side], more)

    def _sum(self, measure: str, key: Values, rows: Sequence[Values]) -> Decimal:
        place = self._places[measure]
        return plus(amount_of(_at(place, self._keys, key, row), measure) for row in rows)


def _at(place: int, keys: int, key: Values, values: Values) -> Canonical:
    return key[place] if place < keys else values[place - keys]
