"""The questions of SQL facts as each dialect asks them: what is unique, what repeats, how many are connected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.errors import CollectionError
from tasks.collectors.sql_sessions import SqlSession

MOST_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """A promise of the database: no two rows have the same values in all of `columns`.

    Of those in `nullable` a null repeats freely all the same.
    """

    name: str
    columns: tuple[str, ...]
    nullable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Connections:
    """The open connections, and how many the server allows."""

    open: int
    most: int


def whole(query: str, most: int = MOST_ROWS) -> str:
    """A query of the catalogue as one that can be nothing but a question, and that answers with bounded rows."""
    return f"select * from (\n{query.strip().rstrip(';')}\n) as asked limit {most}"  # noqa: S608 (the catalogue's own query)


def quoted(dialect: str, table: str) -> str:
    """A table's name as an identifier."""
    return ".".join(_name(dialect, part) for part in table.split("."))


def _name(dialect: str, name: str) -> str:
    """To SQLite an unknown name in double quotes is text: what is not there would seem to be."""
    mark = '"' if dialect == "postgresql" else "`"
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def rows_of(session: SqlSession, table: str) -> int:
    """How many rows a table has."""
    return int(session.ask(f"select count(*) from {quoted(session.dialect, table)}")[0][0])  # noqa: S608 (the name is quoted)


def duplicates_of(session: SqlSession, table: str, columns: Sequence[str]) -> int:
    """How many values of some columns stand in more than one row; nulls are no values."""
    names = [_name(session.dialect, name) for name in columns]
    there = " and ".join(f"{name} is not null" for name in names)
    query = (
        f"select count(*) from (select 1 as one from {quoted(session.dialect, table)}"  # noqa: S608 (names are quoted)
        f" where {there} group by {', '.join(names)} having count(*) > 1) as repeated"
    )
    return int(session.ask(query)[0][0])


def unique_indexes(session: SqlSession, table: str) -> list[UniqueIndex] | None:
    """Every promise about a table that holds for all its rows at any time; `None` where there is no such table."""
    return {"postgresql": _postgres_indexes, "mysql": _mysql_indexes, "sqlite": _sqlite_indexes}[session.dialect](
        session, table
    )


def _postgres_indexes(session: SqlSession, table: str) -> list[UniqueIndex] | None:
    """Neither partial nor on expressions, and valid: an index whose making broke off promises nothing."""
    if session.ask("select to_regclass($1)", [quoted("postgresql", table)])[0][0] is None:
        return None
    rows = session.ask(
        "select c.relname::text, a.attname::text,"
        " a.attnotnull or coalesce((to_jsonb(i)->>'indnullsnotdistinct')::bool, false)"
        " from pg_index i join pg_class c on c.oid = i.indexrelid"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])"
        " where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid and i.indpred is null"
        " and i.indexprs is null order by 1, a.attnum",
        [quoted("postgresql", table)],
    )
    return _grouped(rows)


def _mysql_indexes(session: SqlSession, table: str) -> list[UniqueIndex] | None:
    schema, _, name = table.rpartition(".")
    where = "table_schema = coalesce(nullif(%s, ''), database()) and table_name = %s"
    if not session.ask(f"select 1 from information_schema.tables where {where}", [schema, name]):  # noqa: S608 (a constant)
        return None
    rows = session.ask(
        f"select index_name, column_name, nullable <> 'YES' from information_schema.statistics where {where}"  # noqa: S608 (a constant)
        " and non_unique = 0 order by index_name, seq_in_index",
        [schema, name],
    )
    expressions = {index for index, column, _ in rows if column is None}
    return _grouped([row for row in rows if row[0] not in expressions])


def _sqlite_indexes(session: SqlSession, table: str) -> list[UniqueIndex] | None:
    columns = session.ask('select name, "notnull", pk, upper(type) from pragma_table_info(?)', [table])
    if not columns:
        return None
    strict = {name: bool(not_null) for name, not_null, _, _ in columns}
    key = [(name, kind) for name, _, place, kind in sorted(columns, key=lambda each: each[2]) if place]
    found = []
    if len(key) == 1 and key[0][1] == "INTEGER":  # the row's own number, which is no index and never null
        found.append(UniqueIndex("primary key", (key[0][0],), ()))
    for name, partial in session.ask('select name, partial from pragma_index_list(?) where "unique"', [table]):
        parts = [each for (each,) in session.ask("select name from pragma_index_info(?) order by seqno", [name])]
        if not partial and None not in parts:
            found.append(UniqueIndex(name, tuple(parts), tuple(part for part in parts if not strict[part])))
    return found


def _grouped(rows: Sequence[tuple[Any, ...]]) -> list[UniqueIndex]:
    indexes: dict[str, list[tuple[str, bool]]] = {}
    for index, column, is_strict in rows:
        indexes.setdefault(str(index), []).append((str(column), bool(is_strict)))
    return [
        UniqueIndex(name, tuple(column for column, _ in parts), tuple(column for column, strict in parts if not strict))
        for name, parts in indexes.items()
    ]


def connections(session: SqlSession, application: str | None) -> Connections:
    """The open connections of an application, or all; whoever may not see them cannot count them."""
    if session.dialect == "postgresql":
        return _postgres_connections(session, application)
    if session.dialect == "mysql" and application is None:
        return _mysql_connections(session)
    raise CollectionError(
        "only PostgreSQL tells whose a connection is; leave application out"
        if session.dialect == "mysql"
        else "a SQLite file has no connections to count"
    )


def _postgres_connections(session: SqlSession, application: str | None) -> Connections:
    total, named, hidden, most = session.ask(
        "select count(*), count(*) filter (where application_name = $1),"
        " count(*) filter (where application_name is null or query = '<insufficient privilege>'),"
        " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        " from pg_stat_activity where usesysid is not null and pid <> pg_backend_pid()",
        [application or ""],
    )[0]
    if application is None:
        return Connections(int(total), int(most))
    if hidden:
        raise CollectionError("its role may not see whose the sessions are; grant it pg_read_all_stats")
    return Connections(int(named), int(most))


def _mysql_connections(session: SqlSession) -> Connections:
    version = str(session.ask("select version()")[0][0])
    schema = "information_schema" if "MariaDB" in version else "performance_schema"
    query = f"select variable_value from {schema}.global_status where variable_name = 'THREADS_CONNECTED'"  # noqa: S608 (one of two)
    most = session.ask("select @@global.max_connections")[0][0]
    return Connections(int(session.ask(query)[0][0]), int(most))
