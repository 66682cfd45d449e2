"""The counts of a comparison while it runs: whatever way reads the rows tells its findings here."""

from collections import Counter
from dataclasses import dataclass, field

from tasks.comparison.canonical import Canonical, shown
from tasks.comparison.errors import CountsError
from tasks.comparison.pairing import Paired, Values
from tasks.comparison.resolve import Compared, Task
from tasks.comparison.result import ColumnDifference, Difference, Rows, Shown

Key = tuple[Canonical, ...]
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class Counts:
    """What one key, or any other part of the rows, adds to the counts."""

    left: int = 0
    right: int = 0
    matched: int = 0
    missing: int = 0
    extra: int = 0
    changed: int = 0
    duplicate_left: int = 0
    duplicate_right: int = 0

    @classmethod
    def of(cls, paired: Paired) -> "Counts":
        """The counts of one key."""
        return cls(
            left=paired.lefts,
            right=paired.rights,
            matched=paired.lefts - len(paired.missing),
            missing=len(paired.missing),
            extra=len(paired.extra),
            changed=len(paired.changed),
            duplicate_left=max(paired.lefts - 1, 0),
            duplicate_right=max(paired.rights - 1, 0),
        )


@dataclass(slots=True)
class Tally:
    """Counts, samples and the keys to look at again; every count may be told one by one or in bulk."""

    task: Task
    counts: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    columns_seen: int = 0
    """Changed pairs whose columns were counted; fewer than the changed ones means that columns are an estimate."""
    samples: dict[str, list[Difference]] = field(default_factory=dict)
    null_left: int = 0
    null_right: int = 0
    open: dict[Key, tuple[Counts, tuple[str, ...]]] = field(default_factory=dict)
    """Keys that differ, for the second look: their counts and the changed columns as counted."""

    def add(self, counts: Counts, sign: int = 1) -> None:
        """Adds counts in bulk."""
        for name in Counts.__slots__:
            self.counts[name] += sign * getattr(counts, name)

    def tell(self, key: Key, paired: Paired) -> None:
        """Adds the findings of one key, with samples."""
        counts = Counts.of(paired)
        self.add(counts)
        self.tell_columns([places for _, _, places in paired.changed])
        if paired.differs:
            names = tuple(self.task.values[place].name for _, _, places in paired.changed for place in places)
            self.keep_open(key, counts, names)
        self._sample(key, paired, counts)

    def tell_columns(self, changed: list[tuple[int, ...]]) -> None:
        """Counts the differing places of changed pairs."""
        self.columns_seen += len(changed)
        for places in changed:
            self.columns.update(self.task.values[place].name for place in places)

    def keep_open(self, key: Key, counts: Counts, columns: tuple[str, ...]) -> None:
        """Remembers a differing key for the second look, up to its cap."""
        look = self.task.request.second_look
        if look is not None and len(self.open) < look.keys and None not in key:
            self.open[key] = (counts, columns)

    def wants(self, kind: str) -> bool:
        """Whether there is room for another sample of a class."""
        return len(self.samples.get(kind, ())) < self.task.request.samples.each

    def _sample(self, key: Key, paired: Paired, counts: Counts) -> None:
        for left, right, places in paired.changed:
            self.sample("changed", key, left, right, places)
        for left in paired.missing:
            self.sample("missing", key, left, None)
        for right in paired.extra:
            self.sample("extra", key, None, right)
        if counts.duplicate_left:
            self.sample("duplicate_left", key, None, None)
        if counts.duplicate_right:
            self.sample("duplicate_right", key, None, None)

    def sample(
        self, kind: str, key: Key, left: Values | None, right: Values | None, places: tuple[int, ...] = ()
    ) -> None:
        """Keeps one row for show, if there is room."""
        if not self.wants(kind):
            return
        names = tuple(self.task.values[place].name for place in places)
        found = Difference(kind, self._shown(self.task.key, key), self._row(left), self._row(right), names)
        self.samples.setdefault(kind, []).append(found)

    def shown_key(self, key: Key) -> dict[str, Shown]:
        """The key as samples show it."""
        return self._shown(self.task.key, key)

    def _row(self, values: Values | None) -> dict[str, Shown] | None:
        return None if values is None else self._shown(self.task.values, values)

    def _shown(self, columns: tuple[Compared, ...], values: Values) -> dict[str, Shown]:
        redact = self.task.request.samples.redact
        hidden = {column.name for column in columns if column.name in redact}
        if "*" in redact and columns is self.task.values:
            hidden = {column.name for column in columns}
        return {
            column.name: REDACTED if column.name in hidden else shown(value, column.kind)
            for column, value in zip(columns, values, strict=True)
        }

    def rows(self, in_flight: int = 0) -> Rows:
        """The counts as evidence; refuses counts that contradict each other."""
        rows = Rows(**{name: self.counts[name] for name in Counts.__slots__}, in_flight=in_flight)
        if rows.matched + rows.missing != rows.left or rows.matched + rows.extra != rows.right:
            raise CountsError(f"the counts contradict each other: {rows}")
        if rows.changed > rows.matched or min(self.counts.values(), default=0) < 0:
            raise CountsError(f"the counts contradict each other: {rows}")
        return rows

    def column_differences(self) -> dict[str, ColumnDifference]:
        """Changed rows by column: as counted, or scaled up where only the first were looked at."""
        changed = self.counts["changed"]
        exact = self.columns_seen >= changed
        scale = 1 if exact or not self.columns_seen else changed / self.columns_seen
        return {
            value.name: ColumnDifference(round(self.columns[value.name] * scale), exact, value.kind.value)
            for value in self.task.values
        }


__all__ = ["Counts", "Key", "Tally"]
