"""Looks again at the rows that differ, in newer snapshots: what agrees by then was only in flight."""

from tasks.comparison.matching import pairs_of
from tasks.comparison.pairing import Values
from tasks.comparison.rules import EXACTLY
from tasks.comparison.tally import Division, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair


def look_again(pair: Pair, tally: Tally, watch: Watch) -> int:
    """Reads the open keys again after the wait and corrects the tally; how many rows were in flight."""
    look = pair.task.request.second_look
    if look is None or not tally.open:
        return 0
    watch.sleep(look.wait.total_seconds())
    watch.tell("second look", 0, len(tally.open))
    pairs = pairs_of(pair.task)
    tally.forget_open_samples()
    found: dict[Division, tuple[list[Values], list[Values]]] = {division: ([], []) for division in tally.open}
    direct = all(column.rule == EXACTLY for column in pair.task.key)
    keys = [tuple(tally.shown_key(key).values()) for key in dict.fromkeys(key for key, _ in tally.open)]
    for place, side, selection in ((0, pair.left, pair.task.left), (1, pair.right, pair.task.right)):
        side.refresh()
        rows = side.rows_of(selection, keys) if direct else side.rows(selection)
        for key, values in canonical(rows, selection, pair):
            division = key, pairs.division(values)
            if division in found:
                found[division][place].append(values)
    return sum(tally.meet_again(division, pairs, *rows) for division, rows in found.items())
