"""The way that works for any two sides: canonical values, divided by key into parts on disk, paired part by part.

It compares values and never hashes, so it is also the way of `exact`. Memory is bounded by the part, not by the side.
"""

import pickle
import tempfile
from collections.abc import Iterator
from typing import IO

from tasks.comparison.canonical import reader
from tasks.comparison.equality import same
from tasks.comparison.pairing import Pairing, Values
from tasks.comparison.result import Bits, Plan
from tasks.comparison.side import Raw, Selection, Side
from tasks.comparison.tally import Counts, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

PARTS = 256
MEMORY_OF_A_PART = 128 * 1024
TELL_EVERY = 20_000
LEFT, RIGHT = 0, 1


def canonical_rows(side: Side, selection: Selection, pair: Pair) -> Iterator[tuple[Key, Values]]:
    """Each row of a side as its canonical key and values."""
    return canonical(side.rows(selection), selection, pair)


def canonical(rows: Iterator[tuple[Raw, ...]], selection: Selection, pair: Pair) -> Iterator[tuple[Key, Values]]:
    """Raw rows as canonical keys and values."""
    chosen = zip(pair.task.compared, selection.values, strict=True)
    readers = [reader(column.kind, column.rule, own.column.kind) for column, own in chosen]
    keys = len(pair.task.key)
    for row in rows:
        values = tuple(read(raw) for read, raw in zip(readers, row, strict=True))
        yield values[:keys], values[keys:]


class _Parts:
    """Rows of both sides, divided by the hash of their key; small parts stay in memory, large ones go to files."""

    def __init__(self) -> None:
        self._files: list[IO[bytes]] = [
            tempfile.SpooledTemporaryFile(MEMORY_OF_A_PART)  # noqa: SIM115 — closed by `close`
            for _ in range(PARTS)
        ]

    def add(self, place: int, key: Key, values: Values) -> None:
        pickle.dump((place, key, values), self._files[hash(key) % PARTS], protocol=5)

    def __iter__(self) -> Iterator[dict[Key, tuple[list[Values], list[Values]]]]:
        for file in self._files:
            file.seek(0)
            found: dict[Key, tuple[list[Values], list[Values]]] = {}
            for place, key, values in _records(file):
                found.setdefault(key, ([], []))[place].append(values)
            yield found

    def close(self) -> None:
        for file in self._files:
            file.close()


def _records(file: IO[bytes]) -> Iterator[tuple[int, Key, Values]]:
    while True:
        try:
            yield pickle.load(file)  # noqa: S301 — written by this run into an unnamed file of its own
        except EOFError:
            return


class ReferenceWay:
    """Compares values, part by part."""

    names = ("reference",)

    def unfit(self, pair: Pair) -> str | None:  # noqa: ARG002 — it fits every pair
        """It fits every pair."""
        return None

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Divides both sides into parts, then pairs each part."""
        parts = _Parts()
        try:
            self._divide(pair, parts, tally, watch)
            self._pair(pair, parts, tally, watch)
        finally:
            parts.close()
        return Plan("reference", "values are compared row by row"), Bits(None, 0.0)

    def _divide(self, pair: Pair, parts: _Parts, tally: Tally, watch: Watch) -> None:
        read = 0
        estimates = [side.row_estimate() for side in (pair.left, pair.right)]
        of = sum(filter(None, estimates)) if None not in estimates else None
        for place, side, selection in ((LEFT, pair.left, pair.task.left), (RIGHT, pair.right, pair.task.right)):
            for key, values in canonical_rows(side, selection, pair):
                if None in key:
                    tell_null_key(tally, place, key, values)
                else:
                    parts.add(place, key, values)
                read += 1
                if read % TELL_EVERY == 0:
                    watch.tell("read", read, of)

    def _pair(self, pair: Pair, parts: _Parts, tally: Tally, watch: Watch) -> None:
        pairing = Pairing([same(column) for column in pair.task.values])
        for found in parts:
            watch.check()
            for key, (lefts, rights) in found.items():
                tally.tell(key, pairing.pair(lefts, rights))


def tell_null_key(tally: Tally, place: int, key: Key, values: Values) -> None:
    """Counts a row that cannot be paired because its key is null: on the left missing, on the right extra."""
    if place == LEFT:
        tally.null_left += 1
        tally.add(Counts(left=1, missing=1))
        tally.sample("null_key_left", key, values, None)
    else:
        tally.null_right += 1
        tally.add(Counts(right=1, extra=1))
        tally.sample("null_key_right", key, None, values)


WAY = ReferenceWay()
