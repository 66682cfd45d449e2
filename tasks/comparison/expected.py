"""About how many rows a comparison reads, for who watches it."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from tasks.comparison.side import Side
from tasks.comparison.watch import Watch


@runtime_checkable
class Sampled(Protocol):
    """A side that has no estimate of its own and can make one."""

    def rows_about(self) -> int | None:
        """About how many rows it has."""


def expected(sides: Sequence[Side], watch: Watch) -> int | None:
    """About how many rows all sides have together; `None` where one does not know, or nobody listens."""
    if not watch.is_heard:
        return None
    found = [side.rows_about() if isinstance(side, Sampled) else side.row_estimate() for side in sides]
    return sum(one for one in found if one is not None) if None not in found else None
