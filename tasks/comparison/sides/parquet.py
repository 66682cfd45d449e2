"""A side that is one Parquet file or many: columns have types, and equal types hash natively."""

from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import column, literal
from tasks.comparison.errors import SideError
from tasks.comparison.files.paths import Files, found
from tasks.comparison.files.side import FileSide, refuse_a_relation
from tasks.comparison.kinds import Column
from tasks.comparison.request import Location

SUFFIXES = frozenset({".parquet", ".pq"})


def open_location(location: Location, *, seconds: float | None = None) -> FileSide:  # noqa: ARG001 — a local file has no server to protect
    """Opens the files at a location."""
    refuse_a_relation(location.relation)
    return FileSide(ParquetFormat(), found(location.address, SUFFIXES), location.where)


class ParquetFormat:
    """Parquet; folders named `column=value` give that column."""

    dialect = "parquet"

    def relation(self, files: Files) -> str:
        """DuckDB's reader over all files, which must share one schema."""
        listed = ", ".join(literal(str(path)) for path in files.paths)
        hive = any("=" in part for path in files.paths for part in path.parts[:-1])
        return f"read_parquet([{listed}], hive_partitioning = {str(hive).lower()})"

    def columns(self, files: Files, duck: Duck) -> tuple[Column, ...]:
        """The schema of the first file."""
        described = duck.all(f"describe select * from {self.relation(files)}")  # noqa: S608 — paths are literals
        return tuple(column(name, declared) for name, declared, *_ in described)

    def diagnose(self, files: Files, error: SideError) -> SideError:
        """The first file that does not end as Parquet files do."""
        for path in files.paths:
            with path.open("rb") as file:
                start = file.read(4)
                file.seek(max(0, path.stat().st_size - 4))
                if start == b"PAR1" and file.read(4) == b"PAR1":
                    continue
            return SideError(
                f"{path.name} is no whole Parquet file: {'cut short' if start == b'PAR1' else 'not Parquet'}"
            )
        return error
