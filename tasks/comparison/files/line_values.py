"""Values in lines of JSON of a plain form, found as bytes in blocks of whole lines, or else the block is odd.

In a plain block each `{` begins a line, so no object lies in another; no name is written with an escape; and every line
has each wanted name once, before a short value.
"""

import re
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
    places,
    windows,
)

GROUPS = 2 * WORD, 6 * WORD
"""Bytes that the value of a group and what ends it have in most files, and at most."""
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
        _expect(padded.find(b"\\", 0, end) < 0 or not _ESCAPED_NAME.search(padded, 0, end))
        self._data = np.frombuffer(padded, np.uint8, end + len(PADDING))
        self._starts = marked(self._data == _BRACE)
        _expect(np.all(self._data[self._starts[1:] - 1] == _NEWLINE))

    def __len__(self) -> int:
        return len(self._starts)

    def groups(self, name: bytes) -> Any:
        """The text of a member of each line, its name given in quotes, as words of which the last are zeros."""
        at = self._values(name)
        try:
            return texts(windows(self._data, at, GROUPS[0]))
        except OddError:
            return texts(windows(self._data, at, GROUPS[1]))

    def amounts(self, name: bytes) -> tuple[Any, int]:
        """A number of each line in units of the last of so many decimals, and how many these are."""
        return numbers(windows(self._data, self._values(name), 2 * WORD))

    def _values(self, name: bytes) -> Any:
        """Where the value of a member begins in each line."""
        at = places(self._data, name)
        rows = windows(self._data, at, -(-(len(name) + 2) // WORD) * WORD)
        same = begin_with(rows, name)
        if not same.all():  # only a piece of the name stood there
            at, rows = at[same], rows[same]
        _expect(len(at) == len(self) and np.all(at > self._starts) and np.all(at[:-1] < self._starts[1:]))
        _expect(np.all(rows[:, len(name)] == _COLON) and np.all(self._data[at - 1] != _BACKSLASH))
        return at + (len(name) + 1) + (rows[:, len(name) + 1] == _SPACE)


def texts(rows: Any) -> Any:
    """The value that each row of bytes begins with, and zeros after it, as words; of a list perhaps too little.

    A text that is cut at a quote in it ends with an escaped one then, and is no JSON.
    """
    short, ended = before_any(np.ascontiguousarray(rows.view("<u8")[:, 0]), b",}")
    if ended and not np.any(rows[:, 0] == _QUOTE):
        return short[:, None]
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


def numbers(rows: Any) -> tuple[Any, int]:
    """The number that each row of sixteen bytes begins with, in units of the last of so many decimals; null is none."""
    low, high = (np.ascontiguousarray(word) for word in rows.view("<u8").T)
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
