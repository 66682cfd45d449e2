"""What a server is asked for in the place of a row: one hash, and a number for each value with a tolerance."""

from dataclasses import dataclass
from functools import cached_property

from tasks.comparison.postgres.hashes import Hashing
from tasks.comparison.postgres.tolerated import Tolerated
from tasks.comparison.resolve import Task
from tasks.comparison.side import Selection


@dataclass(frozen=True)
class Digesting:
    """The SQL of one task's digests; `selection` is that of either side."""

    hashing: Hashing
    task: Task

    @cached_property
    def tolerated(self) -> tuple[Tolerated, ...]:
        """The values with a tolerance."""
        values = enumerate(self.task.values)
        return tuple(Tolerated(place, column) for place, column in values if column.rule.tolerance is not None)

    def whole(self, selection: Selection) -> str:
        """The hash of all values: equal only where nothing differs at all, within a tolerance or not."""
        return self.hashing.row(self.task.compared, selection.values)

    def digest(self, selection: Selection) -> list[str]:
        """A row's hash, blind to values that may be close to others; after it those values as numbers."""
        key = self.hashing.row(self.task.key, selection.values[: selection.keys])
        values = self.columns(selection)
        hashes, numbers = values[: len(self.task.values)], values[len(self.task.values) :]
        return [" # ".join([key, *hashes]), *numbers]

    def columns(self, selection: Selection) -> list[str]:
        """A hash for each value, then the numbers."""
        chosen = selection.values[selection.keys :]
        hashes = [
            self.hashing.value(place, column, one)
            for place, (column, one) in enumerate(zip(self.task.values, chosen, strict=True), start=selection.keys)
        ]
        for one in self.tolerated:
            plain = one.plain_sql(chosen[one.place])
            hashes[one.place] = self.hashing.unless(plain, one.place, hashes[one.place])
        return hashes + [one.number_sql(chosen[one.place]) for one in self.tolerated]
