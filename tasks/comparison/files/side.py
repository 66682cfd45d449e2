"""A side that DuckDB reads from files: what Parquet, CSV and JSON Lines have in common."""

import copy
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from tasks.comparison import json_values
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import column, quoted, read_sql
from tasks.comparison.errors import RequestError, SideError
from tasks.comparison.files.paths import Files, named
from tasks.comparison.files.totals import Total, by_duck, by_value
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.result import Query, Snapshot
from tasks.comparison.side import Raw, Selected, Selection


class Format(Protocol):
    """What distinguishes a format: how DuckDB reads it, which columns that gives, and whose fault an error is."""

    dialect: str

    def relation(self, files: Files) -> str:
        """An SQL expression to select from."""

    def columns(self, files: Files, duck: Duck) -> tuple[Column, ...]:
        """Its columns in their own order."""

    def rows_about(self, files: Files, duck: Duck) -> int | None:
        """About how many rows the files have."""

    def diagnose(self, files: Files, error: SideError) -> SideError:
        """The same error, saying more of where it is."""


class FileSide:
    """Files of one format. They have no snapshot: one that changes while it is read is an error."""

    def __init__(self, form: Format, files: Files, where: str | None, *, beside: Duck | None = None) -> None:
        self.format = form
        self.dialect = form.dialect
        self.files = files
        self.name = files.name
        self.where = where
        self.duck = Duck(files.name, beside=beside)
        self.ends_with: list[Callable[[], None]] = []
        """What else a cancelled comparison ends: a server's rows on their way into this DuckDB."""
        try:
            self.relation = form.relation(files)
            self._columns = form.columns(files, self.duck)
        except SideError as error:
            self.duck.close()
            raise named(form.diagnose(files, error), [files]) from error
        except BaseException:
            self.duck.close()
            raise

    def instead(self, files: Files) -> "FileSide":
        """This side over other files of the same columns, in the same DuckDB, which only this side closes."""
        other = copy.copy(self)
        other.files = files
        other.relation = self.format.relation(files)
        return other

    def identity(self) -> str:
        """The files themselves, whatever path or link leads there."""
        found = (path.stat() for path in self.files.paths)
        return "file:" + "|".join(f"{one.st_dev}:{one.st_ino}" for one in found)

    def columns(self) -> tuple[Column, ...]:
        """The columns as the format gives them."""
        return self._columns

    def column_of(self, expression: str) -> Column:
        """The kind of an SQL expression in DuckDB's language."""
        query = f"describe select ({expression}\n) from {self.relation}"  # noqa: S608 — the user's own expression
        return column(expression, self.duck.one(query)[1])

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """None: files declare nothing."""
        return ()

    def row_estimate(self) -> int | None:
        """Not known without reading."""
        return None

    def rows_about(self) -> int | None:
        """About how many rows there are, by what the format knows or by samples: for people, not for plans."""
        try:
            return self.format.rows_about(self.files, self.duck)
        except SideError:
            return None  # and the comparison says why

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The selected values of every row, streamed."""
        return self.read(self.select(selection), selection)

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:
        """The rows whose key is one of some whole numbers, which DuckDB picks while it reads; else all rows."""
        key = selection.values[0].column if selection.keys == 1 else None
        if key is None or key.loose or key.kind is not Kind.INTEGER or selection.values[0].expression or not keys:
            return self.rows(selection)
        listed = ", ".join(str(int(value)) for (value,) in keys)
        return self.read(self.select(selection, f"{value_sql(selection.values[0])} in ({listed})"), selection)

    def read(self, query: str, selection: Selection, duck: Duck | None = None) -> Iterator[tuple[Raw, ...]]:
        """The rows of a query that gives the values of a selection, from this DuckDB or another."""
        documents = [
            place for place, one in enumerate(selection.values) if Kind.JSON in (one.column.kind, one.column.element)
        ]
        try:
            for row in (duck or self.duck).stream(query):
                yield _with_documents(row, documents) if documents else row
        except SideError as error:
            raise self.format.diagnose(self.files, error) from error
        self.files.check()

    def select(self, selection: Selection, *wanted: str) -> str:
        """The query for a selection's values, of the rows that meet some conditions."""
        values = ", ".join(read_sql(value_sql(one), one.column.kind, one.column.declared) for one in selection.values)
        query = f"select {values} from {self.relation}"  # noqa: S608 — names are quoted, expressions the user's own
        conditions = [*conditions_sql(selection), *wanted]
        return f"{query} where {' and '.join(conditions)}" if conditions else query

    def totals(self, selection: Selection) -> Iterator[Total]:
        """Sums by group."""
        conditions = conditions_sql(selection)
        source = f"{self.relation} where {' and '.join(conditions)}" if conditions else self.relation
        return self.added(selection, lambda: by_duck(self.duck, selection, source, value_sql))

    def added(self, selection: Selection, quickly: Callable[[], Iterator[Total] | None]) -> Iterator[Total]:
        """Totals by DuckDB, else from the values of every row."""
        try:
            found = quickly()
        except SideError as error:
            raise self.format.diagnose(self.files, error) from error
        yield from found if found is not None else by_value(self.rows(selection), selection)
        self.files.check()

    def refresh(self) -> None:
        """Accepts the files as they are now."""
        self.files = self.files.again()

    def snapshot(self) -> Snapshot:
        """Number, size and the time of the last change."""
        stamp = datetime.fromtimestamp(self.files.changed / 1e9, UTC).isoformat()
        return Snapshot(self.name, self.dialect, stamp, {"files": len(self.files.paths), "bytes": self.files.bytes})

    def queries(self) -> tuple[Query, ...]:
        """What DuckDB was asked."""
        return self.duck.queries()

    def cancel(self) -> None:
        """Ends the running query, and what feeds it."""
        self.duck.cancel()
        for end in self.ends_with:
            end()

    def close(self) -> None:
        """Leaves no file behind."""
        self.duck.close()


def value_sql(one: Selected) -> str:
    """A selected value as SQL."""
    return f"({one.expression}\n)" if one.expression is not None else quoted(one.column.name)


def conditions_sql(selection: Selection) -> list[str]:
    """The filter and the part of a selection as SQL conditions; the key of a part may be text."""
    conditions = [f"({selection.where}\n)"] if selection.where else []
    if selection.start is None and selection.stop is None:
        return conditions
    key = f"try_cast(cast({value_sql(selection.values[0])} as varchar) as hugeint)"
    if selection.start is not None:
        conditions.append(f"{key} >= {selection.start}")
    if selection.stop is not None:
        conditions.append(f"{key} < {selection.stop}")
    return conditions


def refuse_a_relation(relation: str | None) -> None:
    """Files are their own relation."""
    if relation is not None:
        raise RequestError(f"files have no relation {relation} in them")


def refuse_like_names(file: str, names: Iterable[str]) -> None:
    """Refuses names that differ only by the case of ASCII: DuckDB gives one of two such columns another name."""
    seen: dict[bytes, str] = {}
    for name in names:
        if (like := name.encode().lower()) in seen:
            raise SideError(f"{file}: SQL does not tell the columns {seen[like]} and {name} apart: rename one of them")
        seen[like] = name


def _with_documents(row: tuple[Raw, ...], places: list[int]) -> tuple[Raw, ...]:
    values = list(row)
    for place in places:
        values[place] = _document(values[place])
    return tuple(values)


def _document(raw: Raw) -> Raw:
    if isinstance(raw, list):
        return [_document(one) for one in raw]
    return json_values.loaded(raw) if isinstance(raw, str) else raw
