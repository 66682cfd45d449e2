"""Merges two files of lines in one order: equal lines are dropped unseen, the others are kept for a closer look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from tasks.comparison.files.blocks import NEWLINE, with_one_end

BUFFER = 1 << 19
FIRST_STEP = 512
LAST_STEP = 1 << 20
FIRST_WINDOW = 4
LAST_WINDOW = 4_096
MOST_SHARE = 0.02
"""Of the bytes."""
PATIENCE = 2_000
"""Lines apart before the share of them is looked at."""


class OtherOrderError(Exception):
    """Too many lines are apart: the files are in another order, or merging is not worth it."""


@dataclass(frozen=True, slots=True)
class Merged:
    """How many lines are equal, and how many on each side are apart."""

    equal: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Who hears of a merge, while it goes on; any may stop it.

    `passed` gets how many bytes of both files are passed. `seen` gets the lines of the right side that are apart, each
    time between the line before and the line after.
    """

    passed: Callable[[int], None]
    seen: Callable[[bytes], None]


class _Lines:
    """A file from one offset on, as a buffer that is filled up again; `end` is after what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.buffer = bytearray(BUFFER)
        self.at = 0
        self.end = 0
        self.ended = False
        self._before = b""

    @property
    def left(self) -> int:
        """Bytes in the buffer that are not passed yet."""
        return self.end - self.at

    def fill(self) -> None:
        """Reads on, so that the buffer has more lines than before, unless the file has none."""
        if self.ended:
            return
        self._before = self.before()
        self.buffer[: self.left] = self.buffer[self.at : self.end]
        self.at, self.end = 0, self.left
        new = False
        while not new:
            if self.end == len(self.buffer):
                self.buffer += bytes(len(self.buffer))
            with memoryview(self.buffer)[self.end :] as free:
                read: int = cast("Any", self._file).readinto(free)
            if not read:
                self._finish()
                return
            new = self.buffer.find(b"\n", self.end, self.end + read) >= 0
            self.end += read

    def _finish(self) -> None:
        """The last line has an end, whether it is written or not."""
        self.ended = True
        if self.left and self.buffer[self.end - 1] != NEWLINE:
            self.buffer[self.end : self.end + 1] = b"\n"
            self.end += 1

    def before(self) -> bytes:
        """The last line that was passed."""
        if not self.at:
            return self._before
        return bytes(self.buffer[self.buffer.rfind(b"\n", 0, self.at - 1) + 1 : self.at])

    def window(self, lines: int) -> list[bytes]:
        """The next lines, each with its end, as many as the file has."""
        found: list[bytes] = []
        length = 0
        while len(found) < lines:
            end = self.buffer.find(b"\n", self.at + length, self.end)
            if end >= 0:
                found.append(bytes(self.buffer[self.at + length : end + 1]))
                length += len(found[-1])
            elif self.ended:
                break
            else:
                self.fill()
        return found


class Merge:
    """One merge."""

    def __init__(self, left: BinaryIO, right: BinaryIO, heard: Heard) -> None:
        self._sides = (_Lines(left), _Lines(right))
        self._heard = heard
        self._equal = 0
        self._apart, self._bytes = [0, 0], [0, 0]

    def run(self, left: BinaryIO, right: BinaryIO) -> tuple[int, int]:
        """Writes the lines that are apart, and gives their numbers."""
        one, other = self._sides
        while True:
            self._skip_equal()
            if not one.left and not other.left:
                return self._apart[0], self._apart[1]
            if not one.left or not other.left:
                self._write(left, right, len(one.window(LAST_WINDOW)), len(other.window(LAST_WINDOW)))
            else:
                self._write(left, right, *self._distance())

    def _skip_equal(self) -> None:
        """Passes equal lines, buffer by buffer."""
        one, other = self._sides
        while True:
            for side in self._sides:
                if side.left < len(side.buffer) // 2:
                    side.fill()
            length = min(one.left, other.left)
            if not length:
                return
            equal = _equal_length(one, other, length)
            end = one.buffer.rfind(b"\n", one.at, one.at + equal) + 1
            if end <= one.at:
                return
            self._equal += end - one.at
            one.at, other.at = end, other.at + end - one.at
            self._heard.passed(2 * self._equal + sum(self._bytes))
            if equal < length:
                return

    def _distance(self) -> tuple[int, int]:
        """How many lines lie before the next equal ones, looked for in windows that double."""
        size = FIRST_WINDOW
        while True:
            lefts, rights = (side.window(size) for side in self._sides)
            found = _meeting(lefts, rights)
            if found is not None:
                return found
            if size >= LAST_WINDOW or (len(lefts) < size and len(rights) < size):
                return len(lefts), len(rights)
            size *= 2

    def _write(self, left: BinaryIO, right: BinaryIO, lefts: int, rights: int) -> None:
        if not lefts and not rights:
            raise OtherOrderError("a line is too long")
        before = self._sides[1].before()
        for place, (side, file, lines) in enumerate(zip(self._sides, (left, right), (lefts, rights), strict=True)):
            start = side.at
            for _ in range(lines):
                side.at = side.buffer.index(b"\n", side.at) + 1
            file.write(with_one_end(bytes(side.buffer[start : side.at])))
            self._apart[place] += lines
            self._bytes[place] += side.at - start
        other = self._sides[1]
        if rights:
            self._heard.seen(before + bytes(other.buffer[start : other.at]) + b"".join(other.window(1)))
        most = max(self._bytes)
        if max(self._apart) > PATIENCE and most > MOST_SHARE * (self._equal + most):
            share = most / (self._equal + most)
            raise OtherOrderError(f"{max(self._apart):,} lines are apart, {share:.0%} of what was read")


def _equal_length(one: _Lines, other: _Lines, length: int) -> int:
    """How many of the next bytes are equal: all that was read, or else in steps that double, then by halves."""
    if length == len(one.buffer) == len(other.buffer) and one.buffer == other.buffer:
        return length
    low, step = 0, FIRST_STEP
    while low < length and _equal(one, other, low, min(low + step, length)):
        low = min(low + step, length)
        step = min(step * 2, LAST_STEP)
    high = min(low + step, length)
    while high - low > 1:
        middle = (low + high) // 2
        if _equal(one, other, low, middle):
            low = middle
        else:
            high = middle
    return low


def _equal(one: _Lines, other: _Lines, start: int, end: int) -> bool:
    return one.buffer[one.at + start : one.at + end] == other.buffer[other.at + start : other.at + end]


def _meeting(lefts: list[bytes], rights: list[bytes]) -> tuple[int, int] | None:
    """The nearest pair of equal lines in two windows, as how many lines lie before each."""
    places: dict[bytes, int] = {}
    for place, line in enumerate(rights):
        places.setdefault(line, place)
    best: tuple[int, int] | None = None
    for place, line in enumerate(lefts):
        if best is not None and place >= sum(best):
            break
        other = places.get(line)
        if other is not None and (best is None or place + other < sum(best)):
            best = (place, other)
    return best
