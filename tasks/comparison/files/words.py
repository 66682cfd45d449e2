"""Bytes of text eight at a time: what numbers a column of little-endian words begins with, and where names stand."""

from typing import Any

import numpy as np

WORD = 8
"""Bytes in a word."""
AT_ONCE = 1 << 18
"""Words of two bytes that are looked through at once: they and what is seen of them stay near the processor."""
PADDING = b"\0" * 96
"""What stands after a block, so that a window at its last byte is whole."""
_HIGH, _ABOVE, _ZEROS = (np.uint64(byte * 0x0101010101010101) for byte in (0x80, 0x46, 0x30))
_LOW, _ONES = np.uint64(0xFF), np.uint64(0x0101010101010101)


def windows(data: Any, at: Any, width: int) -> Any:
    """A row of `width` bytes, at most 96, from each place; a multiple of eight, so that it is words as well."""
    every = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))
    return every[at].view(np.uint8).reshape(len(at), width)


def words_at(data: Any, at: Any) -> Any:
    """The eight bytes from each place as a word."""
    every = np.ndarray((max(len(data) - WORD + 1, 0),), "<u8", data, strides=(1,))
    return every[at]


def word_of(rows: Any, at: int) -> Any:
    """The eight bytes from one place in each row of bytes as a word."""
    return np.ndarray((len(rows),), "<u8", rows, offset=at, strides=(rows.shape[1],)).copy()


def most_often(data: Any, text: bytes) -> int:
    """How often three bytes of some text may stand in data: as often as one of two pieces lies on a word of two."""
    even, odd = (int.from_bytes(text[start : start + 2], "little") for start in (0, 1))
    words = data[: len(data) // 2 * 2].view("<u2")
    room, more = np.empty((2, min(AT_ONCE, len(words))), bool)
    count = 0
    for start in range(0, len(words), AT_ONCE):
        part = words[start : start + AT_ONCE]
        here, there = room[: len(part)], more[: len(part)]
        np.equal(part, even, out=here)
        here |= np.equal(part, odd, out=there)
        count += int(np.count_nonzero(here))
    return count


def marked(marks: Any) -> Any:
    """Where a list of truth values is true, in order: quickly where it seldom is, as eight of them are one word."""
    whole = len(marks) // WORD * WORD
    words = marks[:whole].view("<u8")
    held = np.flatnonzero(words != 0)
    below = words[held] - np.uint64(1)
    if np.any(words[held] & below):  # two in one word
        return np.flatnonzero(marks)
    held *= WORD
    held += np.bitwise_count(below) >> 3
    return np.concatenate([held, np.flatnonzero(marks[whole:]) + whole])


def findable(text: bytes) -> bool:
    """Whether `places` finds a text wherever it stands: each of its first pieces tells which one it is."""
    return len(text) > 2 and len(set(_pieces(text))) == len(_pieces(text))


def _pieces(text: bytes) -> list[Any]:
    """The pieces that a text begins with, one of which lies on a whole piece of any data that the text is in."""
    size = 4 if len(text) > 6 else 2
    return [np.frombuffer(text[start : start + size], f"<u{size}")[0] for start in range(size)]


def places(data: Any, text: bytes) -> Any:
    """Where a findable text may stand in padded data, in order: where it does, and where a piece of it does."""
    pieces = _pieces(text)
    size = len(pieces)
    whole = data[: len(data) // size * size].view(f"<u{size}")
    hit = whole == pieces[0]
    for piece in pieces[1:]:
        hit |= whole == piece
    found = marked(hit)
    begun = whole[found]
    found *= size
    for start, piece in enumerate(pieces):
        found -= (begun == piece) * start
    return found


def digits(word: Any) -> tuple[Any, Any]:
    """The whole number of at most eight digits that each word begins with, and how many digits it has."""
    other = ((word + _ABOVE) | (word - _ZEROS)) & _HIGH  # the lowest byte that is no digit has its high bit set
    count = (np.bitwise_count(~other & (other - np.uint64(1))) >> 3).astype(np.uint64)
    return _value(word << (np.uint64(64) - (count << np.uint64(3)))), count  # what is shifted by 64 leaves nothing


def alike(word: Any) -> tuple[Any, int] | None:
    """The whole numbers that words begin with, and the byte after them: if all have as many digits, under eight."""
    first = word[:1].tobytes()
    bits = 8 * (len(first) - len(first.lstrip(b"0123456789")))
    if not 0 < bits < 64:
        return None
    within = np.uint64((1 << bits) - 1)
    others = ((word + _ABOVE) | (word - _ZEROS)) & (_HIGH & within)  # as in `digits`
    after = (word >> np.uint64(bits)) & _LOW
    if others.any() or (after != after[0]).any():
        return None
    return _value(word << np.uint64(64 - bits)), int(after[0])


def _value(word: Any) -> Any:
    """The number whose digits are the last bytes of each word; bytes of zero lead."""
    word = word & np.uint64(0x0F0F0F0F0F0F0F0F)
    word = (word * np.uint64(10) + (word >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    word = (word * np.uint64(100) + (word >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (word * np.uint64(10_000) + (word >> np.uint64(32))) & np.uint64(0xFFFFFFFF)


def begins_with(word: Any, byte: int) -> Any:
    """Which words begin with a byte."""
    return (word & _LOW) == np.uint64(byte)


def before_any(word: Any, letters: bytes) -> Any:
    """What of each word stands before the first of some bytes, and whether all have one; zeros follow it."""
    stops = np.zeros(len(word), np.uint64)
    for letter in letters:
        other = word ^ (_ONES * np.uint64(letter))
        stops |= (other - _ONES) & ~other & _HIGH  # the lowest byte that is the letter has its high bit set
    return word & (((stops - np.uint64(1)) & ~stops) >> np.uint64(7)), bool(np.all(stops))


def after(low: Any, high: Any, count: Any) -> tuple[Any, Any]:
    """What follows the first bytes, at most eight, of sixteen in two words."""
    shift = count.astype(np.uint64) << np.uint64(3)
    return (low >> shift) | (high << (np.uint64(64) - shift)), high >> shift


def begin_with(rows: Any, text: bytes) -> Any:
    """Which rows of bytes begin with a text."""
    same = np.ones(len(rows), bool)
    for word, at in zip(rows.view("<u8").T, range(0, len(text), WORD), strict=False):
        piece = text[at : at + WORD]
        mask = np.uint64((1 << 8 * len(piece)) - 1)
        same &= (word & mask) == np.uint64(int.from_bytes(piece, "little"))
    return same
