"""Proves quickly that no key of a file of lines repeats: keys that are numbers at the start of lines."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.blocks import NEWLINE, blocks, opened_after
from tasks.comparison.files.shape import Shape
from tasks.comparison.files.words import digits, marked, most_often

MOST_DIGITS = 18
_COMMA, _ZERO, _BRACE = 44, 48, 125
_WORD = 8
_TENS = 10 ** np.arange(_WORD + 1, dtype=np.uint64)


def ascending(path: Path, shape: Shape, header: int, told: Callable[[int], None]) -> int | None:
    """How many lines a file has after its header, if every key in it is larger than the one before; else `None`.

    Of CSV it is proved too that every line has all its fields and is UTF-8; quotes are left to others. Of JSON Lines
    it is proved that no line names its key twice.
    """
    lines, last = 0, -1
    for keys in _keys_of(path, shape, header, told):
        if keys is None or int(keys[0]) <= last or not _ascend(keys):
            return None
        lines += len(keys)
        last = int(keys[-1])
    return lines


def distinct(path: Path, shape: Shape, header: int, told: Callable[[int], None]) -> int | None:
    """The same of keys in any order, if none repeats and none begins with a zero: it has eight bytes of each."""
    found = [np.array([], np.int64)]
    for keys in _keys_of(path, replace(shape, padded=False), header, told):
        if keys is None:
            return None
        found.append(keys)
    keys = np.concatenate(found)
    del found
    if not _ascend(keys):
        keys.sort()
    return len(keys) if _ascend(keys) else None


def _ascend(keys: Any) -> bool:
    return bool(np.all(keys[1:] > keys[:-1]))


def _keys_of(path: Path, shape: Shape, header: int, told: Callable[[int], None]) -> Iterator[Any]:
    """The keys, block by block; `None` for a block that has another shape."""
    with opened_after(path, header) as file:
        for data, end in blocks(file, len(shape.prefix) + 4 * _WORD):
            yield _keys(data, end, shape)
            told(end)


def _keys(data: bytearray, end: int, shape: Shape) -> Any:
    """The keys of whole lines, or `None` where a line has another shape."""
    letters = np.frombuffer(data, np.uint8)[:end]
    ends = marked(letters == NEWLINE)
    if shape.fields is not None and not (_plain(data, letters) and _divided(letters, ends, shape.fields)):
        return None
    if shape.name and (_named_again(letters, shape.name, len(ends)) or _escaped(data, end, shape)):
        return None
    words = np.ndarray(len(data) - _WORD + 1, "<u8", data, strides=(1,))
    at = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    if not _begin(words, at, shape.prefix):
        return None
    first = at + len(shape.prefix)
    return _numbers(words, first) if shape.padded or not _any_padded(words[first]) else None


def _plain(data: bytearray, letters: Any) -> bool:
    """Whether there are no quotes, and all is UTF-8."""
    if data.find(b'"', 0, len(letters)) >= 0:
        return False
    try:
        return int(letters.max()) < 128 or bool(letters.tobytes().decode())
    except UnicodeDecodeError:
        return False


def _divided(letters: Any, ends: Any, fields: int) -> bool:
    """Whether commas divide every line into so many fields."""
    commas = _marks_before(letters == _COMMA, ends)
    return bool(commas[0] == fields - 1 and np.all(commas[1:] - commas[:-1] == fields - 1))


def _marks_before(marks: Any, places: Any) -> Any:
    """How many marks lie before each place, counted by words of 64 marks."""
    packed = np.packbits(marks, bitorder="little")
    words = np.concatenate([packed, np.zeros(_WORD - len(packed) % _WORD, np.uint8)]).view("<u8")
    before = np.concatenate([[0], np.cumsum(np.bitwise_count(words), dtype=np.int64)])
    word, within = places >> 6, (places & 63).astype(np.uint64)
    return before[word] + np.bitwise_count(words[word] & ((np.uint64(1) << within) - np.uint64(1)))


def _named_again(letters: Any, name: bytes, lines: int) -> bool:
    """Whether a name that each of some lines has may stand somewhere else, by how often it begins, else how it ends."""
    alone = len(name) > 2 and most_often(letters, name) == lines
    return not alone and _ends_of_names(letters, name) != lines


def _ends_of_names(letters: Any, name: bytes) -> int:
    """How often the end of a name stands in some bytes, as much of it as fits into a word; so often it may be there."""
    size = max(size for size in (2, 4, 8) if size <= len(name))
    wanted = int.from_bytes(name[-size:], "little")
    starts = ((start, start + (len(letters) - start) // size * size) for start in range(size))
    return sum(int(np.count_nonzero(letters[start:stop].view(f"<u{size}") == wanted)) for start, stop in starts)


def _escaped(data: bytearray, end: int, shape: Shape) -> bool:
    """Whether a letter of the key's name may be escaped somewhere."""
    return data.find(b"\\", 0, end) >= 0 and shape.escaped.search(data, 0, end) is not None


def _begin(words: Any, at: Any, prefix: bytes) -> bool:
    """Whether all lines begin with a prefix."""
    for start in range(0, len(prefix), _WORD):
        part = prefix[start : start + _WORD]
        mask, expected = (1 << _WORD * len(part)) - 1, int.from_bytes(part, "little")
        if not np.all(words[at + start] & np.uint64(mask) == expected):
            return False
    return True


def _any_padded(words: Any) -> bool:
    """Whether a digit follows a zero at the start of some number."""
    second = (words >> np.uint64(_WORD)) & np.uint64(0xFF)
    return bool(np.any((words & np.uint64(0xFF) == _ZERO) & (second >= _ZERO) & (second < _ZERO + 10)))


def _numbers(words: Any, first: Any) -> Any:
    """The whole numbers that begin at these places; `None` where there is none, or one that is too long."""
    values, count = digits(words[first])
    at = first + count.astype(np.int64)
    while (count == _WORD).any():
        part, count = digits(words[at])
        at = at + count.astype(np.int64)
        if (at - first > MOST_DIGITS).any():
            return None
        values = values * _TENS[count] + part
    after = words[at] & np.uint64(0xFF)
    ended = (after == _COMMA) | (after == _BRACE) | (after == NEWLINE)
    return values.astype(np.int64) if bool(np.all(ended & (at > first))) else None
