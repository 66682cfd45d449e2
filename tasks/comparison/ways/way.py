"""The protocol of a way: it reads two sides and tells a tally what it found."""

from dataclasses import dataclass
from typing import Protocol

from tasks.comparison.resolve import Task
from tasks.comparison.result import Bits, Plan
from tasks.comparison.side import Side
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch


@dataclass(frozen=True, slots=True)
class Pair:
    """The two opened sides of a task."""

    task: Task
    left: Side
    right: Side


class Way(Protocol):
    """One way to compare; `unfit` says in words why it cannot take a pair, or `None` when it can."""

    names: tuple[str, ...]
    """What a plan may call it, and a request may ask for."""

    def unfit(self, pair: Pair) -> str | None:
        """Why not, for the plan of the way that is taken instead."""

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Counts every row of both sides."""
