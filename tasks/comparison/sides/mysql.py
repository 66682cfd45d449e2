"""A side that is a table or view of a MySQL or MariaDB database, read in one consistent snapshot."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from tasks.comparison.addresses import url_of
from tasks.comparison.amounts import times
from tasks.comparison.errors import RequestError, SidePermissionError
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.mysql.session import Session, reached, translated
from tasks.comparison.mysql.types import (
    BINARY,
    OF_RESULT,
    conditions,
    fixed,
    fixes,
    group_sql,
    kind_of,
    parts_of,
    quoted,
    read_sql,
    shown_sql,
    value_sql,
)
from tasks.comparison.request import Location
from tasks.comparison.result import Query, Snapshot
from tasks.comparison.side import Raw, Selection

KEYS_AT_ONCE = 2_000
_DIRECT_KEYS = {Kind.INTEGER, Kind.DATE, Kind.UUID}


def open_location(location: Location, *, seconds: float | None = None) -> "MysqlSide":
    """Opens the relation at a location."""
    if location.relation is None:
        raise RequestError("a MySQL side needs a relation")
    return MysqlSide(location, seconds=seconds)


class MysqlSide:
    """One relation; `address` is a URL, also SQLAlchemy's with a driver in the scheme."""

    dialect = "mysql"

    def __init__(self, location: Location, *, seconds: float | None = None) -> None:
        assert location.relation is not None  # noqa: S101 — open_location refuses it
        url = url_of(location.address)
        database = url.path.lstrip("/") or None
        schema, self.table = parts_of(location.relation)
        self.schema = schema or database
        self.name = f"mysql://{url.place}/{self.schema or ''}#{self.table}"
        self.session = Session(reached(location.address), self.name, seconds=seconds)
        try:
            self._columns = self._described()
        except BaseException:
            self.session.close()
            raise

    def _described(self) -> tuple[Column, ...]:
        rows = self.session.all(
            "select column_name, data_type, column_type, is_nullable from information_schema.columns"
            " where table_schema = %s and table_name = %s order by ordinal_position",
            (self.schema, self.table),
        )
        # Columns that a user may not read are not listed; only a question for all of them says that there are some.
        self.session.run(f"select * from {self.sql} limit 0")  # noqa: S608 — the name is quoted
        if not rows:
            raise SidePermissionError(f"{self.name}: its columns cannot be seen")
        documents = self._json_columns()
        told = ((name, *rest, "json" if name in documents else text, nullable) for name, *rest, text, nullable in rows)
        return tuple(
            Column(name, Kind.JSON if name in documents else kind_of(kind, declared), declared, nullable == "YES")
            for name, kind, declared, nullable in told
        )

    def _json_columns(self) -> set[str]:
        """Columns that MariaDB keeps as text with a check that it is JSON."""
        if "MariaDB" not in self.session.version:
            return set()
        rows = self.session.all(
            "select check_clause from information_schema.check_constraints"
            " where constraint_schema = %s and table_name = %s and check_clause like 'json_valid(`%%`)'",
            (self.schema, self.table),
        )
        return {clause.removeprefix("json_valid(`").removesuffix("`)") for (clause,) in rows}

    @property
    def sql(self) -> str:
        """The quoted name of the relation."""
        return f"{quoted(self.schema)}.{quoted(self.table)}" if self.schema else quoted(self.table)

    def identity(self) -> str:
        """The server, by its start and its own name, and the relation."""
        host, port, data = self.session.one("select @@hostname, @@port, @@datadir")
        return f"mysql:{host}:{port}:{data}:{self.schema}:{self.table}"

    def columns(self) -> tuple[Column, ...]:
        """The relation's columns."""
        return self._columns

    def column_of(self, expression: str) -> Column:
        """The kind of an SQL expression, from the description of a result without rows."""
        with translated(self.name), self.session.connection.cursor() as cursor:
            cursor.execute(f"select ({expression}\n) from {self.sql} limit 0".replace("%", "%%"), ())  # noqa: S608 — the user's own expression
            (field,) = cursor._result.fields
            declared = OF_RESULT.get(field.type_code, "varbinary" if field.charsetnr == BINARY else "text")
        return Column(expression, kind_of(declared, declared), declared)

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """The primary key, then unique indexes over columns that are never null."""
        rows = self.session.all(
            "select index_name, group_concat(column_name order by seq_in_index separator '\\0'), max(nullable)"
            " from information_schema.statistics where table_schema = %s and table_name = %s and non_unique = 0"
            " group by index_name order by index_name <> 'PRIMARY', count(*), index_name",
            (self.schema, self.table),
        )
        return tuple(tuple(names.split("\0")) for _, names, nullable in rows if nullable != "YES")

    def row_estimate(self) -> int | None:
        """The server's figure."""
        rows = self.session.all(
            "select table_rows from information_schema.tables where table_schema = %s and table_name = %s",
            (self.schema, self.table),
        )
        return int(rows[0][0]) if rows and rows[0][0] is not None else None

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The rows, streamed from the server."""
        return self._stream(self.select(selection), (), selection, "rows")

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:
        """The rows of these keys by index, where the kinds of the key leave no doubt what equals what."""
        chosen = selection.values[: selection.keys]
        if not chosen or any(one.column.kind not in _DIRECT_KEYS for one in chosen):
            yield from self.rows(selection)
            return
        names = ", ".join(map(value_sql, chosen)).replace("%", "%%")
        mark = f"({', '.join(['%s'] * len(chosen))})"
        listed = list(keys)
        for start in range(0, len(listed), KEYS_AT_ONCE):
            part = listed[start : start + KEYS_AT_ONCE]
            query = self.select(selection).replace("%", "%%")
            word = "and" if selection.where or selection.start is not None or selection.stop is not None else "where"
            query = f"{query} {word} ({names}) in ({', '.join([mark] * len(part))})"
            yield from self._stream(query, [value for key in part for value in key], selection, "rows of keys")

    def totals(self, selection: Selection) -> Iterator[tuple[tuple[Raw, ...], Raw, int]]:
        """Sums by the server, which adds decimals exactly; a float is added by the engine instead."""
        measured = selection.values[selection.keys :]
        floats = any(one.column.kind is Kind.FLOAT for one in measured)
        keys = selection.values[: selection.keys]
        amount = read_sql(measured[0]) if floats else f"sum({value_sql(measured[0])})" if measured else "count(*)"
        chosen = ", ".join([*(shown_sql(one) for one in keys), amount, "count(*)"])
        by = [*map(group_sql, keys), *([amount] if floats else [])]
        grouped = f" group by {', '.join(by)}" if by else ""
        query = f"select {chosen} from {self.sql}{conditions(selection)}{grouped}"  # noqa: S608 — quoted
        for *group, found, rows in self._stream(query, (), selection, "totals"):
            if rows:
                yield tuple(group), times(found, rows) if floats else found, rows

    def select(self, selection: Selection) -> str:
        """The query for a selection's values."""
        values = ", ".join(read_sql(one) for one in selection.values)
        return f"select {values} from {self.sql}{conditions(selection)}"  # noqa: S608 — names are quoted, expressions the user's own

    def refresh(self) -> None:
        """Takes a new snapshot."""
        self.session.renew()

    def snapshot(self) -> Snapshot:
        """The server's clock and version; tables without transactions have no snapshot, and that is said."""
        (taken,) = self.session.one("select date_format(utc_timestamp(6), '%Y-%m-%dT%H:%i:%s.%fZ')")
        engine = self.session.all(
            "select engine from information_schema.tables where table_schema = %s and table_name = %s",
            (self.schema, self.table),
        )
        facts = {"version": self.session.version, "engine": str(engine[0][0]) if engine else None}
        return Snapshot(self.name, self.dialect, taken, facts)

    def queries(self) -> tuple[Query, ...]:
        """What was asked so far."""
        return self.session.queries()

    def cancel(self) -> None:
        """Ends the running query."""
        self.session.cancel()

    def close(self) -> None:
        """Ends the session, and with it whatever still runs."""
        self.session.close()

    def _stream(self, query: str, values: Sequence[Any], selection: Selection, label: str) -> Iterator[tuple[Raw, ...]]:
        repairs = fixes(selection)
        rows = self.session.stream(query, values, label=label)
        return (fixed(row, repairs) for row in rows) if repairs else rows
