"""Matches the digests of one key range with numpy: which keys are on one side only, which rows differ, which repeat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.comparison.postgres.digests import Longs
from tasks.comparison.postgres.tolerated import Tolerated, Truths

Digests = tuple[NDArray[Any], ...]
"""Keys, hashes, and the numbers of values with a tolerance, one of each for every row."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Keys by what became of them; `same` counts the pairs that are equal.

    `unsettled` are keys that only their rows can tell: they repeat on a side, or a value is too near to its tolerance.
    """

    same: int
    missing: Longs
    extra: Longs
    changed: Longs
    unsettled: Longs


def match(left: Digests, right: Digests, tolerated: Sequence[Tolerated] = ()) -> Matched:
    """Matches the digests of both sides, which may come in any order."""
    left, right = _sorted(left), _sorted(right)
    repeated = np.union1d(_repeats(left[0]), _repeats(right[0]))
    if len(repeated):
        left, right = _without(repeated, left), _without(repeated, right)
    missing = extra = left[0][:0]
    if not np.array_equal(left[0], right[0]):
        left, right, missing, extra = _paired(left, right)
    differs, unsure = _compared(left, right, tolerated)
    changed, doubtful = left[0][differs], left[0][unsure]
    return Matched(
        same=len(left[0]) - len(changed) - len(doubtful),
        missing=missing,
        extra=extra,
        changed=changed,
        unsettled=np.union1d(repeated, doubtful) if len(doubtful) else repeated,
    )


def _compared(left: Digests, right: Digests, tolerated: Sequence[Tolerated]) -> tuple[Truths, Truths]:
    """Which pairs differ, and which could not be told."""
    differs: Truths = left[1] != right[1]
    unsure = np.zeros(len(differs), bool)
    for one, here, there in zip(tolerated, left[2:], right[2:], strict=True):
        within, doubtful = one.close(here, there)
        differs |= ~(within | doubtful)
        unsure |= doubtful
    return differs, unsure & ~differs


def _paired(left: Digests, right: Digests) -> tuple[Digests, Digests, Longs, Longs]:
    """The digests of keys on both sides, in one order, then the keys of either side alone."""
    places = np.searchsorted(right[0], left[0])
    inside = places < len(right[0])
    paired = inside.copy()
    paired[inside] = right[0][places[inside]] == left[0][inside]
    found = places[paired]
    alone = np.ones(len(right[0]), bool)
    alone[found] = False
    here, there = tuple(one[paired] for one in left), tuple(one[found] for one in right)
    return here, there, left[0][~paired], right[0][alone]


def _sorted(digests: Digests) -> Digests:
    keys = digests[0]
    if len(keys) < 2 or bool(np.all(keys[1:] >= keys[:-1])):
        return digests
    order = np.argsort(keys, kind="stable")
    return tuple(one[order] for one in digests)


def _repeats(keys: Longs) -> Longs:
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _without(repeated: Longs, digests: Digests) -> Digests:
    kept = ~np.isin(digests[0], repeated)
    return tuple(one[kept] for one in digests)
