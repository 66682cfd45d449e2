"""Describes a relation from PostgreSQL's catalogue: its columns, their kinds, its unique keys."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tasks.comparison.errors import RequestError, SidePermissionError
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.postgres.session import Session, translated, written

KINDS = {
    "bool": Kind.BOOLEAN,
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.INTEGER,
    "oid": Kind.INTEGER,
    "numeric": Kind.NUMERIC,
    "money": Kind.NUMERIC,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "text": Kind.TEXT,
    "varchar": Kind.TEXT,
    "bpchar": Kind.TEXT,
    "name": Kind.TEXT,
    "citext": Kind.TEXT,
    "bytea": Kind.BYTES,
    "timestamptz": Kind.TIMESTAMP,
    "timestamp": Kind.LOCAL_TIMESTAMP,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "interval": Kind.INTERVAL,
    "uuid": Kind.UUID,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
}

_TYPE = """
    with recursive base as (
        select t.oid, t.typname, t.typtype, t.typbasetype, t.typelem, t.typcategory, t.typlen, t.typsubscript
          from pg_type t where t.oid = {oid}
        union all
        select t.oid, t.typname, t.typtype, t.typbasetype, t.typelem, t.typcategory, t.typlen, t.typsubscript
          from base b join pg_type t on t.oid = b.typbasetype where b.typtype = 'd'
    )
    select base.typname, base.typtype, e.typname, e.typtype
      from base left join pg_type e on e.oid = base.typelem and base.typcategory = 'A'
     where base.typtype <> 'd'
"""
_NOT_NULL = """a.attnotnull and not exists (select 1 from pg_constraint n where n.conrelid = a.attrelid
                      and n.contype = 'n' and not n.convalidated and a.attnum = any (n.conkey))"""
"""From PostgreSQL 18 on a column may be not null for new rows only."""
_COLUMNS = f"""
    select a.attname, format_type(a.atttypid, a.atttypmod), {_NOT_NULL}, k.*
      from pg_attribute a
     cross join lateral ({_TYPE.format(oid="a.atttypid")}) k(typname, typtype, element, element_type)
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
     order by a.attnum
"""  # noqa: S608 — constants only
_UNIQUE = f"""
    select array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality k(n, place)
                   join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n order by k.place)
      from pg_index i
     where i.indrelid = $1 and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
       and i.indnkeyatts = i.indnatts
       and not exists (select 1 from unnest(i.indkey::int2[]) k(n) join pg_attribute a
                           on a.attrelid = i.indrelid and a.attnum = k.n where not ({_NOT_NULL}))
     order by i.indisprimary desc, i.indnatts, i.indexrelid
"""  # noqa: S608 — constants only
_INDEXED = """
    select distinct a.attname::text, s.correlation
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam and m.amname = 'btree'
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      join pg_class r on r.oid = i.indrelid join pg_namespace n on n.oid = r.relnamespace
      left join pg_stats s on s.schemaname = n.nspname and s.tablename = r.relname and s.attname = a.attname
                          and not s.inherited
     where i.indrelid = $1 and i.indisvalid and i.indpred is null
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation of one database: `sql` is its quoted name."""

    oid: int
    sql: str
    columns: tuple[Column, ...]
    unique_keys: tuple[tuple[str, ...], ...]
    row_estimate: int | None
    kind: str
    """As `pg_class` has it: r for a table, v for a view, p for a partitioned table."""
    indexed: Mapping[str, float | None]
    """Columns that an index begins with, and how far rows lie on disk in that order: 1 or −1, `None` unknown."""
    whole: bool
    """Whether this role may read all of it, and so in which block a row lies, and not only some columns."""


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def describe(session: Session, relation: str) -> Relation:
    """The relation of a name, as `to_regclass` understands it; its rows must be readable."""
    oid = _oid(session, relation)
    if oid is None:
        raise RequestError(f"{session.name}: there is no relation {relation} that this role can see")
    schema, name, pages, tuples, kind = session.one(
        "select n.nspname, c.relname, c.relpages, c.reltuples, c.relkind from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace where c.oid = $1",
        (oid,),
    )
    allowed, whole = session.one(
        "select has_any_column_privilege($1::oid, 'select'), has_table_privilege($1::oid, 'select')", (oid,)
    )
    if not allowed:
        raise SidePermissionError(f"{session.name}: permission denied for {schema}.{name}")
    columns = tuple(
        replace(_column(column, declared, base, base_type, element, element_type), nullable=not not_null)
        for column, declared, not_null, base, base_type, element, element_type in session.all(_COLUMNS, (oid,))
    )
    unique = tuple(tuple(names) for (names,) in session.all(_UNIQUE, (oid,)))
    estimate = int(tuples) if tuples >= 0 and pages > 0 else None
    indexed = dict(session.all(_INDEXED, (oid,)))
    return Relation(oid, f"{quoted(schema)}.{quoted(name)}", columns, unique, estimate, kind, indexed, whole)


def _oid(session: Session, relation: str) -> int | None:
    try:
        with translated(session.name), written(session.name):
            row = session.connection.execute("select to_regclass($1)::oid", (relation,)).fetchone()
    except RequestError as error:
        raise RequestError(f"{error}; write TABLE or SCHEMA.TABLE, in double quotes what is no plain name") from error
    return row[0] if row else None


def describe_expression(session: Session, relation: str, expression: str) -> Column:
    """The kind of an expression over a relation, asked of the server without evaluating it."""
    oid = session.type_of(f"select ({expression}\n) from {relation} limit 0")  # noqa: S608 — the user's own expression
    declared, *_ = session.one("select format_type($1, null)", (oid,))
    kind, kind_type, element, element_type = session.one(_TYPE.format(oid="$1"), (oid,))
    return _column(expression, declared, kind, kind_type, element, element_type)


def _column(name: str, declared: str, base: str, kind_type: str, *element: str | None) -> Column:
    """A column of a base type, which may be an array of a type of an element."""
    return Column(name, kind_of(base, kind_type), declared, element=element_of(*element), padded=base == "bpchar")


def kind_of(name: str, kind_type: str) -> Kind:
    """The kind of a base type; an enum is its label."""
    if kind_type == "e":
        return Kind.TEXT
    if name.startswith("_"):
        return Kind.ARRAY
    return KINDS.get(name, Kind.OTHER)


def element_of(name: str | None, kind_type: str | None) -> Kind | None:
    """The kind of an array's elements."""
    return kind_of(name, kind_type or "b") if name else None
