"""DuckDB's types as kinds, and DuckDB's way to write names and text."""

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


def kind_of(declared: str) -> Kind:
    """The kind of a type by its name."""
    if declared.endswith("]"):
        return Kind.ARRAY
    return KINDS.get(declared.partition("(")[0], Kind.OTHER)


def column(name: str, declared: str) -> Column:
    """A column as `DESCRIBE` tells of it."""
    kind = kind_of(declared)
    element = kind_of(declared[: declared.rindex("[")]) if kind is Kind.ARRAY else None
    return Column(name, kind, declared, element=element)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def read_sql(value: str, kind: Kind, declared: str) -> str:
    """A value in a form that loses nothing on its way to Python."""
    text = f"cast({value} as varchar)"
    if kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.DATE) and not declared.endswith("_NS"):
        return f"case when era({value}) = 0 then replace({text}, ' (BC)', '') || ' BC' else {text} end"
    if kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.TIME, Kind.OTHER) or declared == "FLOAT":
        return text
    if declared.startswith("DATE["):  # Python would take an infinite day for the first or the last that it has
        return f"cast({value} as {declared.replace('DATE', 'VARCHAR')})"
    if declared.startswith("FLOAT["):
        return f"cast(cast({value} as {declared.replace('FLOAT', 'VARCHAR')}) as {declared.replace('FLOAT', 'DOUBLE')})"
    return _seconds(value) if kind is Kind.INTERVAL else value


def _seconds(value: str) -> str:
    """An interval as seconds, a month as 30 days, as SQL compares intervals."""
    parts = f"datepart('year', {value}) * 360 + datepart('month', {value}) * 30 + datepart('day', {value})"
    clock = f"datepart('hour', {value}) * 3600 + datepart('minute', {value}) * 60"
    micros = f"datepart('microsecond', {value})"
    return f"(({parts}) * 86400 + {clock} + {micros} / 1000000::decimal(18, 6))"
