"""Two Parquet files read abreast: SQL over the rows `l` and `r` that stand at one place in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasks.comparison.duck.forms import Held, Style, UnfitError, forms
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import quoted, read_sql
from tasks.comparison.files.side import FileSide
from tasks.comparison.resolve import Compared, Task
from tasks.comparison.side import Selected

PLACE = "file_row_number"
"""DuckDB's name for the place of a row, which no column may have."""
ROWS_OF_A_PART = 122_880
FIRST_ROWS = 2_048


@dataclass(frozen=True, slots=True)
class Abreast:
    """Both files with `rows` rows each; `keys` and `values` hold a test for each compared column: it differs."""

    sides: tuple[FileSide, FileSide]
    columns: tuple[Compared, ...]
    keys: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def other_key(self) -> str:
        """SQL: the keys of the two rows differ."""
        return f"({' or '.join(self.keys)})"

    @property
    def differs(self) -> str:
        """SQL: anything of the two rows differs."""
        return " or ".join(self.keys + self.values)

    def pairs(self, start: int, stop: int) -> str:
        """What to select from for the pairs of rows from one place to below another, in the order of the files.

        Conditions on places are met while a file is read; anything else here would have DuckDB keep a whole file.
        """
        condition = f"{PLACE} >= {start} and {PLACE} < {stop}"
        left, right = (f"(from {side.relation} where {condition})" for side in self.sides)
        return f"{left} l positional join {right} r"

    def apart(self, start: int, stop: int, most: int) -> str:
        """A query for the first pairs that differ: raw values, `l…` and `r…`, and whether each value differs, `d…`."""
        parts = [f"{_raw('l', one.left)} as l{place}" for place, one in enumerate(self.columns)]
        parts += [f"{_raw('r', one.right)} as r{place}" for place, one in enumerate(self.columns)]
        parts += [f"{test} as d{place}" for place, test in enumerate(self.values)]
        chosen = ", ".join([*parts, f"{self.other_key} as other_key"])
        return f"select {chosen} from {self.pairs(start, stop)} where {self.differs} limit {most}"  # noqa: S608 — built from quoted names

    def with_two_keys(self, start: int, stop: int) -> str:
        """A query for how many pairs have two keys."""
        return f"select count(*) from {self.pairs(start, stop)} where {self.other_key}"  # noqa: S608 — built from quoted names

    def raw_of(self, side: int, table: str) -> str:
        """A query for the raw values of one side in a table of pairs."""
        columns = (f"{'lr'[side]}{place}" for place in range(len(self.columns)))
        return f"select {', '.join(columns)} from {table}"  # noqa: S608 — constant names

    def counted_in(self, table: str) -> str:
        """A query for how many pairs there are in a table, and in how many of them each value differs."""
        tests = (f"count(*) filter (d{place})" for place in range(len(self.values)))
        return f"select {', '.join(['count(*)', *tests])} from {table}"  # noqa: S608 — constant names

    def counted(self, start: int, stop: int) -> str:
        """A query for how many pairs differ, how many of them have two keys, and in how many each value differs."""
        tests = (f"count(*) filter ({test})" for test in (self.other_key, *self.values))
        chosen = ", ".join(["count(*)", *tests])
        return f"select {chosen} from {self.pairs(start, stop)} where {self.differs}"  # noqa: S608 — built from quoted names


def abreast(task: Task, sides: tuple[FileSide, FileSide]) -> Abreast:
    """Both files abreast; `UnfitError` where a value has no form that is one for all ways to write it."""
    if any(column.name.lower() == PLACE for side in sides for column in side.columns()):
        raise UnfitError(f"a column is named {PLACE}")
    tests = [_differs(column) for column in task.compared]
    keys = len(task.key)
    return Abreast(sides, task.compared, tuple(tests[:keys]), tuple(tests[keys:]))


def _differs(column: Compared) -> str:
    if column.rule.tolerance is not None:
        raise UnfitError("a column has a tolerance")
    left, right = forms(column, _held("l", column.left), _held("r", column.right))
    if left.odd or right.odd:
        raise UnfitError(f"equal values of {column.name} may be written in more than one way")
    return f"{left.sql} is distinct from {right.sql}"


def _held(side: str, one: Selected) -> Held:
    if one.expression is not None:
        raise UnfitError("a column is an expression")
    return Held(f"{side}.{quoted(one.column.name)}", one.column.declared, Style.TYPED)


def _raw(side: str, one: Selected) -> str:
    return read_sql(f"{side}.{quoted(one.column.name)}", one.column.kind, one.column.declared)


def rows_in(duck: Duck, side: FileSide) -> int:
    """How many rows the one file of a side says that it has."""
    (path,) = side.files.paths
    return int(duck.one("select num_rows from parquet_file_metadata(?)", [str(path)])[0])


def places(rows: int, threads: int) -> Sequence[tuple[int, int]]:
    """Parts of the places of so many rows, one for each thread."""
    parts = max(1, min(threads, rows // ROWS_OF_A_PART))
    cuts = [rows * part // parts for part in range(parts + 1)]
    return list(pairwise(cuts))
