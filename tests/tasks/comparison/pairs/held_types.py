"""Types of column: which values stores hold in common, how each declares and writes them, and what a value means.

A value is plain Python: numbers, text, bytes, UUIDs, lists and documents; a date is its days and any other time its
microseconds, since 1970 or midnight, so that years may lie outside what Python's classes hold.
"""

import json
import math
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from tasks.comparison import ColumnRule, Kind

Texts = Callable[[Any], list[str]]
TYPED = ("postgresql", "mysql", "parquet")
"""Stores that hold text where they do not declare a type; in the others a column is what the other side says."""
DAY = 86_400 * 10**6
EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True, repr=False)
class Type:
    """A type; `texts` are equal ways to write a value, the first of them the one that reports show.

    A store that does not declare it holds text. `ranges` are the bounds of whole numbers, under `text` for all stores
    that are not named; a store that `excludes` some values holds all others.
    """

    name: str
    kind: Kind
    declared: Mapping[str, str]
    values: st.SearchStrategy[Any] = st.nothing()  # noqa: RUF009 — a strategy has no state
    texts: Texts = lambda value: [str(value)]
    meaning: Callable[[Any], Hashable] = lambda value: value
    near: Callable[[Any], list[Any]] = lambda _: []
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    excludes: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    unlike: bool = False
    """Whether stores say so differently what it is that a person has to."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.name)

    def fits(self, value: Any, *stores: str) -> bool:
        """Whether all stores hold a value."""
        low, high = self._range(stores)
        if self.ranges and isinstance(value, int) and not low <= value <= high:
            return False
        return not any(store in self.excludes and self.excludes[store](value) for store in stores)

    def between(self, *stores: str) -> st.SearchStrategy[Any]:
        """Values that all stores hold, extremes among them."""
        found = self.values
        if self.ranges:
            low, high = self._range(stores)
            ends = [one for one in (low, low + 1, -1, 0, 1, high - 1, high) if low <= one <= high]
            found = found | st.sampled_from(ends) | st.integers(low, high)
        return found.filter(lambda value: self.fits(value, *stores))

    def neighbours(self, value: Any, *stores: str) -> list[Any]:
        """Values that are nearly the same and yet are others."""
        found = [one for one in self.near(value) if self.fits(one, *stores)]
        return [one for one in found if self.meaning(one) != self.meaning(value)]

    def rule(self, *stores: str) -> ColumnRule:
        """None where the types of the stores say what it is, else that it is what it is."""
        said = any(store in self.declared for store in stores)
        unsaid = any(store in TYPED and store not in self.declared for store in stores)
        return ColumnRule(kind=self.kind) if unsaid or not said or self.unlike else ColumnRule()

    def _range(self, stores: tuple[str, ...]) -> tuple[int, int]:
        bounds = [self.ranges.get(store, self.ranges.get("text", (0, 0))) for store in stores]
        return max(low for low, _ in bounds), min(high for _, high in bounds)


# What values are written as ----------------------------------------------------------------------------------------


def decimal_texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    plain = "0" if plain == "-0" else plain
    return [plain, f"{plain}00" if "." in plain else f"{plain}.0", f"{value:e}"]


def float_texts(value: float) -> list[str]:
    return [repr(value), f"{value:.17e}"]


def boolean_texts(value: bool) -> list[str]:
    return ["true", "t", "1"] if value else ["false", "f", "0"]


def uuid_texts(value: UUID) -> list[str]:
    return [str(value), str(value).upper(), value.hex]


def bytes_texts(value: bytes) -> list[str]:
    return [f"\\x{value.hex()}", f"\\x{value.hex().upper()}"]


def civil(days: int) -> tuple[str, str]:
    """A day since 1970 as ISO text of its year, month and day, and the era where that is not ours."""
    eras, rest = divmod(days + 719_468, 146_097)
    of_era = (rest - rest // 1_460 + rest // 36_524 - rest // 146_096) // 365
    of_year = rest - (365 * of_era + of_era // 4 - of_era // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = of_era + eras * 400 + (month <= 2)
    return f"{year if year > 0 else 1 - year:04}-{month:02}-{day:02}", "" if year > 0 else " BC"


def clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 10**6)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}".rstrip("0") if fraction else text


def date_texts(value: int | str) -> list[str]:
    return [value] if isinstance(value, str) else ["".join(civil(value))]


def time_texts(value: int) -> list[str]:
    text = clock(value)
    return [text, f"{text}0" if "." in text else f"{text}.000"]


def stamp_texts(value: int | str, *, zone: str = "") -> list[str]:
    if isinstance(value, str):
        return [value]
    days, rest = divmod(value, DAY)
    written, era = civil(days)
    found = [f"{written}{between}{clock(rest)}{zone}{era}" for between in ("T", " ")]
    if zone:
        days, rest = divmod(value + 19_800 * 10**6, DAY)
        written, era = civil(days)
        found.append(f"{written} {clock(rest)}+05:30{era}")
    return found


def document_texts(value: Any) -> list[str]:
    return [_json(value), _json(value, spread=True)]


def _json(value: Any, *, spread: bool = False) -> str:
    """JSON text of a document, with every digit; perhaps turned about and spread."""
    if isinstance(value, Decimal):
        return f"{value}"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else json.dumps(repr(value))
    if isinstance(value, list):
        return f"[{(' , ' if spread else ',').join(_json(one, spread=spread) for one in value)}]"
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}:{_json(one, spread=spread)}" for name, one in value.items()]
        return f"{{{(' , ' if spread else ',').join(items[::-1] if spread else items)}}}"
    return json.dumps(value, ensure_ascii=spread)


def postgres_array(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"{{{','.join(map(postgres_array, value))}}}"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# What values mean --------------------------------------------------------------------------------------------------


def number(value: Any) -> Hashable:
    return "NaN" if value != value else value


def document(value: Any) -> Hashable:
    if isinstance(value, dict):
        return frozenset((name, document(one)) for name, one in value.items())
    if isinstance(value, list):
        return tuple(map(document, value))
    return type(value) in (bool, str), number(value)


# What is nearly the same -------------------------------------------------------------------------------------------


def near_text(value: str) -> list[str]:
    forms = [unicodedata.normalize(form, value) for form in ("NFC", "NFD", "NFKC")]
    return [f"{value} ", value.swapcase(), value.strip(), f"{value}\n", f"{value}\t", *forms]


def near_float(value: float) -> list[float]:
    return [math.nextafter(value, math.inf), math.nextafter(value, -math.inf), -value]


def near_decimal(value: Any, digits: int, places: int) -> list[Any]:
    if isinstance(value, str) or abs(value.adjusted()) > digits:
        return []
    step = Decimal(1).scaleb(-places)
    found = [EXACT.add(value, step), EXACT.subtract(value, step), -value]
    return [one for one in found if one.adjusted() < digits - places]


def near_whole(value: int | str) -> list[int]:
    return [] if isinstance(value, str) else [value + 1, value - 1, -value, value + 10**6, value ^ 1 << 32]


def near_list(value: list[Any]) -> list[Any]:
    nested = any(isinstance(one, list) for one in value)
    return [value[::-1], value + value[:1], *([] if nested else [[*value, None], value[1:]])]


def near_document(value: Any) -> list[Any]:
    found = [[value], str(value)]
    if isinstance(value, list):
        found += [value[::-1], [*value, None], value[1:]]
    return found


# The types ---------------------------------------------------------------------------------------------------------

SPECIAL = ("NaN", "Infinity", "-Infinity")
EVIL = [
    "", " ", "a", "A", "a ", '"', "'", ",", "\n", "\r\n", "\t", "a,b\n", "\\", "\\N", "\\x61", "NULL", "null", "NaN",
    "0", "1", "1.0", "true", "{}", "[]", "Zoë", "💶", "ﬁ", "é", "e\u0301", "İ", "ß", "\u00a0", "\u200b", "\ufeff",
    "\uffff", "\U0010ffff", "\x01", "\x7f", "\u0085", "\u2028", "%s", "{a}", "⟦",
]  # fmt: skip
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=8) | st.sampled_from(EVIL)
LABELS = ("", "a", "A", "ä", "e\u0301", "é", "it's", 'say "so"', "a b", "null", "💶")
_LISTED = ", ".join("'" + label.replace("'", "''") + "'" for label in LABELS)
SHARED_DATES = (-354_285, 2_932_896)
"""From the year 1000 to the end of 9999, as MySQL says of itself."""
WIDE_DATES = (-2_440_588, 106_741_000)
"""From 4713 before Christ to the year 294216, near the end of what PostgreSQL and DuckDB hold in microseconds."""


def decimals(digits: int, places: int) -> st.SearchStrategy[Decimal]:
    whole = st.integers(1 - 10**digits, 10**digits - 1) | st.integers(-(10**9), 10**9)
    ends = st.sampled_from([0, 1, -1, 10**digits - 1, 1 - 10**digits, 10**places, 10 ** (digits - 1)])
    return (whole | ends).map(lambda one: EXACT.scaleb(Decimal(one), -places))


def whole(name: str, declared: dict[str, str], low: int, high: int) -> Type:
    kinds = {"sqlite": "integer"} if high < 2**63 else {}
    return Type(name, Kind.INTEGER, declared | kinds, near=near_whole, ranges={"text": (low, high)})


def lists(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(st.none() | inner, max_size=4)


def grids(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists of lists of one length, which are all that PostgreSQL's arrays can be."""
    row = st.lists(st.none() | inner, min_size=2, max_size=2)
    return st.lists(row, min_size=1, max_size=3)


def array(name: str, postgres: str, parquet: str, values: st.SearchStrategy[Any], **more: Any) -> Type:
    declared = {"postgresql": postgres, "parquet": parquet}
    return Type(name, Kind.ARRAY, declared, values, document_texts, document, near_list, **more)


DOCUMENTS = st.recursive(
    st.sampled_from([None, True, False, 0, 1, "", "1", "true", "ä", "💶", '"', 2**53 + 1, 10**30, Decimal("0.1")])
    | st.decimals(-(10**12), 10**12, places=5)
    | st.text(CHARACTERS, max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=3),
    max_leaves=5,
)
SHORTS = whole("shorts", {"postgresql": "smallint", "mysql": "smallint", "parquet": "smallint"}, -(2**15), 2**15 - 1)
INTS = whole("ints", {"postgresql": "integer", "mysql": "int", "parquet": "integer"}, -(2**31), 2**31 - 1)
LONGS = whole("longs", {"postgresql": "bigint", "mysql": "bigint", "parquet": "bigint"}, -(2**63), 2**63 - 1)
UNSIGNED = whole(
    "unsigned", {"postgresql": "numeric(20,0)", "mysql": "bigint unsigned", "parquet": "ubigint"}, 0, 2**64 - 1
)
MONEY = Type(
    "money", Kind.NUMERIC, {"postgresql": "numeric(38,10)", "mysql": "decimal(38,10)", "parquet": "decimal(38,10)"},
    decimals(38, 10), decimal_texts, near=partial(near_decimal, digits=38, places=10),
)  # fmt: skip
WIDEST = Type(
    "widest", Kind.NUMERIC, {"postgresql": "numeric(65,30)", "mysql": "decimal(65,30)"},
    decimals(65, 30), decimal_texts, near=partial(near_decimal, digits=65, places=30),
)  # fmt: skip
ANY_NUMBER = Type(
    "any_number", Kind.NUMERIC, {"postgresql": "numeric"},
    st.sampled_from([*SPECIAL, Decimal("1e300"), Decimal("-1e-300"), Decimal(0)]) | decimals(90, 45), decimal_texts,
    near=partial(near_decimal, digits=90, places=45),
)  # fmt: skip
DOUBLES = Type(
    "doubles", Kind.FLOAT,
    {"postgresql": "float8", "mysql": "double", "parquet": "double", "sqlite": "real"},
    st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1.7976931348623157e308, 0.1]),
    float_texts, number, near_float,
    excludes={"mysql": lambda value: not math.isfinite(value), "sqlite": math.isnan},
)  # fmt: skip
SINGLES = Type(
    "singles", Kind.FLOAT, {"postgresql": "real", "mysql": "float", "parquet": "float", "sqlite": "real"},
    st.sampled_from([0.0, -0.0, 0.1, -0.1, 1.5, 16777216.0, 3.4028235e38, 1e-45, math.inf, -math.inf, math.nan, 1e-30]),
    lambda value: [repr(value)], number,
    excludes={"mysql": lambda value: not abs(value) < 3e38, "sqlite": math.isnan},
)  # fmt: skip
FLAGS = Type(
    "flags", Kind.BOOLEAN, {"postgresql": "boolean", "mysql": "tinyint(1)", "parquet": "boolean", "sqlite": "boolean"},
    st.booleans(), boolean_texts,
)  # fmt: skip
WORDS = Type(
    "words", Kind.TEXT,
    {"postgresql": "text", "mysql": "varchar(200) character set utf8mb4 collate utf8mb4_nopad_bin",
     "parquet": "varchar", "sqlite": "text"},
    TEXTS, near=near_text,
)  # fmt: skip
ENUMS = Type(
    "enums", Kind.TEXT,
    {"postgresql": "mood", "mysql": f"enum({_LISTED}) collate utf8mb4_nopad_bin", "parquet": f"enum({_LISTED})"},
    st.sampled_from(LABELS),
)  # fmt: skip
BYTES = Type(
    "octets", Kind.BYTES, {"postgresql": "bytea", "mysql": "varbinary(20)", "parquet": "blob", "sqlite": "blob"},
    st.binary(max_size=6) | st.sampled_from([b"", b"\0", b"\\x", b"a ", b"\xff"]), bytes_texts,
    near=lambda value: [value + b"\0", value + b" ", value[::-1], value.lower()],
)  # fmt: skip
UUIDS = Type(
    "uuids", Kind.UUID, {"postgresql": "uuid", "mysql": "uuid", "parquet": "uuid"},
    st.uuids() | st.uuids(version=4) | st.sampled_from([UUID(int=0), UUID(int=2**128 - 1)]), uuid_texts,
    near=lambda value: [UUID(int=value.int ^ 1), UUID(int=value.int ^ 1 << 127)],
    excludes={"mysql": lambda value: value.version is None},  # MariaDB refuses some of what is of no version
)  # fmt: skip
DATES = Type(
    "dates", Kind.DATE, {"postgresql": "date", "mysql": "date", "parquet": "date"},
    st.sampled_from(["infinity", "-infinity"]), date_texts, near=near_whole,
    ranges={"mysql": SHARED_DATES, "text": WIDE_DATES}, excludes={"mysql": lambda value: isinstance(value, str)},
)  # fmt: skip
TIMES = Type(
    "times", Kind.TIME, {"postgresql": "time", "mysql": "time(6)", "parquet": "time"},
    texts=time_texts, near=near_whole, ranges={"text": (0, DAY - 1)},
)  # fmt: skip
STAMPS = Type(
    "stamps", Kind.LOCAL_TIMESTAMP, {"postgresql": "timestamp", "mysql": "datetime(6)", "parquet": "timestamp"},
    st.sampled_from(["infinity", "-infinity"]), stamp_texts, near=near_whole,
    ranges={"mysql": (SHARED_DATES[0] * DAY, SHARED_DATES[1] * DAY + DAY - 1),
            "text": (WIDE_DATES[0] * DAY, WIDE_DATES[1] * DAY)},
    excludes={"mysql": lambda value: isinstance(value, str)},
)  # fmt: skip
INSTANTS = Type(
    "instants", Kind.TIMESTAMP, {"postgresql": "timestamptz", "mysql": "timestamp(6) null", "parquet": "timestamptz"},
    st.sampled_from(["infinity", "-infinity"]), partial(stamp_texts, zone="Z"), near=near_whole,
    ranges={"mysql": (10**6, 2**31 * 10**6 - 1), "text": (WIDE_DATES[0] * DAY + DAY, WIDE_DATES[1] * DAY)},
    excludes={"mysql": lambda value: isinstance(value, str)},
)  # fmt: skip
SPANS = Type(
    "spans", Kind.INTERVAL, {"postgresql": "interval", "parquet": "interval"},
    texts=lambda value: [f"{value // 86_400} days {clock(value % 86_400 * 10**6)}"],
    near=near_whole, ranges={"text": (0, 2**31)},
)  # fmt: skip
INT_LISTS = array("int_lists", "integer[]", "integer[]", lists(st.sampled_from([0, 1, -1, 2**31 - 1, -(2**31)])))
TEXT_LISTS = array("text_lists", "text[]", "varchar[]", lists(TEXTS))
DECIMAL_LISTS = array("decimal_lists", "numeric(20,4)[]", "decimal(20,4)[]", lists(decimals(20, 4)))
FLAG_LISTS = array("flag_lists", "boolean[]", "boolean[]", lists(st.booleans()))
DAYS = st.sampled_from(["infinity", "-infinity", "0001-01-01", "9999-12-31", "2024-02-29", "12345-01-01"])
DATE_LISTS = array("date_lists", "date[]", "date[]", lists(DAYS))
INT_GRIDS = array("int_grids", "integer[][]", "integer[][]", grids(st.integers(-9, 9)), unlike=True)
JSONS = Type(
    "jsons", Kind.JSON, {"postgresql": "jsonb", "mysql": "json", "parquet": "json"},
    DOCUMENTS, document_texts, document, near_document,
    excludes={"jsonlines": lambda value: value is None},  # where a member that is null is no value
)  # fmt: skip
JSON_TEXTS = Type(
    "json_texts", Kind.JSON, {"postgresql": "json", "parquet": "json"},
    DOCUMENTS, document_texts, document, near_document,
    excludes={"jsonlines": lambda value: value is None},
)  # fmt: skip

GROUPS: tuple[tuple[Type, ...], ...] = (
    (SHORTS, INTS, LONGS, UNSIGNED, MONEY, WIDEST, ANY_NUMBER, DOUBLES, SINGLES, FLAGS),
    (WORDS, ENUMS, BYTES, UUIDS),
    (DATES, TIMES, STAMPS, INSTANTS, SPANS),
    (INT_LISTS, TEXT_LISTS, DECIMAL_LISTS, FLAG_LISTS, DATE_LISTS, INT_GRIDS, JSONS, JSON_TEXTS),
)
"""Types that stand in one table, so that one of them that a way does not know does not keep it from the others."""
SERIAL = whole("serial", {"postgresql": "bigint", "mysql": "bigint", "parquet": "bigint"}, -1_000, 1_000)
KEYS: tuple[tuple[Type, ...], ...] = (
    (LONGS,), (LONGS, WORDS), (WORDS,), (DATES, UUIDS), (INTS, WORDS, DATES), (UUIDS, INSTANTS, ENUMS), (MONEY, BYTES),
)  # fmt: skip
