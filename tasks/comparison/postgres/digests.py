"""Streams of (key, hash) from a server: one query, all keys and all hashes of a range, while the last is compared."""

import queue
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from tasks.comparison.errors import SideError
from tasks.comparison.postgres.session import Session, translated

Longs = NDArray[np.int64]
AHEAD = 2
_POLL_SECONDS = 0.1
_END = object()
_HEADER = 20
_ELEMENTS = {
    "int8": (np.int64, np.dtype([("length", ">i4"), ("value", ">i8")])),
    "float8": (np.float64, np.dtype([("length", ">i4"), ("value", ">f8")])),
}


class _Packed(Loader):
    """Integers of eight bytes, one after the other as the server sends them."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Longs:
        return np.frombuffer(data, ">i8").astype(np.int64)


class _Numbers(Loader):
    """An array of numbers without nulls, from PostgreSQL's binary form: a header, then length and value for each."""

    format = Format.BINARY
    kind: Any
    element: Any

    def load(self, data: Buffer) -> NDArray[Any]:
        if len(data) < _HEADER:
            return np.empty(0, self.kind)
        return np.frombuffer(data, self.element, offset=_HEADER)["value"].astype(self.kind)


_LOADERS = {
    psycopg.adapters.types[name].array_oid: type(f"_{name}", (_Numbers,), {"kind": kind, "element": element})
    for name, (kind, element) in _ELEMENTS.items()
} | {psycopg.adapters.types["bytea"].oid: _Packed}


@dataclass(frozen=True, slots=True)
class Ranges:
    """Key ranges, each from a first key to a last, both included: no key is past the last bigint."""

    first: list[int]
    last: list[int]


def packed(name: str) -> str:
    """All values of a bigint that is not null in one, which a server sends in less time than an array of them."""
    return f"string_agg(int8send({name}), null)"


def gathered(values: Sequence[str], *, hashes: int = 1) -> tuple[str, str]:
    """What selects hashes, so many, and float8 numbers of a row, and what gathers those of many rows in one order."""
    selected = ", ".join(f"{value} as v{place}" for place, value in enumerate(values))
    names = [f"v{place}" for place in range(len(values))]
    return selected, ", ".join([*map(packed, names[:hashes]), *(f"array_agg({name})" for name in names[hashes:])])


def ranges_query(relation: str, key: str, values: Sequence[str], conditions: Sequence[str]) -> str:
    """For each range: its keys, hashes and numbers in one order; the first of the values is the hash."""
    selected, packs = gathered(values)
    where = " and ".join([f"{key} >= readiness_first", f"{key} <= readiness_last", *conditions])
    return (
        f"select a.* from unnest($1::int8[], $2::int8[]) readiness_range(readiness_first, readiness_last), "  # noqa: S608 — quoted names, own expressions
        f"lateral (select {packed('k')}, {packs} from (select {key}::int8 as k, {selected} from {relation}"
        f" where {where}) r) a"
    )


def stream(session: Session, query: str, parameters: Sequence[Any], *, label: str) -> Generator[tuple[Any, ...]]:
    """The rows of a query whose values are many numbers each, one at a time; those of nothing are an empty array."""
    began, rows = time.monotonic(), 0
    empty = np.empty(0, np.int64)
    with translated(session.name), psycopg.RawCursor(session.connection) as cursor:
        for oid, loader in _LOADERS.items():
            cursor.adapters.register_loader(oid, loader)
        for row in cursor.stream(query, parameters, binary=True):
            found = tuple(empty if value is None else value for value in row)
            if any(len(one) != len(found[0]) for one in found):
                raise SideError(f"{session.name}: a column has nulls that its catalogue says are none")
            rows += len(found[0])
            yield found
    session.note(label, query, time.monotonic() - began, rows)


class Ahead:
    """Runs an iterator on a thread of its own, a few items ahead of the reader.

    `failures` is shared by the threads of one comparison: the first error of any of them is raised to the reader,
    whichever it waits for. Otherwise a connection that is cut would be noticed only when the other side has answered.
    """

    def __init__(self, items: Generator[Any], name: str, failures: list[BaseException]) -> None:
        self._items = items
        self._failures = failures
        self._queue: queue.Queue[Any] = queue.Queue(AHEAD)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_END)
        except BaseException as error:  # noqa: BLE001 — raised again to the reader, whatever it is
            self._failures.append(error)
        finally:
            self._items.close()

    def _put(self, item: Any) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[Any]:
        while True:
            if self._failures:
                raise self._failures[0]
            try:
                item = self._queue.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
            if item is _END:
                return
            yield item

    def stop(self, session: Session | None = None) -> None:
        """Waits for the thread; the query of a session given is ended, again if it had not begun."""
        self._stopped.set()
        while self._thread.is_alive():
            if session is not None:
                session.cancel()
            self._thread.join(_POLL_SECONDS)


def both(left: Generator[Any], right: Generator[Any], sessions: tuple[Session, Session]) -> Iterator[tuple[Any, Any]]:
    """Two streams side by side, each on its own thread, `None` past the shorter's end; stopping ends the queries."""
    failures: list[BaseException] = []
    streams = (Ahead(left, "comparison-left", failures), Ahead(right, "comparison-right", failures))
    finished = False
    try:
        yield from zip_longest(*streams)
        finished = True
    finally:
        for session, one in zip(sessions, streams, strict=True):
            one.stop(None if finished else session)
