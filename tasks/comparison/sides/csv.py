"""A side that is one CSV file or many with one header: columns are text without declared types.

An empty field is null and a quoted empty one is empty text, as PostgreSQL writes them.
"""

import csv
import re
from pathlib import Path

import _duckdb

from tasks.comparison.duck.session import Duck, translated
from tasks.comparison.duck.types import literal
from tasks.comparison.errors import SideError
from tasks.comparison.files.lines_about import lines_about
from tasks.comparison.files.paths import UNREADABLE, Files, found, opened, said_of
from tasks.comparison.files.side import FileSide, refuse_a_relation, refuse_like_names
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.request import Location

SUFFIXES = frozenset({".csv", ".tsv"})
DIVIDERS = (",", "\t", ";", "|")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def open_location(
    location: Location,
    *,
    seconds: float | None = None,  # noqa: ARG001 — a local file has no server to protect
    beside: Duck | None = None,
) -> FileSide:
    """Opens the files at a location, perhaps in a DuckDB `beside` it, which is closed later."""
    refuse_a_relation(location.relation)
    files = found(location.address, SUFFIXES, location.called)
    return FileSide(CsvFormat(files), files, location.where, beside=beside)


class CsvFormat:
    """CSV in UTF-8 with a header, divided by what divides the header."""

    dialect = "csv"

    def __init__(self, files: Files) -> None:
        self.divider, self.names = header_of(files.paths[0], files.name)
        for path in files.paths[1:]:
            if header_of(path, files.name) != (self.divider, self.names):
                raise SideError(f"{said_of(files.name, path)} has another header than {files.paths[0].name}")

    def relation(self, files: Files) -> str:
        """DuckDB's reader over all files, every value as text, strict."""
        listed = ", ".join(literal(str(path)) for path in files.paths)
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.names)
        return (
            f"read_csv([{listed}], auto_detect = false, header = true, columns = {{{columns}}},"
            f" delim = {literal(self.divider)}, quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false,"
            " strict_mode = true, null_padding = false)"
        )

    def lines(self, files: Files) -> str:
        """DuckDB's reader of whole lines after the header, as the column `line`; one with `delim` is an error."""
        listed = ", ".join(literal(str(path)) for path in files.paths)
        return (
            f"read_csv([{listed}], auto_detect = false, header = false, skip = 1, columns = {{'line': 'VARCHAR'}},"
            " delim = '\x01', quote = '', escape = '', nullstr = '\x02', strict_mode = true)"
        )

    def columns(self, files: Files, duck: Duck) -> tuple[Column, ...]:  # noqa: ARG002 — the header says it
        """The names of the header."""
        return tuple(Column(name, Kind.TEXT, "VARCHAR", loose=True) for name in self.names)

    def rows_about(self, files: Files, duck: Duck) -> int | None:  # noqa: ARG002 — samples say it
        """About so many as lines."""
        return sum(lines_about(path) for path in files.paths)

    def diagnose(self, files: Files, error: SideError) -> SideError:  # noqa: ARG002 — DuckDB names the line itself
        """The error as it is."""
        return error


def header_of(path: Path, name: str) -> tuple[str, tuple[str, ...]]:
    """The divider and the names of the header of a file of a side called `name`; an empty file has none."""
    called = said_of(name, path)
    try:
        line = _first_line(path, called)
    except UNREADABLE as error:
        raise SideError(f"{called} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SideError(f"{called}: line 1 is not UTF-8") from error
    if not line.strip():
        raise SideError(f"{called} is empty: it has no header")
    if "\r" in line:
        raise SideError(f"{called}: a line ends with a carriage return alone; write a line feed after it")
    unquoted = _QUOTED.sub("", line)
    if '"' in unquoted:
        raise SideError(f"{called}: a name in the header goes on over the end of line 1; write it in one line")
    divider = "\t" if ".tsv" in path.suffixes else max(DIVIDERS, key=unquoted.count)
    names = tuple(next(csv.reader([line], delimiter=divider)))
    if len(set(names)) != len(names) or not all(names):
        raise SideError(f"{called}: the header names a column twice or not at all")
    refuse_like_names(called, names)
    return divider, names


def _first_line(path: Path, called: str) -> str:
    if path.suffix.lower() == ".zst":
        return _first_line_zstd(path, called)
    with opened(path) as file:
        return file.readline().decode("utf-8-sig").rstrip("\r\n")


def _first_line_zstd(path: Path, called: str) -> str:
    """By DuckDB, because Python before 3.14 knows no Zstandard."""
    options = "auto_detect = false, header = false, quote = '', escape = '', delim = '\x01', strict_mode = false"
    reader = f"read_csv({literal(str(path))}, {options}, columns = {{'line': 'VARCHAR'}})"
    query = f"select line from {reader} limit 1"  # noqa: S608 — the path is a literal
    with translated(called), _duckdb.connect() as connection:
        row = connection.execute(query).fetchone()
    return str(row[0]).removeprefix("\ufeff") if row else ""
