"""What a column's values are, beyond the words that each dialect has for them."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of value that the engine can compare; each has one canonical form (`canonical.py`)."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMERIC = "numeric"
    FLOAT = "float"
    TEXT = "text"
    BYTES = "bytes"
    TIMESTAMP = "timestamp"
    """An instant."""
    LOCAL_TIMESTAMP = "local-timestamp"
    """Date and time on a clock of no known zone."""
    DATE = "date"
    TIME = "time"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    ARRAY = "array"
    OTHER = "other"
    """Compared by the text that the side gives it, and only with the same type by name."""


NUMBERS = frozenset({Kind.INTEGER, Kind.NUMERIC, Kind.FLOAT})
TIMES = frozenset({Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP, Kind.DATE, Kind.TIME, Kind.INTERVAL})


@dataclass(frozen=True, slots=True)
class Column:
    """One column as a side describes it.

    `declared` is the type in the side's own words. A `loose` column has no declared type (CSV, JSON Lines, SQLite): its
    values are read as the other side's kind. `element` is the kind of an array's elements. `unfit` says why its values
    cannot be read exactly, and so not compared, where that is so; `caveat` says what of them is read and compared,
    where it is not all. `padded` text is filled up with blanks at its end, which do not count (`char(n)` of SQL).
    """

    name: str
    kind: Kind
    declared: str = ""
    nullable: bool = True
    loose: bool = False
    element: Kind | None = None
    unfit: str = ""
    caveat: str = ""
    padded: bool = False
