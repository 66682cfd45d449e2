"""What a PostgreSQL database is made of, as lines that two databases can be compared by."""

import hashlib
from collections.abc import Sequence

from psycopg import AsyncConnection

from checks.evidence.records import Record

# Object names are schema-qualified by an empty search path. Not-null constraints became objects in PostgreSQL 18 and
# are left out, since the columns' own lines say them on every version.
_LINES = """
with spaces as (
    select oid, nspname from pg_namespace
    where nspname not like 'pg\\_%%' and nspname <> 'information_schema'
      and (%(schemas)s::text[] is null or nspname = any (%(schemas)s::text[]))
), own as (
    select c.oid, c.relkind, n.nspname || '.' || c.relname as name
    from pg_class c join spaces n on n.oid = c.relnamespace
    where not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e'
                      and d.classid = 'pg_class'::regclass)
)
select 'column ' || own.name || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
       || case when a.attnotnull then ' not null' else '' end
       || case when a.attidentity <> '' then ' identity ' || a.attidentity::text else '' end
       || case when a.attgenerated <> '' then ' generated' else '' end
       || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
from own join pg_attribute a on a.attrelid = own.oid
    left join pg_attrdef d on d.adrelid = own.oid and d.adnum = a.attnum
where own.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and a.attnum > 0 and not a.attisdropped
union all
select 'table ' || name || ' ' || relkind::text from own where relkind in ('r', 'p', 'f')
union all
select 'constraint ' || own.name || '.' || k.conname || ' ' || pg_get_constraintdef(k.oid)
from own join pg_constraint k on k.conrelid = own.oid where k.contype <> 'n'
union all
select 'index ' || pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' invalid' end
from own join pg_index i on i.indrelid = own.oid
union all
select 'sequence ' || own.name || ' ' || format_type(s.seqtypid, null) || ' by ' || s.seqincrement
from own join pg_sequence s on s.seqrelid = own.oid
union all
select 'view ' || name || ' ' || md5(pg_get_viewdef(oid)) from own where relkind in ('v', 'm')
union all
select 'trigger ' || pg_get_triggerdef(t.oid) from own join pg_trigger t on t.tgrelid = own.oid where not t.tgisinternal
union all
select 'function ' || p.oid::regprocedure || ' ' || md5(p.prosrc) from pg_proc p join spaces n on n.oid = p.pronamespace
where not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e' and d.classid = 'pg_proc'::regclass)
union all
select 'enum ' || t.oid::regtype || ' ' || string_agg(e.enumlabel, ', ' order by e.enumsortorder)
from pg_type t join spaces n on n.oid = t.typnamespace join pg_enum e on e.enumtypid = t.oid group by t.oid
union all
select 'extension ' || extname from pg_extension
order by 1
"""
_NAMED = 5


class Schema(Record):
    """A database's tables, columns, types, constraints, indexes, sequences, views, triggers, functions, extensions."""

    lines: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all lines; equal schemas have equal ones."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def differences(self, copy: "Schema") -> tuple[str, ...]:
        """What the copy lacks and what only the copy has, a line each."""
        source, restored = set(self.lines), set(copy.lines)
        lacking = [f"lacks {line}" for line in self.lines if line not in restored]
        return (*lacking, *(f"has besides {line}" for line in copy.lines if line not in source))


async def read_schema(session: AsyncConnection, schemas: Sequence[str] | None) -> Schema:
    """The schema as a session sees it; `schemas` limits it to some."""
    async with session.transaction():
        await session.execute("set local search_path = ''")
        cursor = await session.execute(_LINES, {"schemas": list(schemas) if schemas else None})
        return Schema(lines=tuple(str(row[0]) for row in await cursor.fetchall()))


def shown(differences: Sequence[str]) -> str:
    """The first few differences as one sentence's end."""
    rest = len(differences) - _NAMED
    return "; ".join(differences[:_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
