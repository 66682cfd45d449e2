"""The counts of a comparison while it runs: whatever way reads the rows tells its findings here."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

from tasks.comparison.canonical import Canonical, shown
from tasks.comparison.control_sums import ControlSums, Sums
from tasks.comparison.errors import CountsError
from tasks.comparison.matching import pairs_of
from tasks.comparison.pairing import Paired, Pairs, Values
from tasks.comparison.redaction import REDACTED
from tasks.comparison.resolve import Compared, Task
from tasks.comparison.result import ColumnDifference, Difference, Rows, Shown

Key = tuple[Canonical, ...]
Division = tuple[Key, Hashable]
"""A key, and which of its rows can be paired with each other."""
LEFT, RIGHT = 0, 1


@dataclass(frozen=True, slots=True)
class Counts:
    """What one key, or any other part of the rows, adds to the counts; `lines` where several rows stand for one."""

    left: int = 0
    right: int = 0
    matched: int = 0
    missing: int = 0
    extra: int = 0
    changed: int = 0
    duplicate_left: int = 0
    duplicate_right: int = 0
    lines_left: int = 0
    lines_right: int = 0

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
            duplicate_left=0 if paired.items else max(paired.lefts - 1, 0),
            duplicate_right=0 if paired.items else max(paired.rights - 1, 0),
            lines_left=paired.lines[LEFT],
            lines_right=paired.lines[RIGHT],
        )

    @property
    def differing(self) -> int:
        """Rows that have no equal on the other side."""
        return self.missing + self.extra + self.changed


@dataclass(frozen=True, slots=True)
class Open:
    """What a division that differs added at the first look, so that the second one can replace it."""

    counts: Counts
    columns: tuple[str, ...]
    sums: Sums


@dataclass(slots=True)
class Tally:
    """Counts, samples and the keys to look at again; every count may be told one by one or in bulk."""

    task: Task
    counts: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    columns_seen: int = 0
    """Changed pairs whose columns were counted; fewer than the changed ones means that columns are an estimate."""
    samples: dict[str, list[tuple[Key, Difference]]] = field(default_factory=dict)
    """By class, each with its key as it is: what is shown of that may be redacted."""
    null_left: int = 0
    null_right: int = 0
    open: dict[Division, Open] = field(default_factory=dict)
    pairs: Pairs = field(init=False)
    sums: ControlSums = field(init=False)

    def __post_init__(self) -> None:
        self.pairs = pairs_of(self.task)
        self.sums = ControlSums(self.task)

    @property
    def needs_values(self) -> bool:
        """Whether every row that differs must be told by its values and never in bulk."""
        return bool(self.task.request.controls)

    def add(self, counts: Counts) -> None:
        """Adds counts in bulk, of rows whose values nobody knows."""
        if self.needs_values and counts.differing:
            raise CountsError(f"{counts.differing} rows differ whose amounts nobody added up")
        self.sums.in_bulk = self.sums.in_bulk or counts.left > 0
        self._add(counts)

    def _add(self, counts: Counts, sign: int = 1) -> None:
        for name in Counts.__slots__:
            self.counts[name] += sign * getattr(counts, name)

    def meet(self, key: Key, lefts: Sequence[Values], rights: Sequence[Values]) -> None:
        """Pairs the rows of one division of a key, and adds what is found, with samples."""
        paired = self.pairs.pair(lefts, rights)
        counts, sums = Counts.of(paired), self.sums.of(key, paired, (lefts, rights))
        self._add(counts)
        self.sums.add(sums)
        self.tell_columns([places for _, _, places in paired.changed])
        if paired.differs:
            self._keep_open(key, Open(counts, self._changed_columns(paired), sums), [*lefts, *rights])
        self._sample(key, paired, counts)

    def meet_nobody(self, side: int, key: Key, values: Values) -> None:
        """Adds a row that cannot be paired because its key is null: on the left missing, on the right extra."""
        self._add(Counts(left=1, missing=1) if side == LEFT else Counts(right=1, extra=1))
        self.sums.add(self.sums.of_unkeyed(side, key, values))
        self.null_left += side == LEFT
        self.null_right += side == RIGHT
        kind, rows = ("null_key_left", (values, None)) if side == LEFT else ("null_key_right", (None, values))
        self.sample(kind, key, *rows)

    def meet_again(self, division: Division, pairs: Pairs, lefts: list[Values], rights: list[Values]) -> int:
        """Replaces what the first look found of a division by what the second one did; how many rows were in flight."""
        before, (key, _) = self.open[division], division
        paired = pairs.pair(lefts, rights)
        counts, sums = Counts.of(paired), self.sums.of(key, paired, (lefts, rights))
        self._add(before.counts, sign=-1)
        self._add(counts)
        self.sums.replace(before.sums, sums)
        self.columns.subtract(before.columns)
        self.columns_seen -= before.counts.changed if before.columns else 0
        self.tell_columns([places for _, _, places in paired.changed])
        if paired.differs:
            self._sample(key, paired, counts)
        return max(0, before.counts.differing - counts.differing) if paired.items else int(not paired.differs)

    def _changed_columns(self, paired: Paired) -> tuple[str, ...]:
        return tuple(self.task.values[place].name for _, _, places in paired.changed for place in places)

    def tell_columns(self, changed: list[tuple[int, ...]]) -> None:
        """Counts the differing places of changed pairs."""
        self.columns_seen += len(changed)
        for places in changed:
            self.columns.update(self.task.values[place].name for place in places)

    def _keep_open(self, key: Key, found: Open, rows: list[Values]) -> None:
        """Remembers a differing key for the second look, up to its cap."""
        look = self.task.request.second_look
        if look is not None and len(self.open) < look.keys and None not in key:
            self.open[key, self.pairs.division(rows[0])] = found

    def wants(self, kind: str) -> bool:
        """Whether there is room for another sample of a class."""
        return len(self.samples.get(kind, ())) < self.task.request.samples.each

    def _sample(self, key: Key, paired: Paired, counts: Counts) -> None:
        for kind, left, right, places in _samples(paired):
            self.sample(kind, key, left, right, places)
        for kind in ("duplicate_left", "duplicate_right"):
            if getattr(counts, kind):
                self.sample(kind, key, None, None)

    def forget_open_samples(self) -> list[Key]:
        """The open keys. Their samples are dropped: the second look takes new ones of those that still differ."""
        opened = {key: None for key, _ in self.open}
        for kind, samples in self.samples.items():
            self.samples[kind] = [(key, one) for key, one in samples if key not in opened]
        return list(opened)

    def sample(
        self, kind: str, key: Key, left: Values | None, right: Values | None, places: tuple[int, ...] = ()
    ) -> None:
        """Keeps one row for show, if there is room."""
        if not self.wants(kind):
            return
        names = tuple(self.task.values[place].name for place in places)
        found = Difference(kind, self._shown(self.task.key, key), self._row(left), self._row(right), names)
        self.samples.setdefault(kind, []).append((key, found))

    def _row(self, values: Values | None) -> dict[str, Shown] | None:
        return None if values is None else self._shown(self.task.values, values)

    def _shown(self, columns: tuple[Compared, ...], values: Values) -> dict[str, Shown]:
        return {
            column.name: REDACTED if column.name in self.task.hidden else shown(value, column.kind)
            for column, value in zip(columns, values, strict=True)
        }

    def rows(self, in_flight: int = 0) -> Rows:
        """The counts as evidence; refuses counts that contradict each other."""
        rows = Rows(**{name: self.counts[name] for name in Rows.__slots__ if name != "in_flight"}, in_flight=in_flight)
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


def _samples(paired: Paired) -> Iterator[tuple[str, Values | None, Values | None, tuple[int, ...]]]:
    """Every row of one key that differs, by its class."""
    for left, right, places in paired.changed:
        yield "changed", left, right, places
    for left in paired.missing:
        yield "missing", left, None, ()
    for right in paired.extra:
        yield "extra", None, right, ()


__all__ = ["Counts", "Key", "Tally"]
