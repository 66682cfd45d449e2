"""Looks again at the rows and groups that differ, in newer snapshots: what agrees by then was only in flight."""

from collections.abc import Sequence
from decimal import Decimal

from tasks.comparison.canonical import Canonical, Unreadable, shown
from tasks.comparison.groups import GroupTotals
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.matching import pairs_of
from tasks.comparison.pairing import Values
from tasks.comparison.rules import EXACTLY
from tasks.comparison.side import Raw, Selection
from tasks.comparison.tally import Division, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

_LEAST, _MOST = -(2**63), 2**63 - 1


def look_again(pair: Pair, tally: Tally, totals: GroupTotals, watch: Watch) -> int:
    """Reads what differs again after the wait and corrects tally and totals; how many rows were in flight."""
    look = pair.task.request.second_look
    if look is None or not (tally.open or totals.apart):
        return 0
    watch.sleep(look.wait.total_seconds())
    watch.tell("second look", 0, len(tally.open))
    pairs = pairs_of(pair.task)
    keys = tally.forget_open_samples()
    found: dict[Division, tuple[list[Values], list[Values]]] = {division: ([], []) for division in tally.open}
    direct = all(column.rule == EXACTLY for column in pair.task.key)
    for place, side, selection in ((0, pair.left, pair.task.left), (1, pair.right, pair.task.right)):
        side.refresh()
        if not keys:
            continue
        asked = _asked(pair, selection, keys) if direct else None
        rows = side.rows(selection) if asked is None else side.rows_of(selection, asked)
        for key, values in canonical(rows, selection, pair):
            division = key, pairs.division(values)
            if division in found:
                found[division][place].append(values)
    totals.look_again(pair, watch)
    return sum(tally.meet_again(division, pairs, *rows) for division, rows in found.items())


def _asked(pair: Pair, selection: Selection, keys: Sequence[Key]) -> list[tuple[Raw, ...]] | None:
    """The keys as a side can be asked for them; `None` if it has to be read whole, for a key that its type has not."""
    columns = [(one.kind, own.column) for one, own in zip(pair.task.key, selection.values, strict=False)]
    held = (_can_hold(own, value) for key in keys for (_, own), value in zip(columns, key, strict=True))
    if not all(held):
        return None
    return [tuple(_raw(kind, own, value) for (kind, own), value in zip(columns, key, strict=True)) for key in keys]


def _can_hold(column: Column, value: Canonical) -> bool:
    """Whether a column may hold a key that came from the other side; a server refuses to look for what it cannot."""
    if column.kind is Kind.INTEGER:
        return isinstance(value, int | Decimal) and value == int(value) and _LEAST <= value <= _MOST
    return "\0" not in value if isinstance(value, str) else not isinstance(value, Unreadable)


def _raw(kind: Kind, column: Column, value: Canonical) -> Raw:
    """One part of a key; a whole number without the places that the other side writes it with."""
    if column.kind is Kind.INTEGER and isinstance(value, int | Decimal):
        return int(value)
    return shown(value, kind)
