"""A private DuckDB: bounded memory, a temporary folder of its own, no downloads, errors by what they mean.

Imported is the engine alone, and late: the package around it takes a tenth of a second more, half of what a small
comparison takes. That is needed where Arrow comes in or goes out, and imported there.
"""

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from tasks.comparison.errors import ComparisonCancelledError, MemoryShortError, RequestError, SideError
from tasks.comparison.json_values import member_text
from tasks.comparison.result import Query

if TYPE_CHECKING:
    from concurrent.futures import Future

    import _duckdb

MEMORY = "256MB"
TOLD_SECONDS = 0.1
"""How often who listens hears how far a query is."""
IN_UTC = "set TimeZone = 'UTC'"
_SETTINGS = (
    IN_UTC,
    "set preserve_insertion_order = false",
    # After DuckDB 1.5.5 an external hash join with a filter pushed down is reported to drop rows.
    "set disabled_optimizers = 'join_filter_pushdown'",
    "set enable_progress_bar = false",
    "set disable_parquet_prefetching = true",
    "set parquet_metadata_cache = true",
)
_TELLING = ("set enable_progress_bar = true", "set enable_progress_bar_print = false", "set progress_bar_time = 0")
_LINE = re.compile(r"CSV Error on Line: (\d+)")
_FILE = re.compile(r"(?:^\s*file =|GZIP stream:) (.+)$", re.MULTILINE)
_SAID = (
    ("not utf-8 encoded", "is not UTF-8"),
    ("Invalid unicode", "is not UTF-8"),
    ("Expected Number of Columns", "has another number of columns than the header"),
    ("end of GZIP stream", "is cut short"),
    ("unterminated quote", "has a quote that does not end, or ends before its field does"),
    ("reached an invalid state", "is no CSV: perhaps some lines end in CR LF and others in LF"),
)


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns DuckDB's errors into ours; `name` says where they happened."""
    import _duckdb

    try:
        yield
    except _duckdb.InterruptException as error:
        raise ComparisonCancelledError(f"{name}: the query was ended") from error
    except (_duckdb.BinderException, _duckdb.ParserException, _duckdb.CatalogException) as error:
        raise RequestError(f"{name}: {_first(error)}") from error
    except _duckdb.OutOfMemoryException as error:
        raise MemoryShortError(f"{name}: {_first(error)}") from error
    except _duckdb.Error as error:
        file = _FILE.search(str(error))
        raise (SideError(said(error), file[1]) if file else SideError(f"{name}: {said(error)}")) from error


def said(error: "_duckdb.Error") -> str:
    """What an error says of the data, by line where it names one; nothing of the data itself."""
    text = str(error)
    line = _LINE.search(text)
    where = f"line {line[1]} " if line else ""
    for found, meaning in _SAID:
        if found in text:
            return f"{where}{meaning}"
    return f"{where}cannot be read: {_first(error)}" if where else _first(error)


def _first(error: "_duckdb.Error") -> str:
    return str(error).partition("\n")[0]


class Duck:
    """One instance in memory, for one thread, started when it is first asked; `cancel` may come from any thread.

    To start one takes as long as to compare small files, so that it may work in the instance of another one, `beside`
    it, which is closed later.
    """

    def __init__(self, name: str, *, memory: str = MEMORY, beside: "Duck | None" = None) -> None:
        self.name = name
        self._memory = memory
        self._elder = beside
        self._folder: str | None = None
        self._started: _duckdb.DuckDBPyConnection | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._queries: dict[str, list[Any]] = {}
        self._has_members = False
        self._beside: list[_duckdb.DuckDBPyConnection] = []
        self._heard: Callable[[float], None] | None = None

    @property
    def _connection(self) -> "_duckdb.DuckDBPyConnection":
        with self._starting:
            if self._started is None:
                if self._closed:  # by who cancelled the opening of the side beside it
                    raise ComparisonCancelledError(f"{self.name} was closed")
                self._started = self._start()
        return self._started

    def _start(self) -> "_duckdb.DuckDBPyConnection":
        import _duckdb

        if self._elder is not None:
            return self._elder.cursor()
        self._folder = tempfile.mkdtemp(prefix="comparison-")
        found = _duckdb.connect(
            ":memory:",
            config={
                "memory_limit": self._memory,
                "temp_directory": self._folder,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        for setting in _SETTINGS:
            found.execute(setting)
        return found

    def cursor(self) -> "_duckdb.DuckDBPyConnection":
        """Another connection to the same instance, which the caller closes."""
        found = self._connection.cursor()
        for setting in (IN_UTC, *(_TELLING if self._heard else ())):  # what each connection has for itself
            found.execute(setting)
        return found

    @contextmanager
    def _working(self) -> "Iterator[_duckdb.DuckDBPyConnection]":
        """A connection beside this one's, whose query `cancel` ends as well."""
        with self.cursor() as cursor:
            self._beside.append(cursor)
            try:
                yield cursor
            finally:
                self._beside.remove(cursor)

    @property
    def threads(self) -> int:
        """How many threads it works with."""
        return int(self.one("select current_setting('threads')")[0])

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """Works with one thread, and so in less memory, while other threads have work too."""
        with self.setting("threads", 1):
            yield

    @contextmanager
    def setting(self, name: str, value: int) -> Iterator[None]:
        """Works with another setting for a while."""
        self.run(f"set {name} = {value}")
        try:
            yield
        finally:
            self.run(f"reset {name}")

    @contextmanager
    def telling(self, heard: Callable[[float], None]) -> Iterator[None]:
        """Has `heard` called now and then while a query runs, with the share of it that is done; it may raise."""
        for setting in _TELLING:
            self.run(setting)
        self._heard = heard
        try:
            yield
        finally:
            self._heard = None
            self.run("set enable_progress_bar = false")

    def _told(self, ask: Callable[[], Any]) -> Any:
        """What is asked of DuckDB: where somebody wants to hear how far it is, on another thread."""
        if self._heard is None:
            return ask()
        from concurrent.futures import ThreadPoolExecutor  # late: it brings in logging

        with ThreadPoolExecutor(1, "comparison-query") as pool:
            return self._watched([pool.submit(ask)])[0].result()

    def _watched(self, asked: "list[Future[Any]]") -> "list[Future[Any]]":
        """Waits until all that runs on other threads has ended, or ends it where one of them failed."""
        from concurrent.futures import FIRST_EXCEPTION, wait

        every = None if self._heard is None else TOLD_SECONDS
        try:
            while wait(asked, timeout=every, return_when=FIRST_EXCEPTION).not_done:
                for one in asked:
                    if one.done():
                        one.result()
                if self._heard is not None:
                    self._heard(self._share())
        except BaseException:
            while wait(asked, timeout=0.05).not_done:  # a query that has not begun yet hears nothing
                self.cancel()
            raise
        return asked

    def _share(self) -> float:
        """How much of the running queries is done, as DuckDB sees it."""
        running = self._beside or [self._connection]
        return max(0.0, sum(one.query_progress() for one in running) / len(running) / 100)

    def run(self, query: str, values: Sequence[Any] | None = None, *, label: str = "") -> None:
        """Runs a statement that has no rows to fetch."""
        self.all(query, values, label=label)

    def all(self, query: str, values: Sequence[Any] | None = None, *, label: str = "") -> list[tuple[Any, ...]]:
        """All rows of a query."""
        self._ready_for(query)
        began = time.monotonic()
        with translated(self.name):
            rows: list[tuple[Any, ...]] = self._told(lambda: self._connection.execute(query, values).fetchall())
        self.note(label, query, time.monotonic() - began, len(rows))
        return rows

    def one(self, query: str, values: Sequence[Any] | None = None, *, label: str = "") -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self.all(query, values, label=label)
        return row

    def numbers(self, query: str, *, label: str) -> Any:
        """The only column of a query, which has no nulls, as an array in the order of the file it is read from."""
        began = time.monotonic()
        with translated(self.name):
            self._connection.execute("set preserve_insertion_order = true")
            try:
                (found,) = self._told(lambda: self._connection.execute(query).fetchnumpy()).values()
            finally:
                self._connection.execute("set preserve_insertion_order = false")
        self.note(label, query, time.monotonic() - began, len(found))
        return found

    def stream(self, query: str, *, label: str = "rows", at_once: int = 4_096) -> Iterator[tuple[Any, ...]]:
        """The rows of a query on a cursor of its own, never all in memory."""
        self._ready_for(query)
        began, read = time.monotonic(), 0
        with translated(self.name), self._working() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(at_once):
                read += len(rows)
                yield from rows
        self.note(label, query, time.monotonic() - began, read)

    def batches(self, query: str, rows: int, *, label: str) -> Iterator[Any]:
        """The rows of a query as Arrow record batches of about so many rows, on a cursor of its own, as they come."""
        import duckdb  # noqa: F401 — gives a cursor its `sql`

        began, read = time.monotonic(), 0
        with translated(self.name), self._working() as cursor:
            for batch in cursor.sql(query).to_arrow_reader(rows):
                read += len(batch)
                yield batch
        self.note(label, query, time.monotonic() - began, read)

    def all_at_once(self, queries: Sequence[str], *, label: str) -> list[list[tuple[Any, ...]]]:
        """All rows of each of several queries, which run at once, each on a thread of its own."""
        from concurrent.futures import ThreadPoolExecutor  # late: it brings in logging

        began = time.monotonic()
        with ThreadPoolExecutor(len(queries), "comparison-query") as pool:
            asked = [pool.submit(self._all_beside, query) for query in queries]
            found = [one.result() for one in self._watched(asked)]
        for query, rows in zip(queries, found, strict=True):
            self.note(label, query, time.monotonic() - began, len(rows))
        return found

    def _all_beside(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query on a cursor of its own."""
        with translated(self.name), self._working() as cursor:
            return list(cursor.execute(query).fetchall())

    def _ready_for(self, query: str) -> None:
        """Makes `member_text` when a query first calls it: with any function of Python's, DuckDB imports numpy."""
        if "member_text(" in query:
            connection, instance = self._connection, self._elder or self
            with instance._starting:
                if not instance._has_members:
                    connection.create_function("member_text", member_text, ["VARCHAR", "VARCHAR"], "VARCHAR")
                    instance._has_members = True

    def register(self, name: str, source: object) -> None:
        """Makes an Arrow reader or a frame readable under a name."""
        import duckdb  # noqa: F401 — knows Arrow

        with translated(self.name):
            self._connection.register(name, source)

    def unregister(self, name: str) -> None:
        """Forgets what was registered."""
        self._connection.unregister(name)

    def note(self, label: str, query: str, seconds: float, rows: int) -> None:
        """Counts a query under its label; without one it is not evidence."""
        if label:
            noted = self._queries.setdefault(label, [query, 0, 0.0, 0])
            noted[1] += 1
            noted[2] += seconds
            noted[3] += rows

    def queries(self) -> tuple[Query, ...]:
        """What was asked so far, by label."""
        return tuple(
            Query(self.name, text, times, round(seconds, 6), rows)
            for text, times, seconds, rows in self._queries.values()
        )

    def cancel(self) -> None:
        """Ends the running queries."""
        import _duckdb

        for connection in (self._started, *self._beside):
            with suppress(_duckdb.Error):
                if connection is not None:
                    connection.interrupt()

    def close(self) -> None:
        """Leaves no file behind."""
        with self._starting:
            self._closed = True
        if self._started is not None:
            self._started.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
