"""A side that is JSON Lines, one file or many: one object a line, columns without declared types.

DuckDB finds the lines and refuses those that are no JSON; values are parsed here, because DuckDB's numbers are floats.
"""

import time
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from tasks.comparison import json_values
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import column, literal, read_sql
from tasks.comparison.errors import LateColumnsError, SideError
from tasks.comparison.files import lines
from tasks.comparison.files.line_totals import of_chosen_lines, of_lines
from tasks.comparison.files.lines_about import lines_about
from tasks.comparison.files.paths import UNREADABLE, Files, found, opened, said_of
from tasks.comparison.files.side import FileSide, refuse_a_relation
from tasks.comparison.files.totals import Total
from tasks.comparison.json_values import freeze, parsed, shown
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.request import Location
from tasks.comparison.side import Raw, Selection
from tasks.comparison.sides.memory import in_part

SUFFIXES = frozenset({".jsonl", ".ndjson"})
NAMED_BY = 1_000
"""A side is opened with the names in the first so many lines of each file; later ones are found while it is read."""
MOST_NAMES = 10_000
"""More than so many names are no columns but data: each line has names of its own."""
NAMED_LINES = 10
LONGEST = 16 << 20


def open_location(
    location: Location,
    *,
    seconds: float | None = None,  # noqa: ARG001 — a local file has no server to protect
    beside: Duck | None = None,
) -> "JsonLinesSide":
    """Opens the files at a location, perhaps in a DuckDB `beside` it, which is closed later."""
    refuse_a_relation(location.relation)
    files = found(location.address, SUFFIXES, location.called)
    return JsonLinesSide(JsonLinesFormat(), files, location.where, beside=beside)


class JsonLinesFormat:
    """JSON Lines in UTF-8."""

    dialect = "jsonlines"

    def relation(self, files: Files) -> str:
        """DuckDB's reader of whole lines, as the column `line`."""
        listed = ", ".join(literal(str(path)) for path in files.paths)
        reader = f"read_json_objects([{listed}], format = 'newline_delimited', maximum_object_size = {LONGEST})"
        return f"(select json::varchar line from {reader})"  # noqa: S608 — paths are literals

    def columns(self, files: Files, duck: Duck) -> tuple[Column, ...]:
        """The names in the first lines, in the order they appear; none where there is no line."""
        names: dict[str, None] = {}
        is_empty = True
        for path in files.paths:
            called = said_of(files.name, path)
            for line in self._first(path, called, duck):
                is_empty = False
                names.update(dict.fromkeys(record(line, called)))
        if not names and not is_empty:
            raise SideError(f"{files.name}: no line names a column")
        return _columns(names)

    def _first(self, path: Path, called: str, duck: Duck) -> list[str]:
        """The first lines of a file; by DuckDB, which takes much memory, only where Python alone cannot unpack it."""
        if path.suffix.lower() == ".zst":
            only = self.relation(Files(path.name, (path,), ()))
            return [line for (line,) in duck.all(f"select line from {only} limit {NAMED_BY}")]  # noqa: S608 — paths are literals
        with opened(path) as read:
            try:
                return [line.decode() for line in islice(read, NAMED_BY) if line.strip()]
            except (UnicodeDecodeError, *UNREADABLE) as error:
                raise SideError(f"{called} cannot be read: {error}") from error

    def rows_about(self, files: Files, duck: Duck) -> int | None:  # noqa: ARG002 — samples say it
        """About so many as lines."""
        return sum(lines_about(path) for path in files.paths)

    def diagnose(self, files: Files, error: SideError) -> SideError:
        """Which lines are not JSON objects, and how many."""
        for path in files.paths:
            try:
                said = _said_of_mark(path) or "; ".join(_said(*one) for one in _bad_lines(path).items())
            except UNREADABLE as unreadable:
                return SideError(f"{said_of(files.name, path)} cannot be read: {unreadable}")
            if said:
                return SideError(f"{said_of(files.name, path)}: {said}")
        return error


class JsonLinesSide(FileSide):
    """JSON Lines; a name that a line does not have is null, and `null` in a column is null too."""

    proven = False
    """Whether its lines were looked through, as `prove` does, while they were read for something else."""
    _discovered = False

    def discover(self) -> bool:
        """Has the names of all lines as columns: after those of the first lines the others, by name."""
        late = self._late_names()
        if len(late) > MOST_NAMES:
            raise SideError(f"{self.name}: its lines have {len(late):,} names besides those of the first; name few")
        self._columns += tuple(Column(name, Kind.JSON, "JSON", loose=True) for name in late)
        self._discovered = True
        return bool(late)

    def refuse_late_columns(self) -> None:
        """Raises `LateColumnsError` where a line has a name that is no column yet."""
        if self._late_names():
            raise LateColumnsError

    def _late_names(self) -> list[str]:
        if self._discovered:
            return []
        try:
            found = self.duck.all(f"select distinct unnest(json_keys(line)) from {self.relation}", label="names")  # noqa: S608 — paths are literals
        except SideError as error:
            raise self.format.diagnose(self.files, error) from error
        self.files.check()
        return sorted({name for (name,) in found}.difference(self._names))

    def take_names(self, names: Iterable[str]) -> None:
        """Has columns of these names, where no line names one."""
        self._columns = _columns(names)

    def column_of(self, expression: str) -> Column:
        """The kind of an SQL expression in DuckDB's language, over members that are text."""
        query = f"describe {lines.expressed(self.relation, self._names, expression)}"
        return column(expression, self.duck.one(query)[1])

    def prove(self, told: Callable[[float], None]) -> None:
        """Raises where a line is no JSON that DuckDB takes for it."""
        from tasks.comparison.files.strictness import LAX, any_lax, is_lax  # numpy is not for every comparison

        if self.proven:
            found = False
        elif self.files.compressed:
            doubtful = f"select line from {self.relation} where regexp_matches(line, {literal(LAX)})"  # noqa: S608 — paths are literals
            found = any(is_lax(line.encode()) for (line,) in self.duck.stream(doubtful, label="lines"))
        else:
            sizes = [stamp.size for stamp in self.files.stamps]
            before = accumulate(sizes, initial=0)

            def look(path: Path, passed: int) -> bool:
                return any_lax(path, lambda seen: told((passed + seen) / max(sum(sizes), 1)))

            found = any(map(look, self.files.paths, before))
        self.files.check()
        if found:
            raise self.format.diagnose(self.files, SideError(f"{self.name}: a line is not JSON"))

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns())

    def chosen(self, selection: Selection) -> str:
        """The lines that a selection is about, with its expressions beside them."""
        return lines.chosen(self.relation, self._names, selection)

    @staticmethod
    def expressions(selection: Selection) -> dict[int, Column]:
        """Which of the selected values are expressions, by place."""
        return {place: one.column for place, one in enumerate(selection.values) if one.expression is not None}

    def read_columns(self, selection: Selection) -> dict[str, str]:
        """What `rows_in` reads of the chosen lines, by name: the line, and its expressions so that nothing is lost."""
        places = self.expressions(selection).items()
        expressed = {f"r{place}": read_sql(f"e{place}", one.kind, one.declared) for place, one in places}
        return {"line": "line", **expressed}

    def rows(self, selection: Selection) -> Iterator[tuple[Raw, ...]]:
        """The selected values of every line."""
        columns = ", ".join(f"{value} as {name}" for name, value in self.read_columns(selection).items())
        query = f"select {columns} from {self.chosen(selection)}"  # noqa: S608 — paths are literals
        return self.rows_in(query, selection)

    def totals(self, selection: Selection) -> Iterator[Total]:
        """Sums by group; a part of the rows is added value by value."""

        def quickly() -> Iterator[Total] | None:
            if selection.start is not None or selection.stop is not None:
                return None
            if selection.where is None and not self.expressions(selection):
                found = self._plainly(selection)
                return of_lines(self.duck, self.relation, self.files, selection) if found is None else iter(found)
            return of_chosen_lines(self.duck, self.chosen(selection), selection)

        return self.added(selection, quickly)

    def _plainly(self, selection: Selection) -> list[Total] | None:
        """Sums by group of lines of a plain form; `None` where they have another."""
        from tasks.comparison.files.quick_totals import QuickTotals  # numpy is only for totals

        names = [one.column.name for one in selection.values]
        adding = QuickTotals(names[: selection.keys], names[selection.keys] if len(names) > selection.keys else None)
        if self.files.compressed or not adding.able:
            return None
        began = time.monotonic()
        self.ends_with.append(adding.stop)
        try:
            found = adding.of(self.files)
        finally:
            self.ends_with.remove(adding.stop)
        if found is not None:
            self.duck.note("totals", f"bytes of {', '.join(names)}", time.monotonic() - began, len(found))
        return found

    def rows_in(self, query: str, selection: Selection, duck: Duck | None = None) -> Iterator[tuple[Raw, ...]]:
        """The selected values of the lines and `read_columns` that a query gives, from this DuckDB or another."""
        names = [one.column.name for one in selection.values]
        places = self.expressions(selection)
        try:
            for line, *expressed in (duck or self.duck).stream(query):
                values = record(line, self.name)
                found = [values.get(name) for name in names]
                for (place, one), value in zip(places.items(), expressed, strict=True):
                    found[place] = json_values.loaded(value) if one.kind is Kind.JSON and value is not None else value
                if in_part(found[0], selection):
                    yield tuple(found)
        except SideError as error:
            raise self.format.diagnose(self.files, error) from error
        self.files.check()


def _columns(names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.JSON, "JSON", loose=True) for name in names)


def record(line: str, name: str) -> dict[str, Any]:
    """One line as an object, with exact numbers."""
    try:
        values = parsed(line)
    except ValueError as error:
        raise SideError(f"{name}: a line is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise SideError(f"{name}: a line is not a JSON object")
    return values


def _said_of_mark(path: Path) -> str:
    """What is wrong where a file begins with a mark that JSON does not have."""
    with opened(path) as read:
        marked = read.read(len(BOM_UTF8)) == BOM_UTF8
    return r"a byte order mark stands before line 1; remove it (sed '1s/^\xEF\xBB\xBF//')" if marked else ""


def _bad_lines(path: Path) -> dict[str, tuple[int, list[int]]]:
    """How many lines of a file are no JSON objects, and the first of them, by what they are not."""
    found: dict[str, tuple[int, list[int]]] = {}
    with opened(path) as read:
        for number, line in enumerate(read, start=1):
            fault = _fault(line) if line.strip() else ""
            if fault:
                count, first = found.get(fault, (0, []))
                found[fault] = count + 1, [*first, number][:NAMED_LINES]
    return found


def _fault(line: bytes) -> str:
    """What a line is not; nothing where it is an object."""
    try:
        values = parsed(line.decode())
        shown(freeze(values)).encode()  # half of a pair of surrogates is no letter
    except (ValueError, SideError):
        return "not JSON"
    return "" if isinstance(values, dict) else "no JSON object"


def _said(fault: str, found: tuple[int, list[int]]) -> str:
    count, first = found
    more = f" and {count - len(first)} more" if count > len(first) else ""
    lines_are = "1 line is" if count == 1 else f"{count} lines are"
    said = fault if count == 1 else fault.replace("no JSON object", "no JSON objects")
    return f"{lines_are} {said}: line {', '.join(map(str, first))}{more}"
