"""A side that is a table or view of a SQLite file, read in one transaction.

SQLite's types are per value, so columns are loose: a decimal that SQLite keeps as a float is read by its shortest text.
"""

import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from tasks.comparison.amounts import times
from tasks.comparison.errors import ConnectionLostError, RequestError, SideError
from tasks.comparison.files.paths import Stamp, stamp_of
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.request import Location
from tasks.comparison.result import Query, Snapshot
from tasks.comparison.side import Raw, Selected, Selection

FETCH = 5_000
KEYS_AT_ONCE = 500
_HIDDEN = 1
"""A column of a virtual table that `select *` leaves out; the marks of generated columns are others."""
_WORDS = (
    ("BOOL", Kind.BOOLEAN),
    ("JSON", Kind.TEXT),
    ("INT", Kind.INTEGER),
    ("CHAR", Kind.TEXT),
    ("CLOB", Kind.TEXT),
    ("TEXT", Kind.TEXT),
    ("DATE", Kind.TEXT),
    ("TIME", Kind.TEXT),
    ("UUID", Kind.TEXT),
    ("BLOB", Kind.BYTES),
    ("REAL", Kind.FLOAT),
    ("FLOA", Kind.FLOAT),
    ("DOUB", Kind.FLOAT),
    ("DEC", Kind.NUMERIC),
    ("NUM", Kind.NUMERIC),
)


def open_location(location: Location, *, seconds: float | None = None) -> "SqliteSide":
    """Opens the relation at a location."""
    if location.relation is None:
        raise RequestError("a SQLite side needs a relation")
    return SqliteSide(location, seconds=seconds)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        said = str(error)
        if "no such" in said or "syntax error" in said:
            raise RequestError(f"{name}: {said}") from error
        if "interrupted" in said or "locked" in said:
            raise ConnectionLostError(f"{name}: {said}") from error
        if "UTF-8" in said:
            raise SideError(f"{name}: text that is not UTF-8") from error
        raise SideError(f"{name}: {said}") from error


class SqliteSide:
    """One relation of one file; `address` is a path or SQLAlchemy's `sqlite:///path`."""

    dialect = "sqlite"

    def __init__(self, location: Location, *, seconds: float | None = None) -> None:
        assert location.relation is not None  # noqa: S101 — open_location refuses it
        self.path = path_of(location.address)
        self.relation = location.relation
        self.name = f"{location.called or self.path.name}#{self.relation}"
        self._limit = seconds
        self._queries: dict[str, list[Any]] = {}
        stamp_of(self.path, location.called or self.path.name)
        with translated(self.name):
            self.connection = sqlite3.connect(
                f"file:{quote(str(self.path))}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            )
        try:
            self._begin()
            self._columns = self._described()
        except BaseException:
            self.connection.close()
            raise

    def _begin(self) -> None:
        with translated(self.name):
            self.connection.execute("begin")
            self.connection.execute("select count(*) from sqlite_master")

    def _described(self) -> tuple[Column, ...]:
        with translated(self.name):
            rows = self.connection.execute(
                'select name, type, "notnull", pk from pragma_table_xinfo(?) where hidden <> ?',
                (self.relation, _HIDDEN),
            )
            found = tuple(
                Column(name, kind_of(declared), declared, not (not_null or key), loose=True)
                for name, declared, not_null, key in rows
            )
        if not found:
            raise RequestError(f"{self.name}: there is no relation {self.relation}")
        return found

    def identity(self) -> str:
        """The file itself, whatever path or link leads there, and the relation in it."""
        found = self.path.stat()
        return f"sqlite:{found.st_dev}:{found.st_ino}:{self.relation.lower()}"

    def columns(self) -> tuple[Column, ...]:
        """The relation's columns."""
        return self._columns

    def column_of(self, expression: str) -> Column:
        """A loose column: SQLite has no types of expressions."""
        try:
            self._all(f"select ({expression}\n) from {quoted(self.relation)} limit 0")  # noqa: S608 — the user's own expression
        except SideError as error:
            if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # of the query, not the file
                raise RequestError(str(error)) from error
            raise
        return Column(expression, Kind.TEXT, "", loose=True)

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """The primary key, then unique indexes whose columns are not null."""
        primary = self._all("select name from pragma_table_info(?) where pk > 0 order by pk", (self.relation,))
        keys = [tuple(name for (name,) in primary)] if primary else []
        indexes = self._all(
            "select name from pragma_index_list(?) where \"unique\" and not partial and origin <> 'pk'",
            (self.relation,),
        )
        filled = {column.name for column in self._columns if not column.nullable}
        for (index,) in indexes:
            names = tuple(name for (name,) in self._all("select name from pragma_index_info(?)", (index,)))
            if set(names) <= filled:
                keys.append(names)
        return tuple(keys)

    def is_row_id(self, name: str) -> bool:
        """Whether a column is the key by which SQLite keeps the rows in order."""
        query = "select name, upper(type) from pragma_table_info(?) where pk > 0"
        return self._all(query, (self.relation,)) == [(name, "INTEGER")]

    def count(self) -> int:
        """How many rows there are."""
        query, began = f"select count(*) from {quoted(self.relation)}", time.monotonic()  # noqa: S608 — the name is quoted
        (rows,) = self._all(query)[0]
        self.note("count", query, time.monotonic() - began, 1)
        return int(rows)

    def note(self, label: str, query: str, seconds: float, rows: int) -> None:
        """Counts a query under its label."""
        noted = self._queries.setdefault(label, [query, 0, 0.0, 0])
        noted[1] += 1
        noted[2] += seconds
        noted[3] += rows

    def stamp(self) -> tuple[Stamp, ...]:
        """What changes when somebody writes to the file or to its log."""
        log = self.path.with_name(f"{self.path.name}-wal")
        return tuple(stamp_of(path) for path in (self.path, log) if path.exists())

    def row_estimate(self) -> int | None:
        """From the statistics, where somebody ran ANALYZE."""
        try:
            rows = self._all("select stat from sqlite_stat1 where tbl = ? limit 1", (self.relation,))
        except RequestError:
            return None
        return int(rows[0][0].split()[0]) if rows else None

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The rows, streamed."""
        yield from self._stream(select(self.relation, selection), (), "rows")

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:
        """The rows of these keys by index, where the key is one integer column."""
        chosen = selection.values[: selection.keys]
        if len(chosen) != 1 or chosen[0].column.kind is not Kind.INTEGER or chosen[0].expression is not None:
            yield from self.rows(selection)
            return
        listed = [key[0] for key in keys]
        for start in range(0, len(listed), KEYS_AT_ONCE):
            part = listed[start : start + KEYS_AT_ONCE]
            wanted = f"{value_sql(chosen[0])} in ({', '.join('?' * len(part))})"
            yield from self._stream(select(self.relation, selection, wanted), part, "rows of keys")

    def totals(self, selection: Selection) -> Iterator[tuple[tuple[Raw, ...], Raw, int]]:
        """Sums by distinct amount, because SQLite adds floats: the engine adds exactly what it reads here."""
        chosen = [*map(value_sql, selection.values)]
        groups = [f"{one} collate binary, typeof({one})" for one in chosen[: selection.keys]]
        by = ", ".join(groups + chosen[selection.keys :])
        values = ", ".join([*chosen, "count(*)"])
        query = select(self.relation, selection, values=values) + (f" group by {by}" if by else "")
        measured = len(chosen) > selection.keys
        for *row, rows in self._stream(query, (), "totals"):
            if rows:
                yield tuple(row[: selection.keys]), _total(row[-1] if measured else 1, rows), rows

    def refresh(self) -> None:
        """Takes a new snapshot."""
        with translated(self.name):
            self.connection.execute("rollback")
        self._begin()

    def snapshot(self) -> Snapshot:
        """The clock of this machine, where SQLite runs, and SQLite's counter of changes."""
        query = "select data_version, strftime('%Y-%m-%dT%H:%M:%fZ', 'now') from pragma_data_version"
        version, taken = self._all(query)[0]
        return Snapshot(self.name, self.dialect, taken, {"bytes": stamp_of(self.path).size, "data_version": version})

    def queries(self) -> tuple[Query, ...]:
        """What was asked so far."""
        noted = self._queries.values()
        return tuple(Query(self.name, text, times, round(took, 6), rows) for text, times, took, rows in noted)

    def cancel(self) -> None:
        """Ends the running statement."""
        with suppress(sqlite3.Error):
            self.connection.interrupt()

    def close(self) -> None:
        """Ends the transaction."""
        self.connection.close()

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with translated(self.name):
            return self.connection.execute(query, values).fetchall()

    def _stream(self, query: str, values: Sequence[Any], label: str) -> Iterator[tuple[Any, ...]]:
        began, read = time.monotonic(), 0
        with translated(self.name):
            cursor = self.connection.execute(query, values)
            while rows := cursor.fetchmany(FETCH):
                read += len(rows)
                yield from rows
        self.note(label, query, time.monotonic() - began, read)


def path_of(address: str) -> Path:
    """The file of an address."""
    scheme, divider, rest = address.partition("://")
    if not divider:
        return Path(address)
    return Path(unquote(rest.removeprefix("/").partition("?")[0])) if scheme.startswith("sqlite") else Path(address)


def kind_of(declared: str) -> Kind:
    """The kind that the words of a declared type suggest; without any, bytes and text are told apart by value."""
    words = declared.upper()
    return next((kind for word, kind in _WORDS if word in words), Kind.TEXT)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def value_sql(one: Selected) -> str:
    """A selected value as SQL."""
    return f"({one.expression}\n)" if one.expression is not None else quoted(one.column.name)


def select(relation: str, selection: Selection, wanted: str = "", *, values: str | None = None) -> str:
    """The query for a selection."""
    chosen = values or ", ".join(map(value_sql, selection.values))
    conditions = [f"({selection.where}\n)"] if selection.where else []
    if selection.start is not None:
        conditions.append(f"{value_sql(selection.values[0])} >= {selection.start}")
    if selection.stop is not None:
        conditions.append(f"{value_sql(selection.values[0])} < {selection.stop}")
    conditions += [wanted] if wanted else []
    query = f"select {chosen} from {quoted(relation)}"  # noqa: S608 — names are quoted, expressions the user's own
    return f"{query} where {' and '.join(conditions)}" if conditions else query


def _total(amount: Raw, rows: int) -> Raw:
    """So many equal amounts together; text that is no number is refused."""
    try:
        return times(amount, rows)
    except InvalidOperation as error:
        raise SideError("a total over text that is no number") from error
