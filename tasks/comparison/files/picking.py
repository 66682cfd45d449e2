"""Finds which lines of two files are apart by their hashes, and picks lines out of a file by number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from tasks.comparison.files.blocks import NEWLINE, blocks, opened_after

_SLOTS = 1 << 22


def apart(left: Any, right: Any) -> tuple[Any, Any] | None:
    """The places of hashes that the other side does not have; `None` where one repeats, if no left one does."""
    both = np.concatenate([left, right])
    with ThreadPoolExecutor(2, "comparison-hashes") as pool:
        list(pool.map(np.ndarray.sort, np.split(both, [len(left)])))
        both.sort(kind="stable")  # merges what is sorted
        same = both[1:] == both[:-1]
        alone = both[~_either(same, len(both))]
        pairs = int(np.count_nonzero(same))
        del both, same
        found = list(pool.map(_places, (left, right), (alone, alone)))
    repeats = any(len(side) - len(one) != pairs for side, one in zip((left, right), found, strict=True))
    return None if repeats else (found[0], found[1])


def same(one: Any, other: Any) -> bool:
    """Whether two lists of hashes are the same in some order."""
    return np.array_equal(np.sort(one), np.sort(other))


def _either(same: Any, number: int) -> Any:
    """Which of some values are the same as the one before or after."""
    found = np.zeros(number, bool)
    found[1:] |= same
    found[:-1] |= same
    return found


def _places(hashes: Any, wanted: Any) -> Any:
    """Where hashes are that are wanted: by a table of some of their bits, then for sure."""
    slots = np.zeros(_SLOTS, bool)
    slots[wanted & np.uint64(_SLOTS - 1)] = True
    perhaps = np.flatnonzero(slots[hashes & np.uint64(_SLOTS - 1)])
    return perhaps[np.isin(hashes[perhaps], wanted)]


def picked(path: Path, header: int, numbers: Any) -> Iterator[bytes]:
    """Lines of a file by their numbers after the header, which ascend from 0."""
    before = 0
    with opened_after(path, header) as file:
        for data, end in blocks(file):
            marks = np.frombuffer(data, np.uint8)[:end] == NEWLINE
            lines = int(np.count_nonzero(marks))
            first, last = np.searchsorted(numbers, (before, before + lines))
            if first < last:
                ends = np.append(-1, np.flatnonzero(marks)) + 1
                wanted = numbers[first:last] - before
                yield from (bytes(data[ends[one] : ends[one + 1]]) for one in wanted)
            before += lines
