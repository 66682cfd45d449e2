"""The protocol of a *side*: anything that has named columns and rows. A new database is one module that meets it."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from tasks.comparison.kinds import Column, Kind
from tasks.comparison.result import Query, Snapshot

Raw = Any
"""A value as a side gives it: None, bool, int, Decimal, float, str, bytes, datetime, date, time, timedelta, UUID, list
or dict. ISO text is understood for every kind but JSON, so a driver that cannot hold a value (year 10,000) gives it."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One value of every row to be read: a column of the side, or an expression in its language."""

    name: str
    column: Column
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which values of which rows: `keys` is the number of leading values that are the key."""

    values: tuple[Selected, ...]
    keys: int
    where: str | None = None
    start: int | None = None
    stop: int | None = None
    ranged: Selected | None = None
    """The key that lies from `start` to below `stop`, where it is not the first value; only to `Cuttable` sides."""

    @property
    def bounded(self) -> Selected:
        """The key that `start` and `stop` are about."""
        return self.ranged or self.values[0]


class Side(Protocol):
    """One opened side. It is read in one snapshot, or says `ChangedError` when it has none and changes.

    Everything but `cancel` is called from one thread.
    """

    @property
    def name(self) -> str:
        """Where it is, without credentials."""

    @property
    def dialect(self) -> str:
        """The registered name of its kind, `postgresql`."""

    def identity(self) -> str:
        """Equal for two sides if and only if they read the same object."""

    def columns(self) -> tuple[Column, ...]:
        """Its columns in their own order."""

    def column_of(self, expression: str) -> Column:
        """The kind of an expression in its language, or `RequestError` where it has none."""

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """Sets of columns that are unique by constraint; the primary key first."""

    def row_estimate(self) -> int | None:
        """About how many rows it has, if that is known without reading them."""

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The rows in any order, streamed: never the whole side in memory."""

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:
        """The rows whose key is one of `keys`, as raw key values that `rows` gave; may give others too."""

    def refresh(self) -> None:
        """Leaves the snapshot and takes a new one, for the second look."""

    def snapshot(self) -> Snapshot:
        """What is being read, and how fresh it is."""

    def queries(self) -> tuple[Query, ...]:
        """What it was asked so far."""

    def cancel(self) -> None:
        """Ends the running query, on the server too; from any thread, more than once."""

    def close(self) -> None:
        """Leaves nothing behind: no session, no query, no file."""


@runtime_checkable
class Totalling(Protocol):
    """A side that can sum by group itself."""

    def totals(self, selection: Selection) -> Iterator[tuple[tuple[Raw, ...], Raw, int]]:
        """For each distinct key of `selection`: the key, the exact sum of the one value after it, the number of rows.

        Without a value after the key the sum is the number of rows. Without a key all rows are one group, none where
        there are none. Nulls add nothing.
        """


@dataclass(frozen=True, slots=True)
class KeySample:
    """Some keys of a side, its first and last among them where it knows them; and whether it has rows without one."""

    keys: tuple[int, ...]
    has_nulls: bool


@runtime_checkable
class Cuttable(Protocol):
    """A side that can say how its integer keys are spread without reading them all.

    It knows `Selection.ranged` too.
    """

    def key_sample(self, selection: Selection) -> KeySample:
        """A sample of the one key of `selection`, spread as the rows are."""


@runtime_checkable
class Nameless(Protocol):
    """A side that has no columns of its own where it has no rows."""

    def columns(self) -> tuple[Column, ...]:
        """Its columns; none where nothing names one."""

    def take_names(self, names: Iterable[str]) -> None:
        """Has columns of these names, which are those of the other side."""


@runtime_checkable
class Provable(Protocol):
    """A side whose reader takes more than its format allows."""

    def prove(self, told: Callable[[float], None]) -> None:
        """Raises `SideError` where it is not what its format says.

        `told` hears now and then which share of it was looked at, and may stop it.
        """


@runtime_checkable
class Discoverable(Protocol):
    """A side whose columns are the names that its rows happen to have, of which the first rows are read to open it."""

    def discover(self) -> bool:
        """Learns the names of all rows; whether there are more columns now."""

    def refuse_late_columns(self) -> None:
        """Raises `LateColumnsError` where a row has a name that is no column yet."""


__all__ = [
    "Column",
    "Cuttable",
    "Discoverable",
    "KeySample",
    "Kind",
    "Provable",
    "Raw",
    "Selected",
    "Selection",
    "Side",
    "Totalling",
]
