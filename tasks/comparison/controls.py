"""Control totals: one sum for each class of rows, which together must be what each side's own total is, to the cent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tasks.comparison.amounts import WIDE, plus
from tasks.comparison.control_sums import CLASSES, LEFT, RIGHT, ControlSums
from tasks.comparison.equality import within
from tasks.comparison.groups import total_of
from tasks.comparison.request import ControlTotal
from tasks.comparison.result import ClassTotal, Control
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

Totals = Mapping[str, tuple[Decimal, Decimal]]
"""The totals of the left and the right side, by measure."""


def ask_totals(pair: Pair, watch: Watch) -> Totals:
    """What each side says that its totals are, before any row is compared."""
    found = {}
    for control in pair.task.request.controls:
        watch.tell("totals", 0, None)
        found[control.measure] = total_of(pair, control.measure)
    return found


def control_totals(pair: Pair, asked: Totals, sums: ControlSums) -> tuple[Control, ...]:
    """Each total with its classes."""
    return tuple(_control(pair, control, asked[control.measure], sums) for control in pair.task.request.controls)


def _control(pair: Pair, control: ControlTotal, asked: tuple[Decimal, Decimal], sums: ControlSums) -> Control:
    measure = control.measure
    left, right = (WIDE.add(total, sums.moved[measure, side]) for side, total in enumerate(asked))
    classes = {
        name: [sums.found[measure, name, side] if side in sides else None for side in (LEFT, RIGHT)]
        for name, sides in CLASSES.items()
    }
    rest = [
        WIDE.subtract(total, plus(one[side] or Decimal(0) for name, one in classes.items() if name != "equal"))
        for side, total in enumerate((left, right))
    ]
    adds_up = sums.in_bulk or classes["equal"] == rest
    if sums.in_bulk:
        classes["equal"] = [*rest]
    rules = {column.name: column.rule for column in pair.task.compared}
    if rules[measure].tolerance is None:
        adds_up = adds_up and rest[LEFT] == rest[RIGHT]
    text = _texts([left, right, *(amount for amounts in classes.values() for amount in amounts if amount is not None)])
    return Control(
        measure=measure,
        left=text(left),
        right=text(right),
        difference=text(WIDE.subtract(right, left)),
        within=within(control.tolerance)(left, right),
        adds_up=adds_up,
        row_by_row=not sums.in_bulk,
        classes={
            name: ClassTotal(*(None if amount is None else text(amount) for amount in amounts))
            for name, amounts in classes.items()
        },
    )


def _texts(amounts: Iterable[Decimal]) -> Callable[[Decimal], str]:
    """How to write some amounts so that all have as many decimal places as the one that has most."""
    places = max(
        (-exponent for amount in amounts if isinstance(exponent := amount.as_tuple().exponent, int)), default=0
    )
    return lambda amount: f"{amount:.{max(places, 0)}f}"


def added_up(control: ControlTotal, parts: Sequence[Control]) -> Control:
    """One total from those of its key ranges."""
    left, right = (plus(Decimal(getattr(one, side)) for one in parts) for side in ("left", "right"))
    classes = {
        name: ClassTotal(*(_plus([getattr(one.classes[name], side) for one in parts]) for side in ("left", "right")))
        for name in CLASSES
    }
    return replace(
        parts[0],
        left=f"{left:f}",
        right=f"{right:f}",
        difference=f"{WIDE.subtract(right, left):f}",
        within=within(control.tolerance)(left, right),
        adds_up=all(one.adds_up for one in parts),
        row_by_row=all(one.row_by_row for one in parts),
        classes=classes,
    )


def _plus(amounts: Sequence[str | None]) -> str | None:
    known = [Decimal(amount) for amount in amounts if amount is not None]
    return f"{plus(known):f}" if known else None
