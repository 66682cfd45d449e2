"""Columns that only rows tell of: sides whose rows name them are asked for all, where the first rows lack one."""

from collections.abc import Iterable

from checks.evidence.agreement import ALL
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
    return task_of(request, left, right) if _takes_all(task) and discover(lacking) else task


def discover(sides: Iterable[Side]) -> bool:
    """Has all columns of sides that learn them from their rows; whether there are more now."""
    found = [side.discover() for side in sides if isinstance(side, Discoverable)]
    return any(found)


def refuse_late_columns(task: Task, sides: Iterable[Side]) -> None:
    """Raises `LateColumnsError` where all columns are compared and rows have one that nobody knew of."""
    for side in sides:
        if _takes_all(task) and isinstance(side, Discoverable):
            side.refuse_late_columns()


def _takes_all(task: Task) -> bool:
    return task.coverage.columns_from == ALL
