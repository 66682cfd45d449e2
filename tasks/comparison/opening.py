"""Opens a side from its address: a URL's scheme or a path's suffix names the dialect."""

import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path, PurePath
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from tasks.comparison.errors import ComparisonCancelledError, RequestError, SideError
from tasks.comparison.files.paths import is_pattern, suffix_inside
from tasks.comparison.mentions import words
from tasks.comparison.progress import Asked
from tasks.comparison.request import Comparison, Location
from tasks.comparison.resolve import WHOLE_ROW
from tasks.comparison.side import Nameless, Side

if TYPE_CHECKING:
    from tasks.comparison.duck.session import Duck
    from tasks.comparison.files.side import FileSide

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
FILES = ("parquet", "csv", "jsonlines")
"""What DuckDB reads."""

LOOK_SECONDS = 0.1


class Dialect(Protocol):
    """What a module under `sides/` offers."""

    def open_location(self, location: Location, *, seconds: float | None) -> Side:
        """Opens it; `seconds` limits each query."""


class DialectOfFiles(Protocol):
    """What a module under `sides/` offers for files that DuckDB reads."""

    def open_location(self, location: Location, *, beside: "Duck | None") -> Side:
        """Opens them, perhaps in a DuckDB `beside` it, which is closed later."""


def open_side(
    address: str, relation: str | None = None, *, where: str | None = None, seconds: float | None = None
) -> Side:
    """The side at an address; the caller closes it."""
    return open_location(Location(address, relation, where), seconds=seconds)


def open_location(location: Location, *, seconds: float | None = None) -> Side:
    """The side at a location; the caller closes it."""
    return cast("Dialect", _module(dialect_of(location.address))).open_location(location, seconds=seconds)


def _module(dialect: str) -> ModuleType:
    return import_module(f"tasks.comparison.sides.{dialect}")


def unless_cancelled(opening: Callable[[], Side], cancelled: Asked | None) -> Side:
    """The side that is being opened, or `ComparisonCancelledError` as soon as somebody asks to stop.

    Nothing interrupts the wait for a name or for a server that accepts and is silent. So it is on a thread of its own,
    which closes a side that comes too late.
    """
    if cancelled is None:
        return opening()
    from concurrent.futures import Future, wait  # late: it brings in logging

    opened: Future[Side] = Future()

    def run() -> None:
        try:
            opened.set_result(opening())
        except BaseException as error:  # noqa: BLE001 (raised again to the caller, whatever it is)
            opened.set_exception(error)

    threading.Thread(target=run, name="comparison-opening", daemon=True).start()
    while wait([opened], LOOK_SECONDS).not_done:
        if cancelled():
            opened.add_done_callback(lambda late: None if late.exception() else late.result().close())
            raise ComparisonCancelledError("the comparison was cancelled while its sides were opened")
    return opened.result()


def open_beside(side: Side, location: Location, *, seconds: float | None = None) -> Side:
    """The side at a location, which the caller closes first: two of one kind of file have one DuckDB."""
    dialect = dialect_of(location.address)
    if side.dialect == dialect and dialect in FILES:
        return cast("DialectOfFiles", _module(dialect)).open_location(location, beside=cast("FileSide", side).duck)
    return open_location(location, seconds=seconds)


def lend_names(request: Comparison, sides: tuple[Side, Side]) -> None:
    """Gives a side without rows and names those of the other, and those that the request asks of it."""
    for side, other in (sides, sides[::-1]):
        if not isinstance(side, Nameless) or side.columns():
            continue
        is_left = side is sides[0]
        asked = [one.left if is_left else one.right for one in request.mapped]
        asked += filter(None, [(request.left if is_left else request.right).where])
        names = [*(column.name for column in other.columns()), *(word for text in asked for word in words(text))]
        names = names or [name for name in (*request.key, *request.columns) if name != WHOLE_ROW]
        if not names:
            raise SideError(f"{sides[0].name} and {sides[1].name} are empty: no line names a column")
        side.take_names(dict.fromkeys(names))


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
    known = f"known: {', '.join(sorted(SUFFIXES))}"
    if not Path(address).exists() and not is_pattern(address):
        raise RequestError(
            f"{PurePath(address).name}: nothing is there, and the name ends as none of a file does; {known}"
        )
    raise RequestError(f"no side is known for this kind of path; {known}")
