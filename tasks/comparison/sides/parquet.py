"""A side that is one Parquet file or many: columns have types, and equal types hash natively."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from os.path import commonpath
from pathlib import Path
from typing import Any

from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import column, literal
from tasks.comparison.errors import SideError
from tasks.comparison.files.paths import Files, found, said_of
from tasks.comparison.files.side import FileSide, refuse_a_relation, refuse_like_names
from tasks.comparison.kinds import Column
from tasks.comparison.request import Location

SUFFIXES = frozenset({".parquet", ".pq"})
WIDEST = 38
"""Digits of DuckDB's longest decimal: it reads a longer one as a float."""
INT96 = "INT96"
"""A type of old for timestamps in nanoseconds, of which DuckDB reads microseconds, for not all years fit into more."""


def open_location(
    location: Location,
    *,
    seconds: float | None = None,  # noqa: ARG001 — a local file has no server to protect
    beside: Duck | None = None,
) -> FileSide:
    """Opens the files at a location, perhaps in a DuckDB `beside` it, which is closed later."""
    refuse_a_relation(location.relation)
    return FileSide(ParquetFormat(), found(location.address, SUFFIXES, location.called), location.where, beside=beside)


@dataclass(frozen=True, slots=True)
class _Type:
    """The type of a column as DuckDB reads it, and the decimal in it of which that is only a float, if there is one.

    `cut` says that timestamps in it are `INT96`, whose nanoseconds DuckDB does not read.
    """

    name: str
    wide: str | None
    cut: bool = field(compare=False)

    @property
    def said(self) -> str:
        return self.wide or self.name


class ParquetFormat:
    """Parquet; folders named `column=value` give that column."""

    dialect = "parquet"

    def relation(self, files: Files) -> str:
        """DuckDB's reader over all files, whose types are those of the first one."""
        listed = ", ".join(literal(str(path)) for path in files.paths)
        hive = str(bool(_names_of_folders(files))).lower()
        return f"read_parquet([{listed}], hive_partitioning = {hive})"

    def columns(self, files: Files, duck: Duck) -> tuple[Column, ...]:
        """The one schema of all files, and what their folders say."""
        described = duck.all(f"describe select * from {self.relation(files)}")  # noqa: S608 — paths are literals
        footers = _footers(files, duck)
        cut = {name for footer in footers.values() for name, kept in footer.items() if kept.cut}
        first = footers.pop(files.paths[0])
        for path, schema in footers.items():
            if schema != first:  # in whatever order
                raise SideError(_unlike(files, path, first, schema))
        _refuse_names_of_folders(files, first)
        found = (_column(name, declared, first.get(name)) for name, declared, *_ in described)
        return tuple(replace(one, caveat=f"{INT96} to the microsecond") if one.name in cut else one for one in found)

    def rows_about(self, files: Files, duck: Duck) -> int | None:
        """So many as the files themselves say."""
        return int(duck.one(f"select count(*) from {self.relation(files)}")[0])  # noqa: S608 — paths are literals

    def diagnose(self, files: Files, error: SideError) -> SideError:
        """The first file that does not end as Parquet files do."""
        for path in files.paths:
            with path.open("rb") as file:
                start = file.read(4)
                file.seek(max(0, path.stat().st_size - 4))
                if start == b"PAR1" and file.read(4) == b"PAR1":
                    continue
            why = "cut short" if start == b"PAR1" else "not Parquet"
            return SideError(f"{said_of(files.name, path)} is no whole Parquet file: {why}")
        return error


def _names_of_folders(files: Files) -> dict[str, str]:
    """The folders that give a column, by its name without case."""
    parts = (part for path in files.paths for part in path.parts[:-1] if "=" in part)
    return {part.partition("=")[0].lower(): part for part in parts}


def _refuse_names_of_folders(files: Files, names: Iterable[str]) -> None:
    """Refuses a column that a folder gives too: DuckDB would not read what the files say."""
    folders = _names_of_folders(files)
    for name in names:
        if folder := folders.get(name.lower()):
            raise SideError(
                f"{files.name}: column {name} is in the files and the folder {folder} gives it too: rename the folder"
            )


def _footers(files: Files, duck: Duck) -> dict[Path, dict[str, _Type]]:
    """The types of each file's columns by name."""
    listed = ", ".join(literal(str(path)) for path in files.paths)
    told = "file_name, name, coalesce(num_children, 0), duckdb_type, precision, scale, type"
    query = f"select {told} from parquet_schema([{listed}]) order by file_name, column_id"  # noqa: S608 — paths are literals
    found = ((Path(file), rows) for file, rows in groupby(duck.all(query), itemgetter(0)))
    return {path: _columns(said_of(files.name, path), rows) for path, rows in found}


def _columns(called: str, rows: Iterator[Any]) -> dict[str, _Type]:
    """The columns of one footer; DuckDB gives another name to one that another column has but for its case."""
    (_, _, number, *_) = next(rows)
    columns = [_node(rows) for _ in range(number)]
    refuse_like_names(called, [name for name, _ in columns])
    return dict(columns)


def _node(rows: Iterator[Any]) -> tuple[str, _Type]:
    """The next column of a footer, where what is inside a column follows it."""
    _, name, children, declared, precision, scale, stored = next(rows)
    wide = f"DECIMAL({precision},{scale})" if precision is not None and precision > WIDEST else None
    cut = stored == INT96
    for _ in range(children):
        inside = _node(rows)[1]
        wide, cut = inside.wide or wide, inside.cut or cut
    return name, _Type(declared, wide, cut)


def _column(name: str, declared: str, kept: _Type | None) -> Column:
    """A column as it is read; one without a type of its own is a folder's."""
    wide = kept and kept.wide
    unfit = f"{wide} has more digits than can be read exactly, which are {WIDEST}" if wide else ""
    return replace(column(name, declared), unfit=unfit)


def _unlike(files: Files, path: Path, first: dict[str, _Type], schema: dict[str, _Type]) -> str:
    """What a file has otherwise than the first one."""
    folder = commonpath([one.parent for one in files.paths])
    here, there = (one.relative_to(folder) for one in (path, files.paths[0]))
    name = next(name for name in [*first, *schema] if first.get(name) != schema.get(name))
    if name in first and name in schema:
        said = f"{here}: column {name} is {schema[name].said}, and {first[name].said} in {there}"
    else:
        has, lacks = (here, there) if name in schema else (there, here)
        said = f"{has} has a column {name}, and {lacks} has none"
    return f"{said}: write the files of a side with the same columns and types"
