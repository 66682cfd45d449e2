"""Opens a side from its address: a URL's scheme or a path's suffix names the dialect."""

from importlib import import_module
from pathlib import Path, PurePath
from typing import Protocol, cast

from tasks.comparison.errors import RequestError
from tasks.comparison.files.paths import suffix_inside
from tasks.comparison.request import Location
from tasks.comparison.side import Side

SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
SUFFIXES = {
    ".jsonl": "jsonlines",
    ".ndjson": "jsonlines",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}


class Dialect(Protocol):
    """What a module under `sides/` offers."""

    def open_location(self, location: Location, *, seconds: float | None) -> Side:
        """Opens it; `seconds` limits each query."""


def open_side(
    address: str, relation: str | None = None, *, where: str | None = None, seconds: float | None = None
) -> Side:
    """The side at an address; the caller closes it."""
    return open_location(Location(address, relation, where), seconds=seconds)


def open_location(location: Location, *, seconds: float | None = None) -> Side:
    """The side at a location; the caller closes it."""
    module = import_module(f"tasks.comparison.sides.{dialect_of(location.address)}")
    return cast("Dialect", module).open_location(location, seconds=seconds)


def dialect_of(address: str) -> str:
    """The dialect that reads an address, by name."""
    scheme, divider, _ = address.partition("://")
    if divider:
        found = SCHEMES.get(scheme.partition("+")[0])
        if found is None:
            raise RequestError(f"no side is known for {scheme}://; known: {', '.join(sorted(SCHEMES))}")
        return found
    if Path(address).is_dir():
        return SUFFIXES[suffix_inside(Path(address), frozenset(SUFFIXES))]
    for suffix in reversed(PurePath(address).suffixes):
        named = suffix.lower().rstrip("*")  # of a pattern such as `*.csv*`
        if named in SUFFIXES:
            return SUFFIXES[named]
    raise RequestError(f"no side is known for this kind of path; known: {', '.join(sorted(SUFFIXES))}")
