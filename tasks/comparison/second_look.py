"""Looks again at the rows that differ, in newer snapshots: what agrees by then was only in flight."""

from tasks.comparison.equality import same
from tasks.comparison.pairing import Pairing, Values
from tasks.comparison.rules import EXACTLY
from tasks.comparison.tally import Counts, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair


def look_again(pair: Pair, tally: Tally, watch: Watch) -> int:
    """Reads the open keys again after the wait and corrects the tally; the number of keys that were in flight."""
    look = pair.task.request.second_look
    if look is None or not tally.open:
        return 0
    watch.sleep(look.wait.total_seconds())
    watch.tell("second look", 0, len(tally.open))
    found: dict[Key, tuple[list[Values], list[Values]]] = {key: ([], []) for key in tally.open}
    direct = all(column.rule == EXACTLY for column in pair.task.key)
    keys = [tuple(tally.shown_key(key).values()) for key in tally.open]
    for place, side, selection in ((0, pair.left, pair.task.left), (1, pair.right, pair.task.right)):
        side.refresh()
        rows = side.rows_of(selection, keys) if direct else side.rows(selection)
        for key, values in canonical(rows, selection, pair):
            if key in found:
                found[key][place].append(values)
    pairing = Pairing([same(column) for column in pair.task.values])
    return sum(_correct(tally, key, pairing, *rows) for key, rows in found.items())


def _correct(tally: Tally, key: Key, pairing: Pairing, lefts: list[Values], rights: list[Values]) -> bool:
    """Replaces what the first look counted for a key by what the second one found; whether it was in flight."""
    paired = pairing.pair(lefts, rights)
    before, columns = tally.open[key]
    now = Counts.of(paired)
    tally.add(before, sign=-1)
    tally.add(now)
    tally.columns.subtract(columns)
    tally.columns_seen -= before.changed if columns else 0
    if paired.differs:
        tally.tell_columns([places for _, _, places in paired.changed])
        return False
    shown = tally.shown_key(key)
    for kind, samples in tally.samples.items():
        tally.samples[kind] = [one for one in samples if one.key != shown]
    return True
