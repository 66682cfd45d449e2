"""Counters as tests make them, and the slow, plain way to count that the fast one is held against."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from checks.objectives.progress import Readings

MINUTE = 60_000
counts = st.lists(st.integers(0, 1_000), min_size=1, max_size=60)


def readings(values: Sequence[float], *, every: int = MINUTE, born: Sequence[int] | None = None) -> Readings:
    """Readings a minute apart, the first after one minute."""
    instants = np.arange(1, len(values) + 1, dtype=np.int64) * every
    return Readings(instants, np.array(values, np.float64), np.array(born, np.int64) if born is not None else None)


def plainly(values: Sequence[float]) -> float:
    """What a counter counted: each step up, and after a step down all that it says."""
    return sum(later - earlier if later >= earlier else later for earlier, later in pairwise(values))
