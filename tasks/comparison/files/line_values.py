"""Values in lines of JSON of a plain form, found as bytes in blocks of whole lines, or else the block is odd.

In a plain block each `{` begins a line, so no object lies in another; no name is written with an escape; and every line
has each wanted name once, before a short value.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.comparison.files.words import (
    PADDING,
    WORD,
    after,
    before_any,
    begin_with,
    begins_with,
    digits,
    marked,
    most_often,
    places,
    windows,
    word_of,
    words_at,
)

GROUPS = 2 * WORD, 6 * WORD
"""Bytes that the value of a group and what ends it have in most files, and at most."""
SAMPLED, STEPS = 16, 32
"""Lines that say where others may have a name, and at how many more distances from their ends it is looked for."""
DIGITS, PLACES = 12, 6
"""Digits that an amount may have before its point, and after it."""
_NEWLINE, _SPACE, _QUOTE, _COMMA, _MINUS, _POINT, _COLON, _BACKSLASH, _BRACE, _END = b'\n ",-.:\\{}'
_ESCAPED_NAME = re.compile(rb'\\[^"]*"\s*:')
_NULL, _FOUR = (np.uint64(int.from_bytes(text, "little")) for text in (b"null", b"\xff" * 4))
_ZERO_FOR_L = np.uint64(ord("l") ^ ord("0"))
_SLOTS, _ODD_FACTOR = 1 << 16, np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.array([10**power for power in range(WORD + 1)], np.uint64)


class OddError(Exception):
    """A block has another form, so that others have to read it."""


class Block:
    """Whole lines, all of them plain as far as their form goes."""

    def __init__(self, padded: bytearray, end: int) -> None:
        """From lines and the `PADDING` after their end."""
        self._escapes = padded.find(b"\\", 0, end) >= 0
        _expect(not self._escapes or not _ESCAPED_NAME.search(padded, 0, end))
        self._bytes = padded
        self._data = np.frombuffer(padded, np.uint8, end + len(PADDING))
        self._starts = marked(self._data == _BRACE)
        _expect(np.all(self._data[self._starts[1:] - 1] == _NEWLINE))
        self._stops = np.append(self._starts[1:], end)

    def __len__(self) -> int:
        return len(self._starts)

    def groups(self, name: bytes) -> Any:
        """The text of a member of each line, its name given in quotes, as words of which the last are zeros."""
        at, word, _ = self._values(name)
        short, ended = before_any(word, b",}")
        if ended and not np.any(begins_with(word, _QUOTE)):
            return short[:, None]
        try:
            return texts(windows(self._data, at, GROUPS[0]))
        except OddError:
            return texts(windows(self._data, at, GROUPS[1]))

    def amounts(self, name: bytes) -> tuple[Any, int]:
        """A number of each line in units of the last of so many decimals, and how many these are."""
        _, low, high = self._values(name)
        return numbers(low, high)

    def _values(self, name: bytes) -> tuple[Any, Any, Any]:
        """Where the value of a member begins in each line, and the two words that stand there."""
        at, rows = self._foretold(name) or self._found(name)
        _expect(np.all(rows[:, len(name)] == _COLON))
        _expect(not self._escapes or np.all(self._data[at - 1] != _BACKSLASH))
        spaced = rows[:, len(name) + 1] == _SPACE
        before = spaced + (len(name) + 1)
        if len(rows) and np.all(spaced == spaced[0]):
            first = int(before[0])
            return at + first, word_of(rows, first), word_of(rows, first + WORD)
        inside = np.arange(0, rows.size, rows.shape[1]) + before
        letters = rows.reshape(-1)
        return at + before, words_at(letters, inside), words_at(letters, inside + WORD)

    def _found(self, name: bytes) -> tuple[Any, Any]:
        """Where a name stands in each line, looked for in all of it, and what stands there."""
        at = places(self._data, name)
        rows = self._beside(at, name)
        same = begin_with(rows, name)
        if not same.all():  # only a piece of the name stood there
            at, rows = at[same], rows[same]
        _expect(len(at) == len(self) and np.all(at > self._starts) and np.all(at[:-1] < self._starts[1:]))
        return at, rows

    def _foretold(self, name: bytes) -> tuple[Any, Any] | None:
        """The same, looked for where it stands in other lines; `None` unless each has it there, and only there."""
        if not len(self):
            return None
        anchors, step = self._usual(name)
        at = self._inside(anchors + step)
        rows = self._beside(at, name)
        missed = np.flatnonzero(~begin_with(rows, name))
        for _ in range(STEPS):
            if not len(missed):
                break
            line = missed[0]
            at[missed] = again = self._inside(anchors[missed] + (self._first(name, line) - anchors[line]))
            rows[missed] = others = self._beside(again, name)
            missed = missed[~begin_with(others, name)]
        there = not len(missed) and np.all((at > self._starts) & (at < self._stops))
        return (at, rows) if there and most_often(self._data, self._rarest(name)) == len(self) else None

    def _usual(self, name: bytes) -> tuple[Any, int]:
        """Starts or ends of lines, whichever some lines have a name at fewer distances from, and the usual one."""
        some = range(0, len(self), -(-len(self) // SAMPLED))
        seen = [(self._first(name, line), line) for line in some]
        found = (
            (anchors, Counter(at - int(anchors[line]) for at, line in seen)) for anchors in (self._starts, self._stops)
        )
        anchors, steps = min(found, key=lambda one: len(one[1]))
        return anchors, steps.most_common(1)[0][0]

    def _first(self, name: bytes, line: int) -> int:
        """Where a name stands in a line, or a place outside of it."""
        return self._bytes.find(name, int(self._starts[line]), int(self._stops[line]))

    def _inside(self, at: Any) -> Any:
        """Places, and another one for each that is not in the data."""
        return np.clip(at, 0, self._stops[-1] - 1, out=at)

    def _rarest(self, name: bytes) -> bytes:
        """The three bytes of a name that stand in some lines most seldom, as far as `most_often` tells."""
        first = bytes(self._data[: self._stops[min(SAMPLED, len(self)) - 1]])
        pieces = [name[start : start + 3] for start in range(len(name) - 2)]
        return min(pieces, key=lambda piece: first.count(piece[:2]) + first.count(piece[1:]))

    def _beside(self, at: Any, name: bytes) -> Any:
        """The bytes from where a name may stand to the end of two words of its value."""
        return windows(self._data, at, (-(-(len(name) + 2) // WORD) + 2) * WORD)


def texts(rows: Any) -> Any:
    """The value that each row of bytes begins with, and zeros after it, as words; of a list perhaps too little.

    A text that is cut at a quote in it ends with an escaped one then, and is no JSON.
    """
    lines = np.arange(len(rows))
    stops = (rows == _COMMA) | (rows == _END)
    end = stops.argmax(axis=1)
    quoted = rows[:, 0] == _QUOTE
    if quoted.any():
        closed = (rows[:, 1:] == _QUOTE).argmax(axis=1) + 2
        end = np.where(quoted, np.minimum(closed, rows.shape[1] - 1), end)
        _expect(np.all(~quoted | (rows[lines, end - 1] == _QUOTE)))
    _expect(np.all(stops[lines, end]))
    rows *= np.arange(rows.shape[1]) < end[:, None]
    return rows.view("<u8")


def numbers(low: Any, high: Any) -> tuple[Any, int]:
    """The number that sixteen bytes begin with, in units of the last of so many decimals; null is none."""
    nothing = (low & _FOUR) == _NULL
    if nothing.any():  # its last letter, made a zero
        low, high = after(low, high, nothing * np.uint64(3))
        low ^= nothing * _ZERO_FOR_L
    minus = begins_with(low, _MINUS)
    if minus.any():
        low, high = after(low, high, minus)
    whole, count = digits(low)
    low, high = after(low, high, count)
    if np.any(count == WORD):
        rest, more = digits(low)
        whole, count = whole * _POWERS[more] + rest, count + more
        low, high = after(low, high, more)
    _expect(np.all(count <= DIGITS))
    point = begins_with(low, _POINT)
    behind, _ = after(low, high, point)
    part, decimals = digits(behind)
    end = low >> ((decimals + point) << np.uint64(3))  # after more than `PLACES` nothing is left of the word
    _expect(np.all(begins_with(end, _COMMA) | begins_with(end, _END)))
    most = decimals.max(initial=0)
    amounts = (whole * _POWERS[most] + part * _POWERS[most - decimals]).astype(np.int64)
    return np.where(minus, -amounts, amounts), int(most)


def stacked(groups: Sequence[Any]) -> Any:
    """Rows of words under each other, all as wide as the widest."""
    width = max(rows.shape[1] for rows in groups)
    wide = [rows if rows.shape[1] == width else np.pad(rows, ((0, 0), (0, width - rows.shape[1]))) for rows in groups]
    return np.concatenate(wide)


def told_apart(columns: Sequence[Any], lines: int) -> tuple[Any, Any]:
    """By columns of words: a line of each kind, and for every line the number of its kind.

    Lines of one kind share a slot; those that are not like the line that their slot is known by are sorted.
    """
    words = [np.ascontiguousarray(word) for rows in columns for word in rows.T if word.any()]
    slots = _slots(words, lines)
    known = np.full(_SLOTS, -1)
    known[slots] = np.arange(lines)
    taken = known >= 0
    place, codes = known[taken], (np.cumsum(taken) - 1)[slots]
    other = np.zeros(lines, bool)
    for word in words:
        other |= word != word[place][codes]
    rest = np.flatnonzero(other)
    if len(rest):
        more, codes[rest] = _sorted_apart([word[rest] for word in words], len(place))
        place = np.concatenate([place, rest[more]])
    return place, codes


def _slots(words: Sequence[Any], lines: int) -> Any:
    """A slot for each line, by all of its words."""
    mixed = np.zeros(lines, np.uint64)
    for word in words:
        mixed = (mixed ^ (mixed >> np.uint64(32)) ^ word) * _ODD_FACTOR
    return (mixed >> np.uint64(48)).astype(np.int64)


def _sorted_apart(words: Sequence[Any], first: int) -> tuple[Any, Any]:
    """A line of each kind, and for every line the number of its kind, from a first one on."""
    codes = np.zeros(len(words[0]), np.int64)
    for word in words:
        kinds, code = np.unique(word, return_inverse=True)
        codes = np.unique(codes * len(kinds) + code, return_inverse=True)[1]
    place = np.zeros(codes.max() + 1, np.int64)
    place[codes] = np.arange(len(codes))
    return place, codes + first


def _expect(plain: Any) -> None:
    if not plain:
        raise OddError
