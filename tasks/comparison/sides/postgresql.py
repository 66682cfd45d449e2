"""A side that is a table or view of a PostgreSQL database, read in one repeatable read snapshot."""

import time
from collections.abc import Collection, Iterator

from psycopg.abc import Buffer
from psycopg.adapt import Loader

from tasks.comparison import json_values
from tasks.comparison.addresses import url_of
from tasks.comparison.errors import RequestError
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.postgres.catalog import describe, describe_expression, quoted
from tasks.comparison.postgres.session import Session, translated
from tasks.comparison.request import Location
from tasks.comparison.result import Query, Snapshot
from tasks.comparison.side import KeySample, Raw, Selected, Selection

FETCH = 5_000
KEYS_AT_ONCE = 5_000
SAMPLED = 20_000
_NULL_DOCUMENT = r'[{,]"\s*null\s*"[,}]'
"""What the text of an array of documents has where one of them is null: other quotes in it are escaped."""
_COLLATED = {Kind.TEXT, Kind.OTHER, Kind.ARRAY}
_KEYS_AS = {Kind.INTEGER: "bigint", Kind.NUMERIC: "numeric"}
"""Wider than what a column may be declared as: a key of the other side is not to overflow it."""
_KEY_TYPES = {
    Kind.INTEGER: ("smallint", "integer", "bigint"),
    Kind.NUMERIC: ("numeric",),
    Kind.TEXT: ("text", "character", "citext", "name"),
    Kind.BYTES: ("bytea",),
    Kind.BOOLEAN: ("boolean",),
    Kind.UUID: ("uuid",),
    Kind.DATE: ("date",),
    Kind.TIMESTAMP: ("timestamp",),
    Kind.LOCAL_TIMESTAMP: ("timestamp",),
}
"""Types that take any key of their kind; an enum, a domain and a short float do not."""


class _Text(Loader):
    """Times as ISO text: PostgreSQL holds years that Python's classes cannot."""

    def load(self, data: Buffer) -> str:
        return bytes(data).decode()


class _Json(Loader):
    """JSON with exact numbers."""

    def load(self, data: Buffer) -> object:
        return json_values.loaded(bytes(data).decode())


def open_location(location: Location, *, seconds: float | None = None) -> "PostgresSide":
    """Opens the relation at a location."""
    if location.relation is None:
        raise RequestError("a PostgreSQL side needs a relation")
    return PostgresSide(location, seconds=seconds)


class PostgresSide:
    """One relation; `address` is a URL, also SQLAlchemy's with a driver in the scheme."""

    dialect = "postgresql"

    def __init__(self, location: Location, *, seconds: float | None = None, snapshot: str | None = None) -> None:
        assert location.relation is not None  # noqa: S101 — open_location refuses it
        scheme, _, rest = location.address.partition("://")
        self.location = location
        self._seconds = seconds
        self._companion: PostgresSide | None = None
        self._shared: str | None = None
        self._past: tuple[Query, ...] = ()
        self.address = f"{scheme.partition('+')[0]}://{rest}"
        url = url_of(self.address)
        self.name = f"postgresql://{url.place}{url.path}#{location.relation}"
        self.session = Session(self.address, self.name, seconds=seconds, snapshot=snapshot)
        try:
            self.relation = describe(self.session, location.relation)
        except BaseException:
            self.session.close()
            raise
        for name in ("date", "timestamp", "timestamptz", "time"):
            self.session.connection.adapters.register_loader(name, _Text)
        for name in ("json", "jsonb"):
            self.session.connection.adapters.register_loader(name, _Json)

    def identity(self) -> str:
        """The server process's start, the database and the relation: a replica is another object than its source."""
        row = self.session.one(
            "select extract(epoch from pg_postmaster_start_time()), oid from pg_database"
            " where datname = current_database()"
        )
        return f"postgresql:{row[0]}:{row[1]}:{self.relation.oid}"

    def columns(self) -> tuple[Column, ...]:
        """The relation's columns."""
        return self.relation.columns

    def column_of(self, expression: str) -> Column:
        """The kind of an SQL expression."""
        return describe_expression(self.session, self.relation.sql, expression)

    def unique_keys(self) -> tuple[tuple[str, ...], ...]:
        """Columns with a unique, non-partial index and no nulls; the primary key first."""
        return self.relation.unique_keys

    def row_estimate(self) -> int | None:
        """The planner's figure."""
        return self.relation.row_estimate

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The rows through a cursor on the server."""
        yield from self._stream(self._select(selection), "rows")

    def totals(self, selection: Selection) -> Iterator[tuple[tuple[Raw, ...], Raw, int]]:
        """Sums by group, added up by the server; a float counts as its shortest decimal."""
        keys, measure = selection.values[: selection.keys], selection.values[selection.keys :]
        grouped = [f"{group_sql(one)} as k{place}" for place, one in enumerate(keys)]
        amounts = [f"{amount_sql(one)} as amount" for one in measure] or ["1 as amount"]
        rows = self._select(selection, values=", ".join(grouped + amounts))
        names = [f"k{place}" for place in range(len(keys))]
        shown = [
            f"{name}::json" if one.column.kind is Kind.JSON else name for name, one in zip(names, keys, strict=True)
        ]
        by = f" group by {', '.join(names)}" if names else " having count(*) > 0"
        query = f"select {', '.join([*shown, 'sum(amount)', 'count(*)'])} from ({rows}) r{by}"  # noqa: S608 — built from quoted names
        for *key, amount, counted in self._stream(query, "totals"):
            yield tuple(key), amount, counted

    def _stream(self, query: str, label: str) -> Iterator[tuple[Raw, ...]]:
        began, read = time.monotonic(), 0
        with translated(self.name), self.session.connection.cursor(name="comparison") as cursor:
            cursor.itersize = FETCH
            cursor.execute(query)
            for row in cursor:
                read += 1
                yield row
        self.session.note(label, query, time.monotonic() - began, read)

    def rows_of(self, selection: Selection, keys: Collection[tuple[Raw, ...]]) -> Iterator[tuple[Raw, ...]]:
        """The rows of these keys, by index where there is one."""
        chosen = selection.values[: selection.keys]
        columns = [one.column for one in chosen]
        if not chosen or not all(one.declared.startswith(_KEY_TYPES.get(one.kind, ())) for one in columns):
            yield from self.rows(selection)
            return
        types = [_KEYS_AS.get(one.kind, one.declared) for one in columns]
        arrays = ", ".join(f"${place}::text[]::{declared}[]" for place, declared in enumerate(types, start=1))
        values = ", ".join(map(value_sql, chosen))
        query = self._select(selection, f"({values}) in (select * from unnest({arrays}))")  # noqa: S608 — built from quoted names
        listed = list(keys)
        for start in range(0, len(listed), KEYS_AT_ONCE):
            part = listed[start : start + KEYS_AT_ONCE]
            texts = [[str(key[place]) for key in part] for place in range(len(chosen))]
            yield from self.session.all(query, texts, label="rows of keys")

    def rows_where(
        self, selection: Selection, wanted: str, listed: list[int] | None = None
    ) -> Iterator[tuple[Raw, ...]]:
        """The rows that meet a condition, which may be over `$1`, an array of bigint."""
        query = self._select(selection, wanted)
        yield from self.session.all(query, None if listed is None else (listed,), label="rows of keys")

    def blocks(self) -> int:
        """How many blocks of the disk its rows lie in."""
        (blocks,) = self.session.one(
            "select pg_relation_size($1::oid) / current_setting('block_size')::int", (self.relation.oid,)
        )
        return int(blocks)

    def rows_about(self) -> int | None:
        """About how many rows there are; of a table that was never analysed by its size, as 100 to a block."""
        return self.row_estimate() or self.blocks() * 100 or None

    def block_ranges(self, rows: int) -> list[str]:
        """Conditions that divide a plain table by its blocks, each met by about so many rows; the last is open."""
        blocks = self.blocks()
        step = max(1, blocks * rows // max(self.row_estimate() or blocks * 100, 1))
        return [
            f"ctid >= '({first},0)'" + (f" and ctid < '({first + step},0)'" if first + step < blocks else "")
            for first in range(0, max(blocks, 1), step)
        ]

    def key_sample(self, selection: Selection) -> KeySample:
        """Its first and last key by index, and those of some random blocks between them."""
        relation, key = self.relation.sql, value_sql(selection.values[0])
        rows = self.row_estimate() or self.count()
        share = min(100.0, 100.0 * SAMPLED / max(rows, 1))
        method = f" tablesample system ({share:.6f})" if self.relation.kind in "rmp" and share < 100 else ""
        found = self.session.all(
            f"select min({key}) from {relation} union all select max({key}) from {relation} union all"  # noqa: S608 — built from quoted names
            f" select {key} from {relation}{method}"
        )
        nullable = selection.values[0].column.nullable
        (has_nulls,) = self.session.one(f"select {nullable} and exists (select from {relation} where {key} is null)")  # noqa: S608 — built from quoted names
        return KeySample(tuple(sorted(row[0] for row in found if row[0] is not None)), bool(has_nulls))

    def count(self) -> int:
        """How many rows it has, counted one by one."""
        (rows,) = self.session.one(f"select count(*) from {self.relation.sql}", label="count")  # noqa: S608 — built from quoted names
        return int(rows)

    def _select(self, selection: Selection, wanted: str = "", *, values: str = "") -> str:
        values = values or ", ".join(read_sql(one) for one in selection.values)
        query = f"select {values} from {self.relation.sql}"  # noqa: S608 — names are quoted, expressions the user's own
        conditions = conditions_sql(selection) + ([wanted] if wanted else [])
        return f"{query} where {' and '.join(conditions)}" if conditions else query

    def companion(self) -> "PostgresSide":
        """The same relation and snapshot through a second session, for questions while the first one streams."""
        if self._companion is None:
            self.share_snapshot()
            self._companion = PostgresSide(self.location, seconds=self._seconds, snapshot=self._shared)
        return self._companion

    def share_snapshot(self) -> None:
        """Makes a companion possible; called before the session streams, for then it answers nothing else."""
        if self._shared is None:
            (self._shared,) = self.session.one("select pg_export_snapshot()")

    def _leave_companion(self) -> None:
        if self._companion is not None:
            self._past += self._companion.queries()
            self._companion.close()
            self._companion = None
        self._shared = None

    def refresh(self) -> None:
        """Takes a new snapshot."""
        self._leave_companion()
        self.session.renew()

    def snapshot(self) -> Snapshot:
        """The snapshot, the server's clock, and how far a replica has replayed."""
        version, taken, snapshot, replica, replayed, behind = self.session.one(
            "select current_setting('server_version'),"
            " to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
            " pg_current_snapshot()::text, pg_is_in_recovery(), pg_last_wal_replay_lsn()::text,"
            " extract(epoch from now() - pg_last_xact_replay_timestamp())::text"
        )
        facts = {"version": version, "snapshot": snapshot, "replica": replica}
        if replica:
            facts |= {"replayed": replayed, "behind_seconds": behind}
        return Snapshot(self.name, self.dialect, taken, facts)

    def queries(self) -> tuple[Query, ...]:
        """What the sessions were asked."""
        here = self.session.queries() + self._past
        return here + (self._companion.queries() if self._companion else ())

    def cancel(self) -> None:
        """Ends the running statements."""
        self.session.cancel()
        if self._companion is not None:
            self._companion.cancel()

    def close(self) -> None:
        """Ends the sessions."""
        self._leave_companion()
        self.session.close()


def value_sql(one: Selected) -> str:
    """A selected value as SQL."""
    return f"({one.expression}\n)" if one.expression is not None else quoted(one.column.name)


def read_sql(one: Selected) -> str:
    """A selected value in a form that loses nothing on its way to Python."""
    value, declared = value_sql(one), one.column.declared
    if one.column.kind is Kind.ARRAY:
        bounds = (
            f"case when array_dims({value}) collate \"C\" ~ '\\[(?!1:)' then array_dims({value}) || '=' else '' end"
        )
        texts = "::text[]" if one.column.element is Kind.TEXT else ""  # without the blanks that fill up `char`
        found = f"{bounds} || to_jsonb({value}{texts})::text"
        if one.column.element is Kind.JSON:  # which has a null of its own, as JSON does not say
            return f"case when {value}::text ~ '{_NULL_DOCUMENT}' then {value}::text else {found} end"
        return found
    if one.column.kind is Kind.INTERVAL:
        return interval_sql(value)
    if one.column.kind is Kind.NUMERIC and not declared.startswith("numeric"):
        return f"{value}::numeric"
    if one.column.kind is Kind.OTHER:  # as in COPY: a cast would add a mask to every address
        return f"case when {value} is not null then concat({value}) end"
    return f"{value}::text" if one.column.kind is Kind.TEXT else value


def group_sql(one: Selected) -> str:
    """A value by which rows can be grouped: equal only where the values are, whatever the collation says."""
    if one.column.kind is Kind.JSON:
        return f"{value_sql(one)}::text"
    return f'{read_sql(one)} collate "C"' if one.column.kind in _COLLATED else read_sql(one)


def amount_sql(one: Selected) -> str:
    """A value that can be added up without rounding."""
    value = f"{value_sql(one)}::text" if one.column.kind is Kind.FLOAT else value_sql(one)
    return f"{value}::numeric"


def double_sql(one: Selected) -> str:
    """A float of eight bytes; one of four bytes as the double of its shortest decimal, which is how it is read."""
    value = value_sql(one)
    return value if one.column.declared == "double precision" else f"{value}::text::float8"


def interval_sql(value: str) -> str:
    """An interval as seconds, a month as 30 days, as SQL compares intervals."""
    return (
        f"(extract(year from {value}) * 360 + extract(month from {value}) * 30 + extract(day from {value})) * 86400"
        f" + extract(hour from {value}) * 3600 + extract(minute from {value}) * 60 + extract(second from {value})"
    )


def conditions_sql(selection: Selection) -> list[str]:
    """The filter and the part of a selection as SQL conditions."""
    conditions = [f"({selection.where}\n)"] if selection.where else []
    if selection.start is not None:
        conditions.append(f"{value_sql(selection.bounded)} >= {selection.start}")
    if selection.stop is not None:
        conditions.append(f"{value_sql(selection.bounded)} < {selection.stop}")
    return conditions
