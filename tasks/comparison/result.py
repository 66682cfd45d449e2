"""What a comparison found, in the shape that evidence and reports read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from checks.evidence.agreement import agree, nothing_compared

GROUP = "group"
"""What a key comes from where it is none: the name of a group of items; or `WHOLE`, all that is compared."""
Shown = str | int | float | bool | None
"""A value as a report shows it; decimals, instants and bytes are text, so nothing is rounded on the way."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Counts of rows.

    Rows are paired one to one by key: `matched` pairs, of which `changed` differ; `missing` are on the left only and
    `extra` on the right only. A key that repeats pairs as often as both sides have it; `duplicate_left` and
    `duplicate_right` count its rows past the first. `in_flight` differed at first and agreed at the second look.
    """

    left: int = 0
    right: int = 0
    matched: int = 0
    missing: int = 0
    extra: int = 0
    changed: int = 0
    duplicate_left: int = 0
    duplicate_right: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class ColumnDifference:
    """How many matched rows differ in one column; `exact` is false for an estimate from the first changed rows."""

    changed: int
    exact: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Group:
    """One group whose totals were compared; amounts are decimals as text, `None` where the group has no rows.

    `in_flight` says that they were apart at first and agreed at the second look, whose totals these are.
    """

    group: Mapping[str, Shown]
    measure: str
    left: str | None
    right: str | None
    difference: str
    rows_left: int
    rows_right: int
    within: bool
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class ClassTotal:
    """The total of one class of rows on each side, `None` on the side that has none of it."""

    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class Control:
    """The total of a column on both sides and of each class of rows, as decimals in text.

    The classes are `equal`, `changed`, `missing`, `extra` and `unkeyed`; `adds_up` says that they come to both totals
    to the last digit. Where not every row was read, the sum of the equal ones is the rest of the side's own total, and
    adding up means that this is the same on both sides; else each class was added up `row_by_row`.
    """

    measure: str
    left: str
    right: str
    difference: str
    within: bool
    adds_up: bool
    row_by_row: bool
    classes: Mapping[str, ClassTotal]


@dataclass(frozen=True, slots=True)
class Difference:
    """One sample: its class, its key, both rows as far as they exist, and the columns that differ."""

    kind: str
    """missing, extra, changed, duplicate_left, duplicate_right, null_key_left or null_key_right."""
    key: Mapping[str, Shown]
    left: Mapping[str, Shown] | None
    right: Mapping[str, Shown] | None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was compared and what was not, so that nobody reads more into the counts than is there."""

    key: tuple[str, ...]
    key_from: str
    """given, primary key, unique index, sampled; or group or whole row, which are no keys."""
    columns: tuple[str, ...]
    columns_from: str
    """named by the request, needed to pair rows, or all that both sides have; only then must they have the same."""
    ignored: tuple[str, ...]
    left_out: tuple[str, ...]
    """Columns that both sides have and nobody ignored, which were not compared."""
    left_only: tuple[str, ...]
    right_only: tuple[str, ...]
    """Columns of one side that nobody ignored and that no column or mapping of the other side stands for."""
    left_filter: str | None
    right_filter: str | None
    null_keys_left: int = 0
    null_keys_right: int = 0
    groups: int = 0
    """Groups that either side has."""
    groups_left: int = 0
    groups_right: int = 0
    differed: int = 0
    """Rows that were missing, extra or changed at the first look."""
    looked_again: int = 0
    """Keys that were read again at the second look; fewer than differed where the request bounds them."""
    lines_left: int = 0
    lines_right: int = 0
    """Rows that were read, where several of them are counted as one because they stand for one."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """In words, by which rule each column was compared that has one."""
    mapped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What stands for a column on the left and on the right, where that is not the column of its name."""
    matching: Mapping[str, Shown] = field(default_factory=dict)
    """How rows were paired if not one to one by key, and what was seen on the way."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The way that was taken, and why."""

    way: str
    because: str
    probed_rows: int = 0
    probed_share: float | None = None


@dataclass(frozen=True, slots=True)
class Bits:
    """How sure equality is: hashes of so many bits, and the chance that any difference hid behind them."""

    bits: int | None
    chance: float

    @property
    def exact(self) -> bool:
        """Whether values were compared, not hashes."""
        return self.bits is None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one side that was read, in the side's own terms: what it is, when it was taken, how fresh it was."""

    name: str
    dialect: str
    taken_at: str | None = None
    facts: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """One kind of query that a side was asked: the text of the first one, how many there were, what they took."""

    side: str
    text: str
    times: int
    seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """Everything a comparison found. Whether that is good is not judged here: two empty sides give only zeros."""

    rows: Rows
    columns: Mapping[str, ColumnDifference]
    groups: tuple[Group, ...]
    controls: tuple[Control, ...]
    samples: tuple[Difference, ...]
    coverage: Coverage
    plan: Plan
    bits: Bits
    snapshots: Mapping[str, Snapshot]
    queries: tuple[Query, ...]

    @property
    def nothing_compared(self) -> bool:
        """Whether there was not one row on either side."""
        return nothing_compared(self._judged())

    @property
    def equal(self) -> bool:
        """Whether columns, rows, groups and control totals agree; false when nothing was compared."""
        return agree(self._judged())

    def _judged(self) -> dict[str, Any]:
        """The result without what says nothing of whether the sides agree."""
        return replace(self, samples=(), queries=()).to_json()

    def to_json(self) -> dict[str, Any]:
        """The result as plain values, key by key as the fields are named here."""
        return asdict(self)
