"""A side that is a list of rows in memory: for callers that hold rows already, and for tests."""

from collections.abc import Collection, Iterable, Iterator

from tasks.comparison.errors import RequestError
from tasks.comparison.kinds import Column
from tasks.comparison.result import Query, Snapshot
from tasks.comparison.side import Raw, Selection


class MemorySide:
    """Rows in the order of `columns`; only columns can be selected, no expressions and no filter."""

    dialect = "memory"

    def __init__(
        self, name: str, columns: Iterable[Column], rows: Iterable[tuple[Raw, ...]], *, unique: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self._columns = tuple(columns)
        self._rows = list(rows)
        self._unique = (unique,) if unique else ()

    def identity(self) -> str:
        """Two sides are the same object only if they are one Python object."""
        return f"memory:{id(self)}"

    def columns(self) -> tuple[Column, ...]:
        """The columns as given."""
        return self._columns

    def column_of(self, expression: str) -> Column:
        """Refused: rows in memory know no expressions."""
        raise RequestError(f"{self.name} has no column {expression}, and rows in memory know no expressions")

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """The key as given."""
        return self._unique

    def row_estimate(self) -> int | None:
        """How many rows there are."""
        return len(self._rows)

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The selected values of every row."""
        if selection.where is not None:
            raise RequestError("rows in memory know no filters")
        names = [column.name for column in self._columns]
        places = [names.index(one.column.name) for one in selection.values]
        for row in self._rows:
            if in_part(row[places[0]] if places else None, selection):
                yield tuple(row[place] for place in places)

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:  # noqa: ARG002 — others may come too
        """All rows: the caller picks."""
        return self.rows(selection)

    def refresh(self) -> None:
        """Nothing to do: memory is always new."""

    def snapshot(self) -> Snapshot:
        """Nothing is known of its age."""
        return Snapshot(self.name, self.dialect)

    def queries(self) -> tuple[Query, ...]:
        """None."""
        return ()

    def cancel(self) -> None:
        """Nothing runs elsewhere."""

    def close(self) -> None:
        """Nothing to leave."""


def in_part(key: Raw, selection: Selection) -> bool:
    """Whether a row's first key value lies in the selection's range."""
    if selection.start is not None and not (key is not None and int(key) >= selection.start):
        return False
    return selection.stop is None or (key is not None and int(key) < selection.stop)
