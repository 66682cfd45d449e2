"""Proves quickly that the keys of a file of lines ascend, so that none repeats: numbers at the start of lines."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.merging import BUFFER, opened_after

MOST_DIGITS = 18
_NEWLINE, _COMMA, _BRACE = 10, 44, 125
_PADDING = b"\0" * 64


@dataclass(frozen=True, slots=True)
class Shape:
    """How a line begins before the digits of its key, and how many fields it has where they are divided by commas."""

    prefix: bytes
    fields: int | None

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The key of each line of some bytes."""
        return re.compile(rb"^" + re.escape(self.prefix) + rb"([0-9]{1,18})[,}\n]", re.MULTILINE)


def csv_shape(key: str, names: tuple[str, ...], divider: str) -> Shape | None:
    """The shape of CSV whose first field is the key."""
    return Shape(b"", len(names)) if names[0] == key and divider == "," else None


def json_shape(key: str, path: Path) -> Shape | None:
    """The shape of JSON Lines whose first member is the key, by the first line."""
    with path.open("rb") as file:
        line = file.readline(1 << 20)
    found = re.match(rb'\{\s*"' + re.escape(key.encode()) + rb'"\s*:\s*', line)
    return Shape(found[0], None) if found else None


def ascending(path: Path, shape: Shape, header: int, told: Callable[[int], None]) -> int | None:
    """How many lines a file has after its header, if every key in it is larger than the one before; else `None`.

    Of CSV it is proved too that every line has all its fields and is UTF-8; quotes are left to others.
    """
    lines, last, rest = 0, -1, b""
    with opened_after(path, header) as file:
        while part := file.read(BUFFER):
            data = rest + part
            end = data.rfind(b"\n") + 1
            data, rest = data[:end], data[end:]
            keys = _keys(data, shape) if data else np.array([], np.int64)
            if keys is None or not _grow(keys, last):
                return None
            lines += len(keys)
            last = int(keys[-1]) if len(keys) else last
            told(len(data))
    if rest:
        keys = _keys(rest + b"\n", shape)
        if keys is None or not _grow(keys, last):
            return None
        lines += len(keys)
    return lines


def _grow(keys: Any, last: int) -> bool:
    return not len(keys) or (int(keys[0]) > last and bool(np.all(keys[1:] > keys[:-1])))


def _keys(data: bytes, shape: Shape) -> Any:
    """The keys of whole lines, or `None` where a line has another shape."""
    if shape.fields is not None and (b'"' in data or not _is_utf8(data)):
        return None
    padded = np.frombuffer(data + _PADDING, np.uint8)
    ends = _ends(padded, shape.fields)
    if ends is None:
        return None
    at = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    for offset, expected in enumerate(shape.prefix):
        if not np.all(padded[at + offset] == expected):
            return None
    return _numbers(padded, at + len(shape.prefix))


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ends(padded: Any, fields: int | None) -> Any:
    """Where lines end; `None` where one has another number of fields."""
    if fields is None:
        return np.flatnonzero(padded == _NEWLINE)
    found = np.flatnonzero((padded == _NEWLINE) | (padded == _COMMA))
    if len(found) % fields:
        return None
    newline = (padded[found] == _NEWLINE).reshape(-1, fields)
    if newline[:, :-1].any() or not newline[:, -1].all():
        return None
    return found[fields - 1 :: fields]


def _numbers(padded: Any, at: Any) -> Any:
    """The whole numbers that begin at these places; `None` where there is none, or one that is too long."""
    digit = padded[at] - np.uint8(48)
    if not np.all(digit < 10):
        return None
    values = digit.astype(np.int64)
    ended = np.zeros(len(at), bool)
    for offset in range(1, MOST_DIGITS + 1):
        after = padded[at + offset]
        digit = after - np.uint8(48)
        more = (digit < 10) & ~ended
        if not np.all(more | ended | (after == _COMMA) | (after == _BRACE) | (after == _NEWLINE)):
            return None
        ended = ~more
        if ended.all():
            return values
        values = np.where(more, values * 10 + digit, values)
    return None


def chain_ascends(shape: Shape, lines: bytes) -> bool:
    """Whether the keys of a few lines ascend."""
    keys = [int(key) for key in shape.pattern.findall(lines)]
    return len(keys) == lines.count(b"\n") and all(one < other for one, other in pairwise(keys))
