"""Proves quickly that no key of a file of lines repeats: keys that are numbers at the start of lines."""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.blocks import NEWLINE, blocks, opened_after
from tasks.comparison.files.shape import Shape
from tasks.comparison.files.strictness import Looking
from tasks.comparison.files.words import alike, digits, marked, most_often

MOST_DIGITS = 18
_RETURN, _SPACE, _COMMA, _ZERO, _BRACE = 13, 32, 44, 48, 125
_WORD = 8
_FIRST = np.zeros(1, np.int64)
_TENS = 10 ** np.arange(_WORD + 1, dtype=np.uint64)


class Proof:
    """A proof that no key of a file repeats: each is larger than the one before, or else it has eight bytes of each.

    Keys that are in no order are proved distinct only where none begins with a zero. Of CSV it is proved too that
    every line has all its fields, ends as the others do and is UTF-8; quotes are left to others. Of JSON Lines it is
    proved that no line names its key twice, and that DuckDB takes no line for JSON that is none.
    """

    def __init__(self, path: Path, shape: Shape, header: int, told: Callable[[int], None], *, ordered: bool) -> None:
        self._path = path
        self._shape = shape if ordered else replace(shape, padded=False)
        self._header = header
        self._told = told
        self._ordered = ordered
        self._size = path.stat().st_size
        self._seen = 0
        self._found: tuple[int, Any] | None = None
        self._returned = _returned_by(path, header)
        self._flat = bool(shape.name)
        """Whether lines of JSON had neither lists nor objects within so far."""

    def look(self) -> None:
        """Looks through the file, unless it sees that nothing is proved."""
        looking = Looking() if self._shape.name else None
        lines, found = 0, [np.array([], np.int64)]
        with opened_after(self._path, self._header) as file:
            for data, end in blocks(file, len(self._shape.prefix) + 4 * _WORD):
                keys = self._keys(data, end, looking)
                if keys is None or (self._ordered and not _ascend(keys)):
                    return
                lines += len(keys)
                self._seen += end
                # where they ascend, the first and the last say it all
                found.append(keys[[0, -1]] if self._ordered and len(keys) > 1 else keys)
                self._told(end)
        self._found = lines, np.concatenate(found)

    @property
    def share(self) -> float:
        """About which share of the file is looked through."""
        return min(self._seen / max(self._size, 1), 1.0)

    @cached_property
    def lines(self) -> int | None:
        """How many lines there are, once all are looked through; `None` where it is not proved."""
        if self._found is None or len(self._returned) > 1 or None in self._returned:
            return None
        lines, keys = self._found
        if not self._ordered and not _ascend(keys):
            keys.sort()
        return lines if _ascend(keys) else None

    def _keys(self, data: bytearray, end: int, looking: Looking | None) -> Any:
        """The keys of whole lines, or `None` where a line has another shape, or is no JSON though it should be."""
        shape, letters = self._shape, np.frombuffer(data, np.uint8)[:end]
        ends: Any = _flat_ends(data, letters) if self._flat else None
        self._flat = flat = ends is not None
        if not flat:
            ends = marked(letters == NEWLINE)
        if shape.fields is not None:
            self._returned.add(_returned(data, letters, ends))
            if not (_plain(data, letters) and _divided(letters, ends, shape.fields)):
                return None
        words = np.ndarray(len(data) - _WORD + 1, "<u8", data, strides=(1,))
        at = np.concatenate([_FIRST, ends[:-1] + 1])
        if not _begin(words, at, shape.prefix):
            return None
        if shape.name and (_named_again(letters, shape.name, len(at)) or _escaped(data, end, shape)):
            return None
        first = at + len(shape.prefix)
        if looking and looking.any_lax(data, end, closed=flat):
            return None
        if not shape.padded and _any_padded(words[first]):
            return None
        return _numbers(words, first, _BRACE if shape.name else NEWLINE)


def _ascend(keys: Any) -> bool:
    return bool(np.all(keys[1:] > keys[:-1]))


def _returned_by(path: Path, header: int) -> set[bool | None]:
    """How the lines before the first row end, as `_returned` says it."""
    with path.open("rb") as file:
        return {file.readline().endswith(b"\r\n") for _ in range(header)}


def _returned(data: bytearray, letters: Any, ends: Any) -> bool | None:
    """Whether all lines end in CR LF, or none has a CR; `None` where some have, or one has it elsewhere."""
    if data.find(b"\r", 0, len(letters)) < 0:
        return False
    last = bool(np.all(letters[ends - 1] == _RETURN))
    return True if last and int(np.count_nonzero(letters == _RETURN)) == len(ends) else None


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


def _flat_ends(data: bytearray, letters: Any) -> Any:
    """Where lines end, if each does after its only closing bracket, and that stands after no comma and no blank.

    `None` if that is not so. A line of JSON has a closing bracket, so that no other line is between two such ends.
    """
    if data.find(b"[", 0, len(letters)) >= 0:
        return None
    closing = marked(letters == _BRACE)
    ends, before = closing + 1, letters[closing - 1]
    if not len(ends) or ends[-1] != len(letters) - 1 or not np.all(letters[ends] == NEWLINE):
        return None
    return ends if np.all((before > _SPACE) & (before != _COMMA)) else None


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


def _numbers(words: Any, first: Any, end: int) -> Any:
    """The whole numbers that begin at these places and go on to a comma or an `end`.

    `None` where there is none, or one that is too long.
    """
    word = words[first]
    found = alike(word)
    if found is not None and found[1] in (_COMMA, end):
        return found[0].astype(np.int64)
    values, count = digits(word)
    at = first + count.astype(np.int64)
    while (count == _WORD).any():
        part, count = digits(words[at])
        at = at + count.astype(np.int64)
        if (at - first > MOST_DIGITS).any():
            return None
        values = values * _TENS[count] + part
    after = words[at] & np.uint64(0xFF)
    ended = (after == _COMMA) | (after == end)
    return values.astype(np.int64) if bool(np.all(ended & (at > first))) else None
