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
_LOWER, _SPACE, _COMMA, _MINUS, _OPENING, _CLOSING = b"  ,-[}"
_MIXED, _LEAST_MIXED = 0xF3, 0xD3
"""Mixed with the first, blanks, a comma and a minus are not below the second; besides only what is in texts alone."""
_MIXED_AGAIN, _MOST_MIXED = 24, 56
"""Mixed with the first, those, a colon and digits are not above the second, but for quotes: names begin after them."""
_SUM = sum(b"nan") % 256
"""What the letters of `nan` add up to in a byte, as those of `inf` do."""
_BEGINS, _ENDS_LAXLY = (np.isin(np.arange(256), list(letters + b" \t\r\n")) for letters in (b":,[", b","))
"""After which a word may begin, and a closing bracket is no JSON; and blanks, where there are more than are passed."""
MOST_BLANKS = 32
PIECE = 1 << 17
"""Bytes that are looked through at once: they and what is seen of them stay near the processor."""
_SHARED = 3
"""Bytes of a piece that are looked at in the next one, too: a word and what is before it stand in one of them."""
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
        self._bytes = np.empty((2, PIECE), np.uint8)
        self._marks = np.empty((2, PIECE), bool)

    def any_lax(self, data: bytearray, size: int, *, closed: bool = False) -> bool:
        """Whether such a line is in a block; `closed` if it is known that no bracket closes after a comma."""
        passed = -1
        for place in np.sort(self.doubtful(data, size, closed=closed)):
            if place > passed:
                start, passed = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
                if is_lax(bytes(data[start:passed])):
                    return True
        return False

    def doubtful(self, data: bytearray, size: int, *, closed: bool = False) -> Any:
        """Where a closing bracket stands after a comma, and where a word may begin that is no JSON."""
        letters = np.frombuffer(data, np.uint8, size)
        lists = data.find(_OPENING, 0, size) >= 0
        words, closings = [_NOWHERE], [_NOWHERE]
        for start in range(0, size, PIECE - _SHARED):
            piece = letters[start : start + PIECE]
            np.bitwise_or(piece, _LOWER, out=self._bytes[0, : len(piece)])
            words.append(self._words(piece, lists=lists) + start)
            if not closed:
                closings.append(self._closings(piece) + start)
        return np.concatenate([_beginning(letters, np.concatenate(words)), _ending(letters, np.concatenate(closings))])

    def _closings(self, letters: Any) -> Any:
        """Where a closing bracket may stand after a comma."""
        (lower, other), (after, found) = self._bytes[:, : len(letters)], self._marks[:, : len(letters)]
        np.greater_equal(np.bitwise_xor(letters, _MIXED, out=other), _LEAST_MIXED, out=after)
        np.equal(lower, _CLOSING, out=found)  # a square one is the same but for this bit
        found[1:] &= after[:-1]
        return _marked(found)

    def _words(self, letters: Any, *, lists: bool) -> Any:
        """Where letters that add up as those of a word that is no JSON stand after what may come before it."""
        (lower, other), (after, found) = self._bytes[:, : len(letters)], self._marks[:, : len(letters)]
        np.less_equal(np.bitwise_xor(letters, _MIXED_AGAIN, out=other), _MOST_MIXED, out=after)
        if lists:
            after |= np.equal(letters, _OPENING, out=found)
        np.add(lower[:-2], lower[1:-1], out=other[:-2])
        other[:-2] += lower[2:]
        np.equal(other[:-2], _SUM, out=found[:-2])
        found[1:-2] &= after[:-3]
        return _marked(found[1:-2]) + 1


def _beginning(letters: Any, words: Any) -> Any:
    """Which of these words begin where a value does."""
    if not len(words):
        return words
    signed = letters[words - 1] == _MINUS
    return words[_BEGINS[letters[_before(letters, words - signed)]]]


def _ending(letters: Any, closing: Any) -> Any:
    """Which of these brackets stand after a comma."""
    return closing[_ENDS_LAXLY[letters[_before(letters, closing)]]] if len(closing) else closing


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
