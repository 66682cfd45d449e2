"""Runs out of samples: the looks of a long time as those few stretches in which they said the same."""

from collections.abc import Iterator

import numpy as np

from checks.rollups import Rollup
from checks.runs import Run, RunState
from checks.samples import Samples, SampleState

_STATES: dict[int, RunState] = {SampleState.GOOD: "good", SampleState.BAD: "bad"}


def runs_in(samples: Samples, *, hole: int) -> Iterator[Run]:
    """Samples as runs; those that nobody judged count as unseen. More than `hole` milliseconds apart, runs are two."""
    if not len(samples):
        return
    at, states = samples.instants, samples.states
    judged = np.where((states == SampleState.GOOD) | (states == SampleState.BAD), states, SampleState.UNSEEN)
    begins = np.flatnonzero((np.diff(judged) != 0) | (np.diff(at) > hole)) + 1
    starts = np.concatenate(([0], begins))
    ends = np.concatenate((begins, [len(at)]))
    columns = (judged[starts].tolist(), at[starts].tolist(), at[ends - 1].tolist(), (ends - starts).tolist())
    for state, first, last, looks in zip(*columns, strict=True):
        yield Run(_STATES.get(state, "unseen"), first, last, looks)


def clean_run(rollup: Rollup) -> Run | None:
    """The one run of a span in which every look was good and none was missing; `None` of any other span."""
    if rollup.first_at is None or rollup.last_at is None:
        return None
    if rollup.good != rollup.count or rollup.holes:
        return None
    return Run("good", rollup.first_at, rollup.last_at, rollup.good)
