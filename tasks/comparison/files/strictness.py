"""Finds lines that DuckDB takes for JSON and that are none: NaN, Infinity, or a comma before a closing bracket."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.blocks import blocks, opened_after
from tasks.comparison.files.words import marked

LAX = r"(?i)nan|inf|,[ \t\r]*[\]}]"
"""What such a line has outside its texts; others may have it inside them."""
_LAX, _TEXT = re.compile(LAX.encode()), re.compile(rb'"(?:[^"\\]|\\.)*"')
_LOWER, _SPACE, _COMMA, _MINUS, _COLON, _OPENING, _CLOSING = b"  ,-:[}"
_MIXED, _LEAST_MIXED = 0xF3, 0xD3
"""Mixed with the first, blanks, a comma and a minus are not below the second; besides only what is in texts alone."""
_SUM = sum(b"nan") % 256
"""What the letters of `nan` add up to in a byte, as those of `inf` do."""
_BEGINS = np.isin(np.arange(256), list(b":,["))
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
    share = max(-(-size // workers), LEAST_SHARE)
    told(0)
    with ThreadPoolExecutor(workers, "comparison-strictness") as pool:
        parts = [_Part(path, start, start + share) for start in range(0, size, share)]
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
    """The lines of a file that begin between two places, and perhaps some after them."""

    path: Path
    start: int
    stop: int
    seen: int = 0
    """Bytes that were looked at."""
    stopped: bool = False

    def any_lax(self) -> bool:
        """Whether one of them is such a line."""
        looking, begun, at = _Looking(), self.start > 0, max(self.start - 1, 0)
        with opened_after(self.path, 0) as file:
            file.seek(at)
            for data, end in blocks(file):
                places = looking.doubtful(data, end)
                if begun:  # the end of a line that is looked at with the lines before it
                    places = places[places > data.find(b"\n")]
                if any(is_lax(_line_at(data, int(place))) for place in places):
                    return True
                begun = False
                at += end
                self.seen += end
                if at >= self.stop or self.stopped:
                    break
        return False


def _line_at(data: bytearray, place: int) -> bytes:
    return bytes(data[data.rfind(b"\n", 0, place) + 1 : data.find(b"\n", place)])


class _Looking:
    """What is looked for in one block after another, in the same memory and in as few passes as can be."""

    def __init__(self) -> None:
        self._bytes = np.empty((2, 0), np.uint8)
        self._marks = np.empty((2, 0), bool)

    def doubtful(self, data: bytearray, size: int) -> Any:
        """Where a closing bracket stands after a comma, and where a word may begin that is no JSON."""
        if len(data) != self._bytes.shape[1]:
            self._bytes, self._marks = np.empty((2, len(data)), np.uint8), np.empty((2, len(data)), bool)
        letters = np.frombuffer(data, np.uint8, size)
        (lower, other), (after, found) = self._bytes[:, :size], self._marks[:, :size]
        np.bitwise_or(letters, _LOWER, out=lower)
        np.greater_equal(np.bitwise_xor(letters, _MIXED, out=other), _LEAST_MIXED, out=after)
        np.equal(lower, _CLOSING, out=found)  # a square one is the same but for this bit
        found[1:] &= after[:-1]
        closing = _marked(found)
        for mark in _COLON, _OPENING:
            if data.find(mark, 0, size) >= 0:
                after |= np.equal(letters, mark, out=found)
        np.add(lower[:-2], lower[1:-1], out=other[:-2])
        other[:-2] += lower[2:]
        np.equal(other[:-2], _SUM, out=found[:-2])
        found[1:-2] &= after[:-3]
        words = _marked(found[1:-2]) + 1
        signed = letters[words - 1] == _MINUS
        return np.concatenate(
            [
                closing[letters[_before(letters, closing)] == _COMMA],
                words[_BEGINS[letters[_before(letters, words - signed)]]],
            ]
        )


def _marked(marks: Any) -> Any:
    return marked(marks) if marks.any() else _NOWHERE


def _before(letters: Any, places: Any) -> Any:
    """The place of the last byte before each place that is no blank."""
    before = places - 1
    while (blank := letters[before] <= _SPACE).any():
        before = before - blank
    return before
