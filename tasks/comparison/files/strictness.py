"""Finds lines that DuckDB takes for JSON and that are none: NaN, Infinity, or a comma before a closing bracket."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.blocks import Share, shares
from tasks.comparison.files.words import marked

LAX = r"(?i)nan|inf|,[ \t\r]*[\]}]"
"""What such a line has outside its texts; others may have it inside them."""
_LAX, _TEXT = re.compile(LAX.encode()), re.compile(rb'"(?:[^"\\]|\\.)*"')
_LOWER, _SPACE, _COMMA, _MINUS, _OPENING, _ENDING, _CLOSING = b"  ,-[]}"
_MIXED, _LEAST_MIXED = 0xF3, 0xD3
"""Mixed with the first, blanks, a comma and a minus are not below the second; besides only what is in texts alone."""
_MIXED_AGAIN, _MOST_MIXED = 24, 56
"""Mixed with the first, those, a colon and digits are not above the second, but for quotes: names begin after them."""
_SUM = sum(b"nan") % 256
"""What the letters of `nan` add up to in a byte, as those of `inf` do."""
_BEGINS, _ENDS_LAXLY = (np.isin(np.arange(256), list(letters + b" \t\r\n")) for letters in (b":,[", b","))
"""After which a word may begin, and a closing bracket is no JSON; and blanks, where there are more than are passed."""
MOST_BLANKS = 32
LEAST_SHARE = 8 << 20
"""Bytes for which another thread is not worth it."""
TOLD_SECONDS = 0.1
"""How often is told how much was looked at."""
_NOWHERE = np.empty(0, np.int64)


def is_lax(line: bytes) -> bool:
    """Whether a line that DuckDB takes for JSON is none."""
    return _LAX.search(line) is not None and _LAX.search(_TEXT.sub(b'""', line)) is not None


def any_lax(path: Path, told: Callable[[int], None]) -> bool:
    """Whether such a line is in a file that is not compressed, looked for by all processors.

    `told` hears now and then how many bytes were looked at, and may stop it.
    """
    size, workers = path.stat().st_size, os.cpu_count() or 1
    told(0)
    with ThreadPoolExecutor(workers, "comparison-strictness") as pool:
        parts = [_Part(share) for share in shares(path, 0, max(-(-size // workers), LEAST_SHARE))]
        asked = [pool.submit(part.any_lax) for part in parts]
        try:
            while wait(asked, timeout=TOLD_SECONDS).not_done:
                told(sum(part.seen for part in parts))
            return any(one.result() for one in asked)
        finally:
            for part in parts:
                part.stopped = True


@dataclass(slots=True)
class _Part:
    """What one thread looks through."""

    share: Share
    seen: int = 0
    """Bytes that were looked at."""
    stopped: bool = False

    def any_lax(self) -> bool:
        """Whether such a line is in it."""
        looking = Looking()
        for data, end in self.share.blocks():
            if looking.any_lax(data, end):
                return True
            self.seen += end
            if self.stopped:
                break
        return False


class Looking:
    """What is looked for in one block after another, in the same memory and in as few passes as can be."""

    def __init__(self) -> None:
        self._bytes = np.empty((2, 0), np.uint8)
        self._marks = np.empty((2, 0), bool)

    def any_lax(self, data: bytearray, size: int, ends: Any = None) -> bool:
        """Whether such a line is in a block; `ends` are the places where its lines end, where they are known."""
        passed = -1
        for place in np.sort(self.doubtful(data, size, ends)):
            if place > passed:
                start, passed = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
                if is_lax(bytes(data[start:passed])):
                    return True
        return False

    def doubtful(self, data: bytearray, size: int, ends: Any = None) -> Any:
        """Where a closing bracket stands after a comma, and where a word may begin that is no JSON."""
        if len(data) != self._bytes.shape[1]:
            self._bytes, self._marks = np.empty((2, len(data)), np.uint8), np.empty((2, len(data)), bool)
        letters = np.frombuffer(data, np.uint8, size)
        np.bitwise_or(letters, _LOWER, out=self._bytes[0, :size])
        lists = data.find(_OPENING, 0, size) >= 0, data.find(_ENDING, 0, size) >= 0
        if ends is not None and not lists[1] and self._closed_by_lines(letters, ends):
            return self._words(letters, lists=lists[0])
        return np.concatenate([self._closings(letters), self._words(letters, lists=lists[0])])

    def _closed_by_lines(self, letters: Any, ends: Any) -> bool:
        """Whether each line ends with the only closing bracket in it, and that stands after no comma and no blank."""
        before = letters[ends - 2]
        if not np.all((letters[ends - 1] == _CLOSING) & (before > _SPACE) & (before != _COMMA)):
            return False
        return int(np.count_nonzero(np.equal(letters, _CLOSING, out=self._marks[0, : len(letters)]))) == len(ends)

    def _closings(self, letters: Any) -> Any:
        """Where a closing bracket stands after a comma."""
        (lower, other), (after, found) = self._bytes[:, : len(letters)], self._marks[:, : len(letters)]
        np.greater_equal(np.bitwise_xor(letters, _MIXED, out=other), _LEAST_MIXED, out=after)
        np.equal(lower, _CLOSING, out=found)  # a square one is the same but for this bit
        found[1:] &= after[:-1]
        closing = _marked(found)
        return closing[_ENDS_LAXLY[letters[_before(letters, closing)]]]

    def _words(self, letters: Any, *, lists: bool) -> Any:
        """Where a word may begin that is no JSON."""
        (lower, other), (after, found) = self._bytes[:, : len(letters)], self._marks[:, : len(letters)]
        np.less_equal(np.bitwise_xor(letters, _MIXED_AGAIN, out=other), _MOST_MIXED, out=after)
        if lists:
            after |= np.equal(letters, _OPENING, out=found)
        np.add(lower[:-2], lower[1:-1], out=other[:-2])
        other[:-2] += lower[2:]
        np.equal(other[:-2], _SUM, out=found[:-2])
        found[1:-2] &= after[:-3]
        words = _marked(found[1:-2]) + 1
        signed = letters[words - 1] == _MINUS
        return words[_BEGINS[letters[_before(letters, words - signed)]]]


def _marked(marks: Any) -> Any:
    return marked(marks) if marks.any() else _NOWHERE


def _before(letters: Any, places: Any) -> Any:
    """The place of the last byte before each place that is no blank, or of a blank where there are many."""
    before = places - 1
    for _ in range(MOST_BLANKS):
        blank = letters[before] <= _SPACE
        if not blank.any():
            break
        before = before - blank
    return before
