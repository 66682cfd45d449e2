"""The way that works for any two sides: canonical values, divided by key into parts on disk, paired part by part.

It compares values and never hashes, so it is also the way of `exact`. Memory is bounded by the part, not by the side.
"""

import pickle
import tempfile
from collections.abc import Iterator
from typing import IO

from tasks.comparison.canonical import reader
from tasks.comparison.expected import expected
from tasks.comparison.pairing import Values
from tasks.comparison.result import Bits, Plan
from tasks.comparison.side import Raw, Selection, Side
from tasks.comparison.tally import LEFT, RIGHT, Division, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

PARTS = 256
MEMORY_OF_A_PART = 128 * 1024
TELL_EVERY = 20_000


def canonical_rows(side: Side, selection: Selection, pair: Pair) -> Iterator[tuple[Key, Values]]:
    """Each row of a side as its canonical key and values."""
    return canonical(side.rows(selection), selection, pair)


def canonical(rows: Iterator[tuple[Raw, ...]], selection: Selection, pair: Pair) -> Iterator[tuple[Key, Values]]:
    """Raw rows as canonical keys and values."""
    chosen = zip(pair.task.compared, selection.values, strict=True)
    readers = [reader(column.kind, column.rule, own.column.kind, column.element) for column, own in chosen]
    keys = len(pair.task.key)
    for row in rows:
        values = tuple(read(raw) for read, raw in zip(readers, row, strict=True))
        yield values[:keys], values[keys:]


class _Parts:
    """Rows of both sides, divided by what can be paired; small parts stay in memory, large ones go to files."""

    def __init__(self) -> None:
        self._files: list[IO[bytes]] = [
            tempfile.SpooledTemporaryFile(MEMORY_OF_A_PART)  # noqa: SIM115 — closed by `close`
            for _ in range(PARTS)
        ]

    def add(self, place: int, division: Division, values: Values) -> None:
        pickle.dump((place, division, values), self._files[hash(division) % PARTS], protocol=5)

    def __iter__(self) -> Iterator[dict[Division, tuple[list[Values], list[Values]]]]:
        for file in self._files:
            file.seek(0)
            found: dict[Division, tuple[list[Values], list[Values]]] = {}
            for place, division, values in _records(file):
                found.setdefault(division, ([], []))[place].append(values)
            yield found

    def close(self) -> None:
        for file in self._files:
            file.close()


def _records(file: IO[bytes]) -> Iterator[tuple[int, Division, Values]]:
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
            self._pair(parts, tally, watch)
        finally:
            parts.close()
        return Plan("reference", "values are compared row by row"), Bits(None, 0.0)

    def _divide(self, pair: Pair, parts: _Parts, tally: Tally, watch: Watch) -> None:
        read = 0
        of = expected((pair.left, pair.right), watch)
        for place, side, selection in ((LEFT, pair.left, pair.task.left), (RIGHT, pair.right, pair.task.right)):
            for key, values in canonical_rows(side, selection, pair):
                if None in key and not pair.task.nulls_meet:
                    tally.meet_nobody(place, key, values)
                else:
                    parts.add(place, (key, tally.pairs.division(values)), values)
                read += 1
                if read % TELL_EVERY == 0:
                    watch.tell("read", read, of)

    def _pair(self, parts: _Parts, tally: Tally, watch: Watch) -> None:
        for found in parts:
            watch.check()
            for (key, _), (lefts, rights) in found.items():
                tally.meet(key, lefts, rights)


WAY = ReferenceWay()
