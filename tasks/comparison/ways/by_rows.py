"""Tells some keys by their rows, which both sides are asked for again."""

from collections.abc import Sequence

from tasks.comparison.errors import CountsError
from tasks.comparison.pairing import Values
from tasks.comparison.tally import LEFT, RIGHT, Counts, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

KEYS_AT_ONCE = 25_000
"""Keys whose rows are held at once."""


def tell_by_rows(pair: Pair, tally: Tally, watch: Watch, keys: Sequence[int]) -> tuple[int, int]:
    """Compares the rows of some keys, of one whole number each, by value; how many rows of each side that are."""
    read = [0, 0]
    for start in range(0, len(keys), KEYS_AT_ONCE):
        found: dict[Key, tuple[list[Values], list[Values]]] = {
            (key,): ([], []) for key in keys[start : start + KEYS_AT_ONCE]
        }
        for place, (side, selection) in enumerate(((pair.left, pair.task.left), (pair.right, pair.task.right))):
            for key, values in canonical(side.rows_of(selection, list(found)), selection, pair):
                found[key][place].append(values)
                read[place] += 1
        watch.tell("values", sum(read), None)
        for key, (lefts, rights) in found.items():
            if lefts or rights:
                tally.meet(key, lefts, rights)
    return read[LEFT], read[RIGHT]


def tell_the_rest(tally: Tally, rows: tuple[int, int], told: tuple[int, int]) -> None:
    """Counts the rows that nothing was told of as equal: they must be as many on both sides."""
    left, right = rows[LEFT] - told[LEFT], rows[RIGHT] - told[RIGHT]
    if left != right or left < 0:
        raise CountsError(f"{left} rows of the left side and {right} of the right side are left as equal")
    tally.add(Counts(left=left, right=right, matched=left))
