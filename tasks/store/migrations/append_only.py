"""Triggers that refuse to change what is recorded, in SQLite's words and in PostgreSQL's."""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""


def refuse_changes(*tables: str, but_once: Iterable[str] = ()) -> None:
    """Refuses UPDATE and DELETE on tables, except for columns that go from NULL to a value, once."""
    once = tuple(but_once)
    for table in tables:
        condition = _changes_something_else(table, once)
        if op.get_bind().dialect.name == "sqlite":
            _sqlite_triggers(table, condition)
        else:
            _postgresql_triggers(table, condition)


def _changes_something_else(table: str, once: tuple[str, ...]) -> str:
    """A condition on OLD and NEW that every update meets except the one that fills the columns in."""
    if not once:
        return ""
    columns = [str(column["name"]) for column in sa.inspect(op.get_bind()).get_columns(table)]
    unequal = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    changed = [f'OLD."{name}" {unequal} NEW."{name}"' for name in columns if name not in once]
    filled = [f'OLD."{name}" IS NOT NULL OR NEW."{name}" IS NULL' for name in once]
    return f"WHEN ({' OR '.join(changed + filled)})"


def _sqlite_triggers(table: str, condition: str) -> None:
    refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {condition} {refusal}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refusal}")


def refuse_replacing(table: str, *key: str) -> None:
    """Refuses INSERT OR REPLACE, whose silent DELETE runs no trigger in a SQLite shell as it comes."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"{name} = NEW.{name}" for name in key)
        refusal = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        there = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (names of our own tables)
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {there} {refusal}")


def _postgresql_triggers(table: str, condition: str) -> None:
    name = f"{table}_is_append_only"
    op.execute(_FUNCTION.format(name=name))
    row, statement = f"FOR EACH ROW {condition} EXECUTE FUNCTION {name}()", f"EXECUTE FUNCTION {name}()"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {row}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {statement}")
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {statement}")
