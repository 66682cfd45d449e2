"""Cuts a comparison into key ranges that can be compared anywhere at once, and adds their results up again."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import pairwise

from tasks.comparison.amounts import WIDE
from tasks.comparison.controls import added_up
from tasks.comparison.discovering import task_of
from tasks.comparison.equality import Same, within
from tasks.comparison.errors import RequestError
from tasks.comparison.groups import ordered
from tasks.comparison.kinds import Kind
from tasks.comparison.opening import lend_names, open_location, unless_cancelled
from tasks.comparison.progress import Asked
from tasks.comparison.request import Comparison, GroupTotal, KeyRange
from tasks.comparison.result import (
    Bits,
    ColumnDifference,
    ComparisonResult,
    Coverage,
    Difference,
    Group,
    Plan,
    Rows,
    Shown,
    Snapshot,
)
from tasks.comparison.side import Cuttable, KeySample, Selection, Side
from tasks.comparison.watch import Watch

MOST_PARTS = 1_024
SAMPLED = 10_000
ALL_GROUPS = 1 << 62


def split(request: Comparison, parts: int, *, cancelled: Asked | None = None) -> tuple[Comparison, ...]:
    """So many requests of about as many rows each, which together cover every key; opens both sides for a moment.

    The first range has no start and the last no stop, so a row that arrives meanwhile is in one of them. What cannot be
    cut comes back whole: a key that is not one integer, rows without a key, too few keys.
    """
    if not 1 <= parts <= MOST_PARTS:
        raise RequestError(f"a comparison can be cut into 1 to {MOST_PARTS:,} parts")
    cuts = _cuts(request, parts, cancelled) if parts > 1 and request.part is None else []
    if not cuts:
        return (request,)
    return tuple(_part(request, KeyRange(*ends), len(cuts) + 1) for ends in pairwise([None, *cuts, None]))


def combine(request: Comparison, results: Sequence[ComparisonResult]) -> ComparisonResult:
    """The result of the whole request from those of its parts, in the order of their keys."""
    first = results[0]
    if len(results) == 1:
        return first
    groups = tuple(group for total in request.groups for group in _groups(total, results))
    return replace(
        first,
        rows=_added(results),
        columns={name: _column([one.columns[name] for one in results]) for name in first.columns},
        groups=groups,
        controls=tuple(
            added_up(control, [one.controls[place] for one in results])
            for place, control in enumerate(request.controls)
        ),
        samples=tuple(_samples(request, results)),
        coverage=_coverage(results),
        plan=_plan(results),
        bits=_bits([one.bits for one in results]),
        snapshots={side: _snapshot([one.snapshots[side] for one in results]) for side in first.snapshots},
        queries=tuple(query for one in results for query in one.queries),
    )


def _part(request: Comparison, keys: KeyRange, parts: int) -> Comparison:
    """One part: all of its groups are wanted, since only their sums over all parts can be judged."""
    look = request.second_look
    return replace(
        request,
        part=keys,
        groups=tuple(replace(total, cap=ALL_GROUPS) for total in request.groups),
        second_look=replace(look, keys=max(1, look.keys // parts)) if look else None,
        column_cap=max(1, request.column_cap // parts),
    )


def _cuts(request: Comparison, parts: int, cancelled: Asked | None) -> list[int]:
    """The keys at which the parts begin, but for the first part; none where nothing can be cut."""
    with ExitStack() as stack:
        sides: list[Side] = []
        for location in (request.left, request.right):
            opening = partial(open_location, location, seconds=request.seconds)
            sides.append(unless_cancelled(opening, cancelled))
            stack.callback(sides[-1].close)
        lend_names(request, (sides[0], sides[1]))
        stack.enter_context(Watch(sides, cancelled=cancelled))
        task = task_of(request, sides[0], sides[1])
        if len(task.key) != 1 or task.key[0].kind is not Kind.INTEGER:
            return []
        selections = (task.left, task.right)
        if any(one.values[0].column.kind is not Kind.INTEGER or one.values[0].expression for one in selections):
            return []
        samples = [_sampled(*one) for one in zip(sides, selections, strict=True)]
    keys = sorted(key for sample in samples for key in sample.keys)
    if not keys or any(sample.has_nulls for sample in samples):
        return []
    found = {keys[len(keys) * number // parts] for number in range(1, parts)}
    return sorted(found - {keys[0]})


def _sampled(side: Side, selection: Selection) -> KeySample:
    """Keys of one side; where it cannot sample itself, out of all that it has."""
    alone = replace(selection, values=selection.values[:1], keys=1)
    if isinstance(side, Cuttable):
        return side.key_sample(alone)
    chance, has_nulls = random.Random(0), False  # noqa: S311 — where to cut is no secret
    kept: list[int] = []
    for place, (key,) in enumerate(side.rows(alone)):
        has_nulls = has_nulls or key is None
        if key is not None and len(kept) < SAMPLED:
            kept.append(int(key))
        elif key is not None and (spot := chance.randrange(place + 1)) < SAMPLED:
            kept[spot] = int(key)
    return KeySample(tuple(kept), has_nulls)


def _added(results: Iterable[ComparisonResult]) -> Rows:
    rows = [one.rows for one in results]
    return Rows(**{name: sum(getattr(one, name) for one in rows) for name in Rows.__slots__})


def _column(parts: Sequence[ColumnDifference]) -> ColumnDifference:
    return replace(parts[0], changed=sum(one.changed for one in parts), exact=all(one.exact for one in parts))


def _samples(request: Comparison, results: Iterable[ComparisonResult]) -> Iterator[Difference]:
    """As many samples of each class as one comparison shows, the lowest keys first."""
    by_kind: dict[str, list[Difference]] = {}
    for one in results:
        for sample in one.samples:
            by_kind.setdefault(sample.kind, []).append(sample)
    for kind in sorted(by_kind):
        yield from by_kind[kind][: request.samples.each]


def _groups(total: GroupTotal, results: Iterable[ComparisonResult]) -> Iterator[Group]:
    """One total's groups, each added up over the parts and judged anew."""
    found: dict[tuple[object, ...], Group] = {}
    for one in results:
        for group in one.groups:
            if tuple(group.group) == total.by and group.measure == (total.measure or "rows"):
                name = tuple(group.group.values())
                found[name] = _sum(found[name], group) if name in found else group
    test = within(total.tolerance)
    yield from ordered((_judged(group, test) for group in found.values()), total.cap)


def _judged(group: Group, test: Same) -> Group:
    agrees = test(Decimal(group.left or 0), Decimal(group.right or 0))
    return replace(group, within=agrees, in_flight=agrees and group.in_flight)


def _sum(one: Group, other: Group) -> Group:
    left, right = _plus(one.left, other.left), _plus(one.right, other.right)
    return replace(
        one,
        left=left,
        right=right,
        difference=f"{WIDE.subtract(Decimal(right or 0), Decimal(left or 0)):f}",
        rows_left=one.rows_left + other.rows_left,
        rows_right=one.rows_right + other.rows_right,
        in_flight=one.in_flight or other.in_flight,
    )


def _plus(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one if other is None else other
    return f"{WIDE.add(Decimal(one), Decimal(other)):f}"


def _coverage(results: Sequence[ComparisonResult]) -> Coverage:
    parts = [one.coverage for one in results]
    groups = [group for one in results for group in one.groups]
    left, right = (
        {(group.measure, *group.group.items()) for group in groups if getattr(group, side)}
        for side in ("rows_left", "rows_right")
    )
    sums = ("null_keys_left", "null_keys_right", "differed", "looked_again", "lines_left", "lines_right")
    added = {name: sum(getattr(one, name) for one in parts) for name in sums}
    added |= {"groups": len(left | right), "groups_left": len(left), "groups_right": len(right)}
    matching = _facts([one.matching for one in parts])
    return replace(parts[0], matching=matching, **added)


def _facts(parts: Sequence[Mapping[str, Shown]]) -> dict[str, Shown]:
    """What was seen on the way in all parts: numbers added up, but for the largest of its kind."""
    found: dict[str, Shown] = {}
    for name, first in parts[0].items():
        numbers = [value for part in parts if isinstance(value := part[name], int)]
        found[name] = first if not numbers else max(numbers) if name.startswith("largest") else sum(numbers)
    return found


def _plan(results: Sequence[ComparisonResult]) -> Plan:
    plans = [one.plan for one in results]
    probed = sum(plan.probed_rows for plan in plans)
    differing = sum(plan.probed_rows * (plan.probed_share or 0) for plan in plans)
    because = f"{len(plans)} key ranges; in the first, {plans[0].because}"
    ways = ", ".join(dict.fromkeys(plan.way for plan in plans))
    return Plan(ways, because, probed, differing / probed if probed else None)


def _bits(parts: Sequence[Bits]) -> Bits:
    return Bits(
        min((one.bits for one in parts if one.bits is not None), default=None), sum(one.chance for one in parts)
    )


def _snapshot(parts: Sequence[Snapshot]) -> Snapshot:
    """The first part's snapshot; each part read one of its own, which the facts say."""
    taken = [one.taken_at for one in parts if one.taken_at is not None]
    facts: Mapping[str, str | int | float | bool | None] = {
        **parts[0].facts, "snapshots": len(parts), "last_taken_at": max(taken, default=None)
    }  # fmt: skip
    return replace(parts[0], facts=facts)
