"""MySQL's types as kinds, and how its values are selected so that nothing is lost on the way."""

import re
from typing import Any

import numpy as np
from pymysql.constants import FIELD_TYPE

from tasks.comparison import json_values
from tasks.comparison.errors import RequestError
from tasks.comparison.kinds import Kind
from tasks.comparison.side import Selected, Selection

KINDS = {
    "tinyint": Kind.INTEGER,
    "smallint": Kind.INTEGER,
    "mediumint": Kind.INTEGER,
    "int": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "year": Kind.INTEGER,
    "bit": Kind.INTEGER,
    "decimal": Kind.NUMERIC,
    "float": Kind.FLOAT,
    "double": Kind.FLOAT,
    "char": Kind.TEXT,
    "varchar": Kind.TEXT,
    "tinytext": Kind.TEXT,
    "text": Kind.TEXT,
    "mediumtext": Kind.TEXT,
    "longtext": Kind.TEXT,
    "enum": Kind.TEXT,
    "set": Kind.TEXT,
    "binary": Kind.BYTES,
    "varbinary": Kind.BYTES,
    "tinyblob": Kind.BYTES,
    "blob": Kind.BYTES,
    "mediumblob": Kind.BYTES,
    "longblob": Kind.BYTES,
    "timestamp": Kind.TIMESTAMP,
    "datetime": Kind.LOCAL_TIMESTAMP,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "json": Kind.JSON,
    "uuid": Kind.UUID,
}
_NAME = r"`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\""
_RELATION = re.compile(rf"(?:(?P<schema>{_NAME}|[^`\"]+)\.)?(?P<table>{_NAME}|[^`\".]+)", re.DOTALL)
_FOLDED = {Kind.TEXT, Kind.JSON}
"""What a collation may take for the same though it is written in another way."""
BINARY = 63
"""The character set of what is none: bytes, and numbers."""
OF_RESULT = {
    FIELD_TYPE.DECIMAL: "decimal",
    FIELD_TYPE.NEWDECIMAL: "decimal",
    FIELD_TYPE.TINY: "tinyint",
    FIELD_TYPE.SHORT: "smallint",
    FIELD_TYPE.INT24: "mediumint",
    FIELD_TYPE.LONG: "int",
    FIELD_TYPE.LONGLONG: "bigint",
    FIELD_TYPE.YEAR: "year",
    FIELD_TYPE.FLOAT: "double",
    FIELD_TYPE.DOUBLE: "double",
    FIELD_TYPE.TIMESTAMP: "timestamp",
    FIELD_TYPE.DATETIME: "datetime",
    FIELD_TYPE.DATE: "date",
    FIELD_TYPE.TIME: "time",
    FIELD_TYPE.JSON: "json",
}


def kind_of(kind: str, declared: str) -> Kind:
    """The kind of a type by its name; `tinyint(1)` is what both servers make of a boolean."""
    if declared in ("tinyint(1)", "bit(1)"):
        return Kind.BOOLEAN
    return KINDS.get(kind, Kind.OTHER)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return "`" + name.replace("`", "``") + "`"


def parts_of(relation: str) -> tuple[str | None, str]:
    """The schema, if one is named, and the table of a name whose parts may be quoted as the servers quote names."""
    found = _RELATION.fullmatch(relation)
    if found is None:
        raise RequestError(
            f"{relation} is no name of a table; write TABLE or SCHEMA.TABLE, in backquotes what holds a dot or a quote"
        )
    schema, table = found["schema"], found["table"]
    return schema and _unquoted(schema), _unquoted(table)


def _unquoted(name: str) -> str:
    return name[1:-1].replace(name[0] * 2, name[0]) if name[0] in '`"' else name


def value_sql(one: Selected) -> str:
    """A selected value as SQL."""
    return f"({one.expression}\n)" if one.expression is not None else quoted(one.column.name)


def read_sql(one: Selected) -> str:
    """A selected value in a form that loses nothing: the server shows only six digits of a `float`."""
    value, declared = value_sql(one), one.column.declared
    if declared.startswith("float"):
        return f"cast({value} as double)"
    if declared.startswith("bit"):
        return f"cast({value} as unsigned)"
    return value


def group_sql(one: Selected) -> str:
    """A value by which rows can be grouped: equal only where the values are, whatever the collation says."""
    return f"cast({read_sql(one)} as binary)" if one.column.kind in _FOLDED else read_sql(one)


def shown_sql(one: Selected) -> str:
    """The value that all rows of a group have."""
    return f"min({read_sql(one)})" if one.column.kind in _FOLDED else read_sql(one)


def conditions(selection: Selection) -> str:
    """The filter and the part of a selection."""
    found = [f"({selection.where}\n)"] if selection.where else []
    if selection.start is not None:
        found.append(f"{value_sql(selection.values[0])} >= {selection.start}")
    if selection.stop is not None:
        found.append(f"{value_sql(selection.values[0])} < {selection.stop}")
    return f" where {' and '.join(found)}" if found else ""


def _single(value: float) -> float:
    """A float of four bytes as the shortest number that means it, as the other sides give it."""
    return float(str(np.float32(value)))


def fixes(selection: Selection) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    for place, one in enumerate(selection.values):
        if one.column.declared.startswith("float"):
            found.append((place, _single))
        elif one.column.kind is Kind.JSON:
            found.append((place, json_values.loaded))
    return found


def fixed(row: tuple[Any, ...], fixes: list[tuple[int, Any]]) -> tuple[Any, ...]:
    values = list(row)
    for place, fix in fixes:
        if values[place] is not None:
            values[place] = fix(values[place])
    return tuple(values)
