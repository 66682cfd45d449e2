"""Totals by group: do two ledgers add up to the same, group by group, to the cent?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tasks.comparison.amounts import WIDE, amount_of
from tasks.comparison.canonical import Canonical, reader, shown
from tasks.comparison.equality import within
from tasks.comparison.errors import MissingColumnError, TypesError
from tasks.comparison.kinds import NUMBERS
from tasks.comparison.request import GroupTotal
from tasks.comparison.resolve import Compared, Task
from tasks.comparison.result import Group
from tasks.comparison.side import Cuttable, Selected, Selection, Side, Totalling
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

Name = tuple[Canonical, ...]
Sums = dict[Name, tuple[Decimal, int]]
NOTHING = (Decimal(0), 0)


@dataclass(slots=True)
class Found:
    """One total that was asked for: the groups that agree, up to its cap, and by their key those apart."""

    total: GroupTotal
    columns: list[Compared]
    agreeing: list[Group]
    apart: dict[Name, Group]


@dataclass(slots=True)
class GroupTotals:
    """Every total that was asked for, and how many groups each side has and either of them."""

    found: list[Found] = field(default_factory=list)
    left: int = 0
    right: int = 0
    either: int = 0

    @property
    def apart(self) -> bool:
        """Whether there is a group to look at again."""
        return any(one.apart for one in self.found)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups, of each total the widest differences first."""
        listed = (ordered([*one.apart.values(), *one.agreeing], one.total.cap) for one in self.found)
        return tuple(group for groups in listed for group in groups)

    def look_again(self, pair: Pair, watch: Watch) -> None:
        """Reads the totals of the groups apart again, where the sides stand by now.

        One that agrees by then was in flight. One that agreed at first is not judged again: rows that arrived since are
        in flight as those were.
        """
        for one in self.found:
            if one.apart:
                watch.tell("groups", 0, None)
                sums = _of_both(pair, one.total, one.columns)
                now = {name: _group(one.total, one.columns, name, sums) for name in one.apart}
                one.apart = {
                    name: replace(group, in_flight=group.within and group.difference != one.apart[name].difference)
                    for name, group in now.items()
                }


def compare_groups(pair: Pair, watch: Watch) -> GroupTotals:
    """Every total that was asked for.

    Of a part of a comparison a group is apart by any difference: only those of all parts together are judged.
    """
    totals, is_part = GroupTotals(), pair.task.request.part is not None
    for total in pair.task.request.groups:
        watch.tell("groups", 0, None)
        columns = _columns(pair.task, total)
        sums = left, right = _of_both(pair, total, columns)
        one = Found(total, columns, [], {})
        for name in {**left, **right}:
            group = _group(total, columns, name, sums)
            totals.either += 1
            if not group.within or (is_part and Decimal(group.difference)):
                one.apart[name] = group
            else:
                one.agreeing.append(group)
        one.agreeing = ordered(one.agreeing, total.cap)
        totals.found.append(one)
        totals.left, totals.right = totals.left + len(left), totals.right + len(right)
    return totals


def total_of(pair: Pair, measure: str) -> tuple[Decimal, Decimal]:
    """The sum of a compared column over all rows of either side, by the side itself where it can."""
    total = GroupTotal((), measure)
    columns = _columns(pair.task, total)
    left, right = _of_both(pair, total, columns)
    return left.get((), NOTHING)[0], right.get((), NOTHING)[0]


def _of_both(pair: Pair, total: GroupTotal, columns: list[Compared]) -> tuple[Sums, Sums]:
    """The sums of the left and the right side; where a server has to add up as well, both at once."""
    left = _selection(pair.task.left, [one.left for one in columns], total)
    right = _selection(pair.task.right, [one.right for one in columns], total)
    if not isinstance(pair.left, Cuttable) and not isinstance(pair.right, Cuttable):
        return _sums(pair.left, left, columns), _sums(pair.right, right, columns)
    from concurrent.futures import ThreadPoolExecutor, wait  # late: it brings in logging

    with ThreadPoolExecutor(1, "comparison-totals") as pool:
        other = pool.submit(_sums, pair.right, right, columns)
        try:
            return _sums(pair.left, left, columns), other.result()
        except BaseException:
            while wait([other], timeout=0.05).not_done:  # a query that has not begun yet hears nothing
                pair.right.cancel()
            raise


def _columns(task: Task, total: GroupTotal) -> list[Compared]:
    """The grouping columns and the measure after them, if there is one."""
    known = {column.name: column for column in task.compared}
    names = [*total.by, *([total.measure] if total.measure else [])]
    for name in names:
        if name not in known:
            raise MissingColumnError(f"a total names {name}, which is not compared")
    if total.measure and known[total.measure].kind not in NUMBERS:
        said = f"column {total.measure} cannot be summed: it is {known[total.measure].kind.value}; say as what kind"
        raise TypesError(said, total.measure, ("read_as", "numeric"))
    return [known[name] for name in names]


def _selection(selection: Selection, chosen: list[Selected], total: GroupTotal) -> Selection:
    is_part = selection.start is not None or selection.stop is not None
    key = selection.values[0] if is_part else None
    return replace(selection, values=tuple(chosen), keys=len(total.by), ranged=key)


def _sums(side: Side, selection: Selection, columns: list[Compared]) -> Sums:
    """The sum and the number of rows of each group; the side's own sums where it has them."""
    chosen = list(zip(columns, selection.values, strict=True))[: selection.keys]
    readers = [reader(column.kind, column.rule, own.column.kind, column.element) for column, own in chosen]
    found: Sums = {}
    able = all(_added_up_by_sides(*one) for one in list(zip(columns, selection.values, strict=True))[selection.keys :])
    able = able and (isinstance(side, Cuttable) or selection.ranged is None)
    totals = side.totals(selection) if isinstance(side, Totalling) and able else _added(side, selection, columns)
    for group, amount, rows in totals:
        key = tuple(read(raw) for read, raw in zip(readers, group, strict=True))
        before, counted = found.get(key, NOTHING)
        found[key] = (WIDE.add(before, amount_of(amount, columns[-1].name)), counted + rows)
    return found


def _added_up_by_sides(column: Compared, own: Selected) -> bool:
    """Whether a side can add up a measure itself: not what is rounded first, nor numbers that it holds as text."""
    return column.rule.round_to is None and (own.column.loose or own.column.kind in NUMBERS)


def _added(side: Side, selection: Selection, columns: list[Compared]) -> Iterator[tuple[tuple[Any, ...], Any, int]]:
    keys = selection.keys
    read = reader(columns[-1].kind, columns[-1].rule, selection.values[-1].column.kind)
    rows = side.rows(selection)
    if selection.ranged is not None and not isinstance(side, Cuttable):
        with_key = replace(selection, values=(selection.ranged, *selection.values), ranged=None)
        rows = (row[1:] for row in side.rows(with_key))
    for row in rows:
        yield row[:keys], (read(row[keys]) if len(row) > keys else 1), 1


def _group(total: GroupTotal, columns: list[Compared], name: Name, sums: tuple[Sums, Sums]) -> Group:
    """One group by its name, with its totals on both sides."""
    (one, rows_left), (other, rows_right) = (side.get(name, (None, 0)) for side in sums)
    here, there = one or Decimal(0), other or Decimal(0)
    by = columns[: len(total.by)]
    return Group(
        group={column.name: shown(value, column.kind) for column, value in zip(by, name, strict=True)},
        measure=total.measure or "rows",
        left=None if one is None else f"{one:f}",
        right=None if other is None else f"{other:f}",
        difference=f"{WIDE.subtract(there, here):f}",
        rows_left=rows_left,
        rows_right=rows_right,
        within=within(total.tolerance)(here, there),
    )


def ordered(groups: Iterable[Group], cap: int) -> list[Group]:
    """Groups that do not agree first, the widest difference before others; of those that agree, up to a cap."""
    found = sorted(groups, key=lambda group: (group.within, -abs(Decimal(group.difference)), str(group.group)))
    return found[: max(cap, sum(not group.within for group in found))]
