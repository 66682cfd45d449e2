"""Feeds DuckDB from PostgreSQL in columns, by binary COPY through ADBC, in the snapshot of the side itself."""

import re
from contextlib import suppress
from typing import Any

import adbc_driver_postgresql.dbapi as adbc  # type: ignore[import-untyped]

from tasks.comparison.duck.forms import Held, Style, UnfitError
from tasks.comparison.kinds import Kind
from tasks.comparison.postgres.session import TEXTS
from tasks.comparison.side import Selected, Selection, Side
from tasks.comparison.sides.postgresql import PostgresSide, conditions_sql, double_sql, value_sql

TYPES = {
    Kind.BOOLEAN: "BOOLEAN",
    Kind.INTEGER: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.BYTES: "BLOB",
    Kind.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    Kind.LOCAL_TIMESTAMP: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.TIME: "TIME",
}
_SENT_AS = {Kind.INTEGER: "int8", Kind.NUMERIC: "numeric::text", Kind.TEXT: "text", Kind.UUID: "text"}
"""What ADBC does not bring whole as it is: an object id has a sign there, and numbers have words of their own."""
_BEFORE_ALL = "'4714-01-01 (BC)'"
"""PostgreSQL has no day so early. ADBC counts from 1970 instead of 2000, and what becomes too late is there again."""
_STAMPS = ("epoch_us({})", "-9222425352054775809", "-9222425352054775808")
_INFINITE = {
    Kind.DATE: ("{}", "'5877612-06-21 (BC)'", "'5877612-06-22 (BC)'"),
    Kind.TIMESTAMP: _STAMPS,
    Kind.LOCAL_TIMESTAMP: _STAMPS,
}
"""What infinity and its opposite come as."""
_BOUNDED = re.compile(r"numeric\((\d+),(\d+)\)")


def feed(side: Side, selection: Selection) -> "PostgresFeed":
    """The feed of a PostgreSQL side."""
    assert isinstance(side, PostgresSide)  # noqa: S101 — chosen by dialect
    return PostgresFeed(side, selection)


class PostgresFeed:
    """Two readers over two ranges of a unique integer key, else one over all rows."""

    def __init__(self, side: PostgresSide, selection: Selection) -> None:
        self._side = side
        self._selection = selection
        self._opened: list[Any] = []

    def held(self) -> tuple[Held, ...]:
        """Native types; numerics and UUIDs are text on the way."""
        return tuple(_held(place, one) for place, one in enumerate(self._selection.values))

    def readers(self) -> list[Any]:
        """One reader for each range, each on a session of its own."""
        snapshot, limit = self._side.session.one("select pg_export_snapshot(), current_setting('statement_timeout')")
        values = ", ".join(f"{_sent(one)} as c{place}" for place, one in enumerate(self._selection.values))
        found = []
        for condition in self._ranges():
            conditions = [*conditions_sql(self._selection), *condition]
            where = f" where {' and '.join(conditions)}" if conditions else ""
            cursor = self._session(snapshot, limit).cursor()
            self._opened.append(cursor)
            cursor.execute(f"select {values} from {self._side.relation.sql}{where}")  # noqa: S608 — names are quoted
            found.append(cursor.fetch_record_batch())
        return found

    def _session(self, snapshot: str, limit: str) -> Any:
        connection = adbc.connect(self._side.session.address, autocommit=False)
        self._opened.append(connection)
        with connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read read only")
            cursor.execute(f"set transaction snapshot '{snapshot}'")
            for name, value in TEXTS.items():
                cursor.execute(f"set {name} = '{value}'")
            cursor.execute(f"set statement_timeout = '{limit}'")
        return connection

    def _ranges(self) -> list[list[str]]:
        first = self._selection.values[0]
        if self._selection.keys != 1 or (first.column.name,) not in self._side.unique_keys():
            return [[]]
        if first.column.kind is not Kind.INTEGER or first.expression is not None:
            return [[]]
        key = value_sql(first)
        query = f"select (min({key})::numeric + max({key})) / 2 from {self._side.relation.sql}"  # noqa: S608 — quoted
        (middle,) = self._side.session.one(query)
        return [[]] if middle is None else [[f"{key} <= {middle}"], [f"{key} > {middle}"]]

    def cancel(self) -> None:
        """Ends the running queries."""
        for one in self._opened:
            with suppress(adbc.Error):
                one.adbc_cancel()

    def close(self) -> None:
        """Ends the sessions."""
        for one in reversed(self._opened):
            with suppress(adbc.Error):
                one.close()
        self._opened.clear()


def _sent(one: Selected) -> str:
    """A value as SQL in a type that ADBC brings whole."""
    kind = one.column.kind
    if kind is Kind.FLOAT:
        return double_sql(one)
    return f"{value_sql(one)}::{_SENT_AS[kind]}" if kind in _SENT_AS else value_sql(one)


def _held(place: int, one: Selected) -> Held:
    kind, declared = one.column.kind, one.column.declared
    name = f"c{place}"
    if kind is Kind.NUMERIC:
        bounded = _BOUNDED.fullmatch(declared)
        if bounded and int(bounded[2]) <= int(bounded[1]) <= 38:
            exact = f"DECIMAL({bounded[1]},{bounded[2]})"
            return Held(f"cast({name} as {exact})", exact, Style.TYPED)
        return Held(name, "VARCHAR", Style.TEXT)
    if kind is Kind.UUID:
        return Held(f"cast({name} as uuid)", "UUID", Style.TYPED)
    if kind not in TYPES:
        raise UnfitError(f"{one.name} is {declared}")
    return Held(_whole(name, kind), TYPES[kind], Style.TYPED)


def _whole(name: str, kind: Kind) -> str:
    """What ADBC brought as it was: infinity, which it moves as it moves a day; an instant too late is an error."""
    if kind not in _INFINITE:
        return name
    value, infinity, minus = _INFINITE[kind]
    of, found = TYPES[kind].lower(), value.format(name)
    rest = "" if kind is Kind.DATE else f" else error('too late to be joined: ' || {found})"
    infinite = f"case {found} when {infinity} then 'infinity'::{of} when {minus} then '-infinity'::{of}{rest} end"
    return f"case when {name} < {_BEFORE_ALL}::{of} then {infinite} else {name} end"
