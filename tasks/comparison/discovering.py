"""Columns that only rows tell of: sides whose rows name them are asked for all, where the first rows lack one."""

from collections.abc import Iterable

from tasks.comparison.errors import RequestError
from tasks.comparison.filters import check_filters
from tasks.comparison.request import Comparison
from tasks.comparison.resolve import Task, resolve
from tasks.comparison.side import Discoverable, Side


def task_of(request: Comparison, left: Side, right: Side) -> Task:
    """What is to be compared; a column that seems to be missing is looked for in all rows of a side first."""
    try:
        check_filters(request, left, right)
        task = resolve(request, left, right)
    except RequestError:
        if discover((left, right)):
            return task_of(request, left, right)
        raise
    lacking = [side for side, only in ((left, task.coverage.right_only), (right, task.coverage.left_only)) if only]
    return task_of(request, left, right) if discover(lacking) else task


def discover(sides: Iterable[Side]) -> bool:
    """Has all columns of sides that learn them from their rows; whether there are more now."""
    found = [side.discover() for side in sides if isinstance(side, Discoverable)]
    return any(found)


def refuse_late_columns(sides: Iterable[Side]) -> None:
    """Raises `LateColumnsError` where rows have columns that are not compared, since nobody knew of them."""
    for side in sides:
        if isinstance(side, Discoverable):
            side.refuse_late_columns()
