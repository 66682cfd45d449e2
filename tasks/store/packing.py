"""Samples as the store keeps them: one blob for what a slot brought of one series.

The columns stand one after the other: a byte of state and four of milliseconds since the first for each sample, then
the values, byte by byte of all of them, since those that are alike then stand together. Compressed if that is shorter.
"""

import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.errors import StoreError
from checks.rollups import Span
from checks.samples import Samples, SeriesKey

LONGEST = int(Span.HOUR)
"""Milliseconds that the samples of one slot may lie apart, so that whoever reads knows how far back to look."""
_PLAIN, _COMPRESSED = b"\x00", b"\x01"
_SAMPLE = 1 + 4 + 8


@dataclass(frozen=True, slots=True)
class PackedSamples:
    """The samples that a slot brought of one series; `digest` is that of the very samples, however they are packed."""

    key: SeriesKey
    first: int
    last: int
    every: int
    count: int
    blob: bytes
    digest: bytes


def packed(samples: Samples) -> PackedSamples:
    """Samples of one series, at least one, as they are stored."""
    first, last = int(samples.instants[0]), int(samples.instants[-1])
    if last - first > LONGEST:
        raise StoreError(f"the samples of {_named(samples.key)} span more than an hour; record them in several slots")
    values = np.where(samples.seen, samples.values, np.nan).astype("<f8")
    offsets = (samples.instants - first).astype("<u4")
    body = samples.states.tobytes() + _turned(offsets, 4) + _turned(values, 8)
    compressed = zlib.compress(body)
    blob = _COMPRESSED + compressed if len(compressed) < len(body) else _PLAIN + body
    identity = "\x1f".join((*samples.key, str(samples.every), str(first))).encode("utf-8", "surrogatepass")
    return PackedSamples(samples.key, first, last, samples.every, len(samples), blob, sha256(identity + body).digest())


def unpacked(blob: bytes, key: SeriesKey, *, first: int, every: int) -> Samples:
    """The samples that were packed."""
    try:
        body = zlib.decompress(blob[1:]) if blob[:1] == _COMPRESSED else blob[1:]
        count = len(body) // _SAMPLE
        states = np.frombuffer(body, np.uint8, count)
        offsets = _turned_back(body[count : 5 * count], "<u4").astype(np.int64)
        return Samples(key, every, first + offsets, _turned_back(body[5 * count :], "<f8"), states)
    except (zlib.error, ValueError) as error:
        raise StoreError(f"the samples of {_named(key)} cannot be read: {error}; restore the store") from error


def _turned(column: NDArray[Any], width: int) -> bytes:
    """The first byte of every number, then the second of every one, and so on."""
    return column.view(np.uint8).reshape(-1, width).T.tobytes()


def _turned_back(data: bytes, kind: str) -> NDArray[Any]:
    width = np.dtype(kind).itemsize
    return np.frombuffer(data, np.uint8).reshape(width, -1).T.copy().view(kind).reshape(-1)


def _named(key: SeriesKey) -> str:
    return f"{key.measure} of {key.check} on {key.subject!r}"
