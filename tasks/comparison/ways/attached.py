"""SQLite against SQLite: a connection to both files joins them on the integer primary key, range by range.

Rows lie in the order of that key, so nothing is sorted and nothing is kept. Rows that SQLite stores alike are equal;
the others are compared as values. Types, collations and affinities of columns have no say in it.
"""

import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from queue import Empty, Full, Queue
from typing import Any
from urllib.parse import quote

from tasks.comparison.errors import ChangedError, CountsError
from tasks.comparison.result import Bits, Plan
from tasks.comparison.rules import EXACTLY
from tasks.comparison.sides.sqlite import FETCH, SqliteSide, quoted, translated
from tasks.comparison.tally import Counts, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

THREADS = 2
RANGES = 32
"""Ranges of keys that are joined one after another, so that who watches sees how far it is."""
WAITING = 8
"""Batches that a join may be ahead."""
Row = tuple[Any, ...]
_Done = tuple[str, float, int]
"""A query, the seconds that it took, and how many rows it gave."""


class AttachedWay:
    """Join on the integer primary key of both."""

    names = ("attached",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        task = pair.task
        if len(task.key) != 1 or task.key[0].rule != EXACTLY:
            return "the key is not one plain column"
        for side, one in zip(_sides(pair), (task.key[0].left, task.key[0].right), strict=True):
            if one.expression is not None or not side.is_row_id(one.column.name):
                return f"{one.column.name} is not the integer primary key of {side.name}"
        if any(one.expression is not None for column in task.values for one in (column.left, column.right)):
            return "an expression is compared"
        if task.left.where or task.right.where or task.request.part:
            return "not all rows are compared"
        return None

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Joins left to right, and right to left only where rows are left over there."""
        sides = _sides(pair)
        before = [side.stamp() for side in sides]
        left, right = (side.count() for side in sides)
        told = _Told(pair, tally)
        told.take(_joined(pair, partial(watch.tell, "join", of=left + right), ("l", "r"), left + right))
        if right != left - told.missing:
            told.take(_joined(pair, partial(watch.tell, "join back", of=left + right), ("r", "l"), left + right))
        if right - told.extra != left - told.missing:
            raise CountsError(f"{told.missing} rows missing and {told.extra} extra do not lead from {left} to {right}")
        if [side.stamp() for side in sides] != before:
            raise ChangedError("a file changed while it was read")
        rest = left - told.left
        tally.add(Counts(left=rest, right=rest, matched=rest))
        watch.tell("join", left + right, left + right)
        return Plan("attached", f"{told.keys:,} keys differ as SQLite stores them"), Bits(None, 0.0)


class _Told:
    """Tells rows that came out of a join, and counts them."""

    def __init__(self, pair: Pair, tally: Tally) -> None:
        self._pair = pair
        self._tally = tally
        self.keys = self.left = self.missing = self.extra = 0

    def take(self, rows: Iterator[Row]) -> None:
        """Rows of the left side's values, the right side's, and whether each side has the key."""
        task, width = self._pair.task, len(self._pair.task.compared)
        for row in rows:
            has_left, has_right = row[2 * width :]
            lefts = [row[:width]] if has_left else []
            rights = [row[width : 2 * width]] if has_right else []
            here = list(canonical(iter(lefts), task.left, self._pair))
            there = list(canonical(iter(rights), task.right, self._pair))
            ((key, _), *_) = here or there
            self._tally.meet(key, [values for _, values in here], [values for _, values in there])
            self.keys += 1
            self.left += len(lefts)
            self.missing += not rights
            self.extra += not lefts


def _joined(pair: Pair, tell: Callable[[int], None], order: tuple[str, str], rows: int) -> Iterator[Row]:
    """The rows of all ranges that are not stored alike, as they come; each thread takes one range after another.

    They are asked in the name of the side whose rows are looked at. `tell` hears how many of the `rows` of both sides
    are done with, and may stop it.
    """
    asked_side = _sides(pair)[order[0] == "r"]
    batches: Queue[list[Row]] = Queue(WAITING)
    connections = [_connected(pair) for _ in range(THREADS)]
    queries = [_query(pair, order, where) for where in _ranges(connections[0], pair, order[0])]
    left, done = iter(queries), list[_Done]()
    ended = False
    try:
        with ThreadPoolExecutor(THREADS, "comparison-attached") as pool:
            put = _putting(batches, lambda: ended)
            asked = [pool.submit(_run, _either(pair), one, left, put, done) for one in connections]
            try:
                while wait(asked, timeout=0).not_done or not batches.empty():
                    for one in asked:
                        if one.done():
                            one.result()  # an error of one thread ends the other's work
                    tell(rows * len(done) // len(queries))
                    with suppress(Empty):
                        yield from batches.get(timeout=0.02)
            finally:
                ended = True
                deque(left, maxlen=0)  # what no thread has taken is taken by none
                for connection in connections:
                    connection.interrupt()
            for one in asked:
                one.result()
        for ran in done:
            asked_side.note("join", *ran)
    finally:
        for connection in connections:
            connection.close()


def _putting(batches: "Queue[list[Row]]", ended: Callable[[], bool]) -> Callable[[list[Row]], None]:
    """Puts a batch when there is room, or nowhere when nobody takes it any more."""

    def put(rows: list[Row]) -> None:
        while not ended():
            with suppress(Full):
                batches.put(rows, timeout=0.05)
                return

    return put


def _either(pair: Pair) -> str:
    """Both sides, for what an error of a join does not tell apart."""
    return f"{pair.left.name} or {pair.right.name}"


def _run(
    name: str,
    connection: sqlite3.Connection,
    queries: Iterator[str],
    put: Callable[[list[Row]], None],
    done: list[_Done],
) -> None:
    """Runs queries until none is left, which other threads take from as well; what is done is noted."""
    for query in queries:
        began, read = time.monotonic(), 0
        with translated(name):
            cursor = connection.execute(query)
            while rows := cursor.fetchmany(FETCH):
                read += len(rows)
                put(rows)
        done.append((query, time.monotonic() - began, read))


def _connected(pair: Pair) -> sqlite3.Connection:
    """A connection to the left file as `main` and to the right one as `other`, in one transaction."""
    left, right = _sides(pair)
    with translated(left.name):
        connection = sqlite3.connect(_uri(left), uri=True, check_same_thread=False, isolation_level=None)
        connection.execute("attach ? as other", (_uri(right),))
        connection.execute("begin")
    return connection


def _uri(side: SqliteSide) -> str:
    return f"file:{quote(str(side.path))}?mode=ro"


def _ranges(connection: sqlite3.Connection, pair: Pair, of: str) -> list[str]:
    """Conditions that divide the keys of one side into ranges."""
    key = quoted(getattr(pair.task.key[0], "left" if of == "l" else "right").column.name)
    with translated(_either(pair)):
        query = f"select min({key}), max({key}) from {_table(pair, of)}"  # noqa: S608 — names are quoted
        low, high = connection.execute(query).fetchone()
    if low is None or low == high:
        return ["true"]
    cuts = sorted({low + (high - low + 1) * number // RANGES for number in range(1, RANGES)} - {low})
    starts, ends = [f"{of}.{key} >= {cut}" for cut in cuts], [f"{of}.{key} < {cut}" for cut in cuts]
    return [ends[0], *(" and ".join(one) for one in zip(starts, ends[1:], strict=False)), starts[-1]]


def _table(pair: Pair, of: str) -> str:
    left, right = _sides(pair)
    return f"main.{quoted(left.relation)}" if of == "l" else f"other.{quoted(right.relation)}"


def _query(pair: Pair, order: tuple[str, str], where: str) -> str:
    """Rows of the first side with their counterpart: those that differ from it, or, the second time, have none."""
    lefts = [f"l.{quoted(column.left.column.name)}" for column in pair.task.compared]
    rights = [f"r.{quoted(column.right.column.name)}" for column in pair.task.compared]
    first, second = order
    has = {of: f"{(lefts if of == 'l' else rights)[0]} is not null" for of in order}
    tests = [f"not {has[second]}"]
    if first == "l":
        for one, other in zip(lefts[1:], rights[1:], strict=True):
            tests.append(f"{one} is not {other} collate binary or typeof({one}) <> typeof({other})")
    join = f"{_table(pair, first)} {first} left join {_table(pair, second)} {second} on {lefts[0]} = {rights[0]}"
    values = ", ".join([*lefts, *rights, has["l"], has["r"]])
    return f"select {values} from {join} where {where} and ({' or '.join(tests)})"  # noqa: S608 (quoted)


def _sides(pair: Pair) -> tuple[SqliteSide, SqliteSide]:
    assert isinstance(pair.left, SqliteSide)  # noqa: S101 — chosen by dialect
    assert isinstance(pair.right, SqliteSide)  # noqa: S101 — chosen by dialect
    return pair.left, pair.right


WAY = AttachedWay()
