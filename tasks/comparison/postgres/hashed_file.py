"""The rows of a file as a server of PostgreSQL would hash them: what DuckDB reads of each value, and its hash."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.comparison.files.side import value_sql
from tasks.comparison.kinds import Kind
from tasks.comparison.postgres.agreement import MINIMUM
from tasks.comparison.postgres.hashes import Hashing, near_instant
from tasks.comparison.postgres.rehash import Hashes, of_float8, of_instant, of_int8, of_numeric, of_text, of_uint32
from tasks.comparison.postgres.session import Session
from tasks.comparison.resolve import Compared
from tasks.comparison.side import Selected

WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
"""Types of DuckDB whose every value is a bigint."""
_LOCAL = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"})
_DIGITS = 18
_OF_ONE = 31
"""What the server's hash of an array of one adds to that of the value, which is 0 of a null."""
FAR = -(2**63)
"""Stands for a time that the server hashes in another way; such a row is compared by its values."""
_FROM_1970_TO_2000 = 946_684_800_000_000
_BETWEEN = "between {type} '1700-01-01 00:00:00' and {type} '2199-12-31 23:59:59'"
_SERVER = "select current_setting('server_version_num')::int, current_setting('server_encoding')"
_KNOWN = """
    select hashint4extended(7, 3), hashint8extended(-7, -7::int8 # 3), hash_numeric_extended(-70.05, ~3::int8),
           hash_numeric_extended(0.0, 3), hashfloat8extended(7.5, 3), hashtextextended('sieben Brüder' collate "C", 3),
           hash_array_extended(array[date '2007-07-07'], 3), {instant}
""".format(instant=near_instant("timestamp '1999-07-07 07:07:07.777'", "3::int8"))


@dataclass(frozen=True, slots=True)
class Hashed:
    """One value of every row: SQL to read it by, the hash of what was read, and that of a null."""

    sql: str
    hashed: Callable[[Any], Hashes]
    null: int

    def of(self, column: Any) -> Hashes:
        """The hashes of an Arrow column."""
        found = self.hashed(column)
        if column.null_count:
            return np.where(column.is_null().to_numpy(zero_copy_only=False), np.uint64(self.null), found)
        return found


def hashed(place: int, column: Compared, one: Selected, hashing: Hashing) -> Hashed | None:
    """How a column of a file is hashed; `None` where it cannot be here."""
    found = _hashed(column.kind, one, hashing, place) if column.rule.exact else None
    if found is None:
        return None
    if column.rule.padded:
        found = f"rtrim({found[0]}, ' ')", found[1]
    null = _OF_ONE if column.kind is Kind.DATE else hashing.number(place, "null")
    return Hashed(*found, null)


def _hashed(kind: Kind, one: Selected, hashing: Hashing, place: int) -> tuple[str, Callable[[Any], Hashes]] | None:
    value, declared = value_sql(one), one.column.declared
    seed, far = hashing.number(place, "value"), np.uint64(hashing.number(place, "far"))
    match kind:
        case Kind.INTEGER if declared in WHOLE:
            return f"cast({value} as bigint)", lambda column: of_int8(longs(column), seed)
        case Kind.NUMERIC if (scale := _scale(declared)) is not None:
            if declared in WHOLE:
                return f"cast({value} as bigint)", lambda column: of_numeric(longs(column), 0, seed)
            return value, lambda column: of_numeric(_units(column), scale, seed)
        case Kind.FLOAT if declared in ("DOUBLE", "FLOAT"):
            exact = value if declared == "DOUBLE" else f"cast(cast({value} as varchar) as double)"
            return exact, lambda column: of_float8(_numbers(column, np.float64), seed)
        case Kind.TEXT if declared == "VARCHAR":
            return value, lambda column: _text(column, seed, far)
        case Kind.BOOLEAN if declared == "BOOLEAN":
            both = of_uint32(np.arange(2, dtype=np.uint32), seed)
            return f"cast({value} as tinyint)", lambda column: both[_numbers(column, np.int8) & 1]
        case Kind.TIMESTAMP if declared == "TIMESTAMP WITH TIME ZONE":
            return _micros(value, "timestamptz"), lambda column: _instants(longs(column), seed, far)
        case Kind.LOCAL_TIMESTAMP if declared in _LOCAL:
            return _micros(value, "timestamp"), lambda column: _instants(longs(column), seed, far)
        case Kind.DATE if declared == "DATE":
            finite = f"case when isfinite({value}) then {value} - date '2000-01-01'"
            days = f"{finite} when {value} is not null then {FAR} end"
            return f"cast({days} as bigint)", lambda column: _days(longs(column), seed, far)
    return None


def disagreement(server: Session) -> str | None:
    """Why a server's hashes are not those made here, or `None` when they are."""
    version, encoding = server.one(_SERVER)
    if version < MINIMUM:
        return "the server is older than PostgreSQL 14"
    if encoding != "UTF8":
        return f"the server's encoding is {encoding}"
    text = np.frombuffer("sieben Brüder".encode(), np.uint8)
    known = (
        of_uint32(np.array([7], np.uint32), 3),
        of_int8(np.array([-7]), 3),
        of_numeric(np.array([-7_005]), 2, 3),
        of_numeric(np.array([0]), 1, 3),
        of_float8(np.array([7.5]), 3),
        of_text(text, np.array([0, len(text)]), 3, np.uint64(0)),
        _days(np.array([2_744]), 3, np.uint64(0)),
        of_instant(np.array([-15_353_572_223_000]), 3),
    )
    answers = tuple(int(one.view(np.int64)[0]) for one in known)
    return None if server.one(_KNOWN) == answers else "the server hashes differently"


def _scale(declared: str) -> int | None:
    """Digits behind the point of exact numbers that fit into 64 bits, with what their last group of four lacks."""
    if declared in WHOLE:
        return 0
    if not declared.startswith("DECIMAL("):
        return None
    width, scale = map(int, declared[8:-1].split(","))
    return scale if width + -scale % 4 <= _DIGITS else None


def _micros(value: str, name: str) -> str:
    """Microseconds since 1970."""
    near = _BETWEEN.format(type=name)
    return f"case when {value} {near} then epoch_us({value}) when {value} is not null then {FAR} end"


def longs(column: Any) -> NDArray[np.int64]:
    """A column of bigint."""
    return _numbers(column, np.int64)


def _numbers(column: Any, kind: Any) -> NDArray[Any]:
    """The values of a column of fixed width; anything where there is a null."""
    return np.frombuffer(column.buffers()[1], kind)[column.offset : column.offset + len(column)]


def _units(column: Any) -> NDArray[np.int64]:
    """The lower halves of decimals of 128 bits, which are all of those that fit into 64."""
    return np.frombuffer(column.buffers()[1], np.int64)[2 * column.offset : 2 * (column.offset + len(column)) : 2]


def _text(column: Any, seed: int, far: np.uint64) -> Hashes:
    _, offsets, data = column.buffers()
    kind = np.int64 if str(column.type) == "large_string" else np.int32
    bounds = np.frombuffer(offsets, kind)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    text = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return of_text(text, bounds, seed, far)


def _instants(micros: NDArray[np.int64], seed: int, far: np.uint64) -> Hashes:
    """Microseconds since 1970; the server counts from 2000."""
    return np.where(micros == FAR, far, of_instant(micros - _FROM_1970_TO_2000, seed))


def _days(days: NDArray[np.int64], seed: int, far: np.uint64) -> Hashes:
    """The server hashes an array of the one date."""
    return np.where(days == FAR, far, of_uint32(days.astype(np.uint32), seed) + np.uint64(_OF_ONE))
