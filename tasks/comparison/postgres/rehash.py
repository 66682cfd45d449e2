"""PostgreSQL's hashes of values made here, over columns in numpy: to the bit what `hash…extended` gives on a server.

That is Jenkins' lookup3 as `src/common/hashfn.c` has it: 12 bytes at a time are mixed into three words of 32 bits. All
arithmetic is modulo 2³²; constants are arrays of one element, because numpy warns of scalars that overflow.
"""

from collections.abc import Iterable
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Words = NDArray[np.uint32]
State = tuple[Words, Words, Words]
LONGEST = 4_096
"""Bytes of text that are hashed here; each 12 of them are a round over all rows."""
_START = 0x9E3779B9 + 3_923_095
_BLOCK = 12
_DIGITS = 5
"""Groups of four decimal digits in 64 bits."""
_TAILS = np.frombuffer(b"".join(b"\xff" * length + b"\0" * (_BLOCK - length) for length in range(_BLOCK)), f"V{_BLOCK}")
"""What is kept of the last 12 bytes that are read of a text, by how many of them belong to it."""


def of_uint32(values: Words, seed: int) -> Hashes:
    """`hashint4extended` of 32 bits."""
    a, b, c = _begun(4, seed)
    return _ended(a + values, b, c)


def of_int8(values: NDArray[np.int64], seed: int) -> Hashes:
    """`hashint8extended(v, v # seed)`: the server folds a value to 32 bits, and so it is in its seed too.

    A value that is the seed itself, one of 2⁶⁴, has another hash on a server, and looks changed until it is read.
    """
    return _folded(values, values.view(np.uint64) ^ np.uint64(seed))


def of_instant(micros: NDArray[np.int64], seed: int) -> Hashes:
    """What `hashes.near_instant` is on a server, of microseconds since 2000.

    A seed without a single bit, or with all, one of 2⁶³, gives another hash on a server, as in `of_int8`.
    """
    half = np.where(micros >= 0, np.uint64(seed), np.uint64(seed ^ (2**64 - 1)))
    return _folded(micros, _folded(micros >> 32 << 32, half))


def _folded(values: NDArray[np.int64], seeds: Hashes) -> Hashes:
    """`hashint8extended`, with a seed for each value that is not 0."""
    start = np.full(1, _START + 4, np.uint32)
    a, b, c = _mixed(start + (seeds >> 32).astype(np.uint32), start + seeds.astype(np.uint32), start)
    folded = (values ^ (values >> 32) ^ (values >> 63)).astype(np.uint32)
    return _ended(a + folded, b, c)


def of_float8(values: NDArray[np.float64], seed: int) -> Hashes:
    """`hashfloat8extended`: both zeros are the seed, and NaN is one value."""
    bits = np.where(np.isnan(values), np.nan, values).view(np.uint64)
    a, b, c = _begun(8, seed)
    hashed = _ended(a + bits.astype(np.uint32), b + (bits >> 32).astype(np.uint32), c)
    return np.where(values == 0, np.uint64(seed), hashed)


def of_numeric(units: NDArray[np.int64], scale: int, seed: int) -> Hashes:
    """`hash_numeric_extended` of `units` · 10^−`scale`, seeded by `~seed` where that is below zero.

    The server hashes groups of four digits, without zeros on either end, and the power of the first group. So many
    digits as the last group lacks must fit into 64 bits with the others.
    """
    behind = -(-scale // 4)
    number = np.abs(units).view(np.uint64) * np.uint64(10 ** (4 * behind - scale))
    most = -(-len(str(number.max(initial=0))) // 4)
    first = _reached(number, (10 ** (4 * power) for power in range(1, most)))
    packed, fifth = _packed(number, first, most)
    upto = np.where(fifth > 0, np.uint64(2**64 - 1), packed)  # zeros before the last group count too
    length = _reached(upto, (1 << 16 * power for power in range(1, min(most, 4)))) + (fifth > 0)
    kind = length + _DIGITS * (units < 0)
    a, b, c = (words[kind] for words in _begun_by_groups(seed))
    hashed = _ended(a + packed.astype(np.uint32), b + (packed >> 32).astype(np.uint32), c + (fifth << 8))
    hashed ^= (first - behind).view(np.uint64)
    return np.where(units == 0, np.uint64((seed - 1) % 2**64), hashed)


def _reached(numbers: Hashes, bounds: Iterable[int]) -> NDArray[np.int64]:
    """How many bounds each number reaches."""
    tests = ((numbers >= np.uint64(bound)).astype(np.int64) for bound in bounds)
    return reduce(np.add, tests, np.zeros(len(numbers), np.int64))


def _packed(number: Hashes, first: NDArray[np.int64], most: int) -> tuple[Hashes, Words]:
    """The four groups of digits from the first one on in 64 bits, the first one lowest; and the one after them.

    No number has more than `most` groups, and none that has four or fewer has one after them.
    """
    groups = []
    for _ in range(most - 1):
        rest = number // np.uint64(10_000)
        groups.append(number - rest * np.uint64(10_000))
        number = rest
    packed = number
    for place, group in enumerate(groups[-1:-4:-1], start=1):
        packed |= group << np.uint64(16 * place)
    lead = (most - 1 - first).view(np.uint64)
    shift = lead << 4
    packed >>= shift
    if most < _DIGITS:
        return packed, np.zeros(1, np.uint32)
    packed |= np.where(lead > 0, groups[0] << ((64 - shift) & np.uint64(63)), 0)
    return packed, np.where(lead > 0, 0, groups[0]).astype(np.uint32)


def of_text(data: NDArray[np.uint8], offsets: NDArray[np.int64], seed: int, long: np.uint64) -> Hashes:
    """`hashtextextended` in the collation "C", of the bytes from each offset to the next; `long` past `LONGEST`."""
    starts, sizes = offsets[:-1], np.diff(offsets)
    if len(sizes) and (sizes == sizes[0]).all():
        sizes = sizes[:1]
    lengths = np.minimum(sizes, LONGEST)
    rounds = lengths // _BLOCK
    padded = np.concatenate((data, np.zeros(_BLOCK, np.uint8)))
    blocks: NDArray[np.void] = np.ndarray(len(data) + 1, _TAILS.dtype, padded, strides=(1,))
    state = tuple(words_of[lengths] for words_of in _begun_by_length(seed))
    for number in range(int(rounds.max(initial=0))):
        if (rounds > number).all():
            state = _mixed(*map(np.add, state, _words(blocks[starts + number * _BLOCK])))
            continue
        rows = np.flatnonzero(rounds > number)
        mixed = _mixed(
            *(one[rows] + word for one, word in zip(state, _words(blocks[starts[rows] + number * _BLOCK]), strict=True))
        )
        for one, new in zip(state, mixed, strict=True):
            one[rows] = new
    last, kept = _words(blocks[starts + rounds * _BLOCK]), _words(_TAILS[lengths - rounds * _BLOCK])
    first, second, third = (word & mask for word, mask in zip(last, kept, strict=True))
    a, b, c = map(np.add, state, (first, second, third << 8))
    return np.where(sizes > LONGEST, long, _ended(a, b, c))


def _words(blocks: NDArray[np.void]) -> Words:
    """Three rows of words, of blocks of 12 bytes."""
    return blocks.view(np.uint32).reshape(-1, 3).T


@lru_cache(64)
def _begun_by_groups(seed: int) -> State:
    """States by how many groups of digits there are but one, of a seed and then of its complement."""
    states = [_begun(2 * (groups + 1), one) for one in (seed, seed ^ (2**64 - 1)) for groups in range(_DIGITS)]
    a, b, c = map(np.concatenate, zip(*states, strict=True))
    return a, b, c


@lru_cache(64)
def _begun_by_length(seed: int) -> State:
    """States by the bytes of a text."""
    start = (np.arange(LONGEST + 1) + _START).astype(np.uint32)
    return _seeded((start, start, start), seed)


@lru_cache(256)
def _begun(length: int, seed: int) -> State:
    start = np.full(1, (_START + length) % 2**32, np.uint32)
    return _seeded((start, start, start), seed)


def _seeded(state: State, seed: int) -> State:
    a, b, c = state
    return _mixed(a + np.uint32(seed >> 32), b + np.uint32(seed % 2**32), c) if seed else state


def _rotated(words: Words, by: int) -> Words:
    rotated: Words = words << np.uint32(by)
    rotated |= words >> np.uint32(32 - by)
    return rotated


def _mixed(a: Words, b: Words, c: Words) -> State:
    """`mix`."""
    a, c = (a - c) ^ _rotated(c, 4), c + b
    b, a = (b - a) ^ _rotated(a, 6), a + c
    c, b = (c - b) ^ _rotated(b, 8), b + a
    a, c = (a - c) ^ _rotated(c, 16), c + b
    b, a = (b - a) ^ _rotated(a, 19), a + c
    c, b = (c - b) ^ _rotated(b, 4), b + a
    return a, b, c


def _ended(a: Words, b: Words, c: Words) -> Hashes:
    """`final`, and the 64 bits that are left of the three words."""
    c = (c ^ b) - _rotated(b, 14)
    a = (a ^ c) - _rotated(c, 11)
    b = (b ^ a) - _rotated(a, 25)
    c = (c ^ b) - _rotated(b, 16)
    a = (a ^ c) - _rotated(c, 4)
    b = (b ^ a) - _rotated(a, 14)
    c = (c ^ b) - _rotated(b, 24)
    return (b.astype(np.uint64) << np.uint64(32)) | c.astype(np.uint64)
