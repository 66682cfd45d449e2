"""Sums of hashes by cells of neighbouring keys, in an array: cells in which two sides are unequal name their keys."""

import threading

import numpy as np
from numpy.typing import NDArray

MOST = 1 << 23
"""Cells, of 8 bytes each."""
MOST_KEYS = 256
"""Keys of one cell: past so many, one row that differs would have too many others read with it."""


def width_of(first: int, last: int) -> int:
    """How many keys a cell has, where so many are spread from first to last."""
    return -(-(last - first + 1) // MOST)


class Cells:
    """The keys from `first` to `last`; a cell is 0 where the sums of both sides are equal. For several threads."""

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last
        self.width = width_of(first, last)
        self._sums = np.zeros((last - first) // self.width + 1, np.uint64)
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._sums)

    def add(self, keys: NDArray[np.int64], hashes: NDArray[np.uint64]) -> None:
        """Adds rows of the one side."""
        with self._lock:
            np.add.at(self._sums, self._places(keys), hashes)

    def subtract(self, keys: NDArray[np.int64], hashes: NDArray[np.uint64]) -> None:
        """Takes away rows of the other side."""
        with self._lock:
            np.subtract.at(self._sums, self._places(keys), hashes)

    def outside(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which keys are in no cell."""
        return (keys < self.first) | (keys > self.last)

    def unequal(self) -> NDArray[np.int64]:
        """The places of cells whose sums differ."""
        return np.flatnonzero(self._sums)

    def keys(self, places: NDArray[np.int64]) -> list[int]:
        """All keys of some cells."""
        starts = (self.first + place * self.width for place in places.tolist())
        return [key for start in starts for key in range(start, min(start + self.width, self.last + 1))]

    def _places(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        places = keys.view(np.uint64) - np.uint64(self.first % 2**64)
        return (places // np.uint64(self.width) if self.width > 1 else places).view(np.int64)
