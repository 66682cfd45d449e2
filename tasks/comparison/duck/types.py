"""DuckDB's types as kinds, and DuckDB's way to write names and text."""

import re
from dataclasses import replace

from tasks.comparison.kinds import Column, Kind

KINDS = {
    "BOOLEAN": Kind.BOOLEAN,
    "TINYINT": Kind.INTEGER,
    "SMALLINT": Kind.INTEGER,
    "INTEGER": Kind.INTEGER,
    "BIGINT": Kind.INTEGER,
    "HUGEINT": Kind.INTEGER,
    "UTINYINT": Kind.INTEGER,
    "USMALLINT": Kind.INTEGER,
    "UINTEGER": Kind.INTEGER,
    "UBIGINT": Kind.INTEGER,
    "UHUGEINT": Kind.INTEGER,
    "DECIMAL": Kind.NUMERIC,
    "FLOAT": Kind.FLOAT,
    "DOUBLE": Kind.FLOAT,
    "VARCHAR": Kind.TEXT,
    "ENUM": Kind.TEXT,
    "BLOB": Kind.BYTES,
    "TIMESTAMP": Kind.LOCAL_TIMESTAMP,
    "TIMESTAMP_S": Kind.LOCAL_TIMESTAMP,
    "TIMESTAMP_MS": Kind.LOCAL_TIMESTAMP,
    "TIMESTAMP_NS": Kind.LOCAL_TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Kind.TIMESTAMP,
    "TIMESTAMPTZ_NS": Kind.TIMESTAMP,
    "DATE": Kind.DATE,
    "TIME": Kind.TIME,
    "TIME_NS": Kind.TIME,
    "INTERVAL": Kind.INTERVAL,
    "UUID": Kind.UUID,
    "JSON": Kind.JSON,
}
_LISTS = re.compile(r"(\[\d*\])+$")
_QUOTED = r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\''
_ENDS = r"(?=$|[\[\],)])"
"""What comes after the name of a type, and not after the name of a member."""
_BEYOND_PYTHON = re.compile(
    rf"{_QUOTED}|\b(?:TIMESTAMP(?:_M?S|_NS)?(?: WITH TIME ZONE)?|TIMESTAMPTZ_NS|TIME_NS){_ENDS}"
)
"""Times of nanoseconds, and instants, of which an infinite one would come as the first or the last that Python has."""
_TIMES = re.compile(
    rf"{_QUOTED}|\b(?:TIMESTAMP(?:_M?S|_NS)?|TIMESTAMPTZ_NS|TIME(?:_NS)?|DATE)(?: WITH TIME ZONE)?{_ENDS}"
)


_BEYOND_JSON = re.compile(rf"{_QUOTED}|(\b(?:BLOB|BIT|JSON|INTERVAL){_ENDS}|\bUNION\(|\bMAP\((?:BOOLEAN|STRUCT|MAP)\b)")
"""Types of members that JSON has no one way to write, and keys of maps that are not named alike there."""


def kind_of(declared: str) -> Kind:
    """The kind of a type by its name."""
    if declared.endswith("]"):
        return Kind.ARRAY
    return KINDS.get(declared.partition("(")[0], Kind.OTHER)


def column(name: str, declared: str) -> Column:
    """A column as `DESCRIBE` tells of it."""
    kind = kind_of(declared)
    element = kind_of(_LISTS.sub("", declared)) if kind is Kind.ARRAY else None
    return Column(name, kind, declared, element=element)


def document(one: Column) -> Column:
    """A structure or a map as the document that it is beside JSON; any other column as it is."""
    if one.kind is not Kind.OTHER or not one.declared.startswith(("STRUCT(", "MAP(")):
        return one
    is_beyond = any(found[1] for found in _BEYOND_JSON.finditer(one.declared))
    unfit = f"{one.declared} cannot be compared with JSON" if is_beyond else one.unfit
    return replace(one, kind=Kind.JSON, unfit=unfit)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def read_sql(value: str, kind: Kind, declared: str) -> str:
    """A value in a form that loses nothing on its way to Python."""
    text = f"cast({value} as varchar)"
    if kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.DATE, Kind.TIME, Kind.OTHER) or declared == "FLOAT":
        return text
    if declared.startswith("DATE["):  # Python would take an infinite day for the first or the last that it has
        return f"cast({value} as {declared.replace('DATE', 'VARCHAR')})"
    if declared.startswith("FLOAT["):
        return f"cast(cast({value} as {declared.replace('FLOAT', 'VARCHAR')}) as {declared.replace('FLOAT', 'DOUBLE')})"
    if kind in (Kind.ARRAY, Kind.JSON):
        texts = _times_as_text(declared)
        return value if texts == declared else f"cast({value} as {texts})"
    return _seconds(value) if kind is Kind.INTERVAL else value


def _times_as_text(declared: str) -> str:
    """The type of a list or a document with text for times that Python cannot hold.

    In structures and maps all times are: nothing says what a text is there, so that a time is written in one way,
    however fine its type is.
    """
    plain = kind_of(_LISTS.sub("", declared)) is not Kind.OTHER
    return (_BEYOND_PYTHON if plain else _TIMES).sub(lambda found: _text_for(found[0]), declared)


def _text_for(found: str) -> str:
    """A quoted name or label as it is, and text for a type."""
    return found if found[0] in "\"'" else "VARCHAR"


def _seconds(value: str) -> str:
    """An interval as seconds, a month as 30 days, as SQL compares intervals."""
    parts = f"datepart('year', {value}) * 360 + datepart('month', {value}) * 30 + datepart('day', {value})"
    clock = f"datepart('hour', {value}) * 3600 + datepart('minute', {value}) * 60"
    micros = f"datepart('microsecond', {value})"
    return f"(({parts}) * 86400 + {clock} + {micros} / 1000000::decimal(18, 6))"
