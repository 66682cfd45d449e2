"""Totals by group of JSON Lines of a plain form: exact, and left to others where the first block is met that is odd.

It is taken for granted that lines are JSON: the comparison of rows, which follows totals, reads all of them and says
which are not.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from threading import Event, Lock
from typing import Any, BinaryIO, cast

import numpy as np

from tasks.comparison.errors import ComparisonCancelledError
from tasks.comparison.files.line_values import PLACES, Block, OddError, stacked, told_apart
from tasks.comparison.files.paths import Files
from tasks.comparison.files.totals import Total, short
from tasks.comparison.files.words import PADDING, findable
from tasks.comparison.json_values import parsed

BLOCK = 1 << 22
"""Bytes that a thread reads at once; two threads would often wait for each other between steps on fewer."""
THREADS = 2
AT_ONCE = 100_000
"""Lines whose groups are told apart at once."""
LONGEST_LINE = 16 << 20
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Lines:
    """Groups of lines as words, a row for each line and column, and their amounts in units of `10 ** -places`."""

    groups: Sequence[Any]
    amounts: Any
    places: int


class QuickTotals:
    """Adds up files by some of their members, on several threads; `stop` may come from any other."""

    def __init__(self, by: Sequence[str], measure: str | None) -> None:
        self._by = [_quoted(name) for name in by]
        self._measure = None if measure is None else _quoted(measure)
        self._ended, self._cancelled = Event(), Event()
        self._reading, self._adding = Lock(), Lock()
        self._found: dict[tuple[bytes, ...], tuple[int, int]] = {}

    @property
    def able(self) -> bool:
        """Whether the names can be found as bytes."""
        names = [*self._by, *([] if self._measure is None else [self._measure])]
        plain = all(b"\\" not in name and len(name) <= _LONGEST_NAME and findable(name) for name in names)
        return bool(names) and plain

    def of(self, files: Files) -> list[Total] | None:
        """The totals, or `None` where a block is odd."""
        try:
            for path in files.paths:
                with path.open("rb") as file, ThreadPoolExecutor(THREADS, "comparison-totals") as pool:
                    for one in [pool.submit(self._read, file) for _ in range(THREADS)]:
                        one.result()
            if self._cancelled.is_set():
                raise ComparisonCancelledError(f"{files.name}: the reading was ended")
            return [self._total(*one) for one in sorted(self._found.items())]
        except (OddError, OSError, ValueError, ArithmeticError):  # others tell what is wrong with a file, or a group
            return None

    def stop(self) -> None:
        """Ends the reading."""
        self._cancelled.set()
        self._ended.set()

    def _read(self, file: BinaryIO) -> None:
        waiting: list[Lines] = []
        try:
            room = bytearray(BLOCK)
            while end := self._next(file, room):
                waiting.append(self._lines(Block(room, end)))
                if sum(len(one.amounts) for one in waiting) >= AT_ONCE:
                    self._add(waiting)
                    waiting = []
            if waiting:
                self._add(waiting)
        except BaseException:
            self._ended.set()
            raise

    def _next(self, file: BinaryIO, room: bytearray) -> int:
        """Reads whole lines to the start of some room, with padding after them; how many bytes they are."""
        with self._reading:
            if self._ended.is_set():
                return 0
            with memoryview(room)[:BLOCK] as free:
                size: int = cast("Any", file).readinto(free)
            rest = file.readline(LONGEST_LINE)
        end = size + len(rest)
        room[size : end + len(PADDING)] = rest + PADDING
        return end

    def _lines(self, block: Block) -> Lines:
        groups = [block.groups(name) for name in self._by]
        amounts, places = (np.ones(len(block), np.int64), 0) if self._measure is None else block.amounts(self._measure)
        return Lines(groups, amounts, places)

    def _add(self, waiting: list[Lines]) -> None:
        """Adds lines up by group; they are odd where sixty-four bits may not hold the sum of any of them."""
        places = max(one.places for one in waiting)
        amounts = np.concatenate([one.amounts * 10 ** (places - one.places) for one in waiting])
        if int(np.abs(amounts).max(initial=0)) * len(amounts) >= 1 << 63:
            raise OddError
        groups = [stacked(column) for column in zip(*(one.groups for one in waiting), strict=True)]
        place, codes = told_apart(groups, len(amounts))
        sums = np.zeros(len(place), np.int64)
        np.add.at(sums, codes, amounts)
        rows = np.bincount(codes, minlength=len(place))
        texts = zip(*(_texts(column[place]) for column in groups), strict=True) if groups else [()] * len(place)
        with self._adding:
            for group, amount, count in zip(texts, sums.tolist(), rows.tolist(), strict=True):
                before, already = self._found.get(group, (0, 0))
                self._found[group] = (before + amount * 10 ** (PLACES - places), already + count)

    def _total(self, group: tuple[bytes, ...], sums: tuple[int, int]) -> Total:
        amount, rows = sums
        key = tuple(parsed(text.decode()) for text in group)
        return key, rows if self._measure is None else short(Decimal(f"{amount}e-{PLACES}")), rows


def _texts(rows: Any) -> list[bytes]:
    """Rows of words as the texts they are."""
    return [row.tobytes().rstrip(b"\0") for row in rows]


def _quoted(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=False).encode()
