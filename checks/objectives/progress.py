"""Counters without their resets: how far one series had counted at each of its readings.

Resets are found in each series, before anything is summed. A decrease is one, as in Prometheus; a process that was born
after the reading before it is one too, even where its counter has outgrown the old one meanwhile. Nothing is
extrapolated to the ends of a window, so that windows in a row add up to the window over all of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]
"""Milliseconds since 1970 in UTC, ascending."""
Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]

_TELLING, _AMONG = 3, 16
"""So often among so many steps readings have to fall and be back at once, before two targets explain it best."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What one series said, reading by reading; `born` is when the process behind each began, where it tells."""

    instants: Instants
    values: Numbers
    born: Instants | None = None

    @property
    def trouble(self) -> str | None:
        """Why these are no readings of one counter, in words that follow its name; `None` where nothing is wrong."""
        if (disorder := self.disorder) is not None:
            return disorder
        if bool((self.values < 0).any()):
            return "counted less than nothing once"
        if self._is_of_two():
            return "is counted by two processes in turns: two targets answer to one name"
        return None

    @property
    def disorder(self) -> str | None:
        """Why these are no readings in the order of time at all."""
        if not bool(np.isfinite(self.values).all()):
            return "said something once that is no number"
        steps = np.diff(self.instants)
        if bool((steps == 0).any()):
            return "stands there twice at one instant"
        if bool((steps < 0).any()):
            return "has a reading from before the one it follows: a clock was set back"
        return None

    @property
    def resets(self) -> Marks:
        """For each reading but the first, whether the counter began anew before it."""
        fallen: Marks = np.diff(self.values) < 0
        return fallen if self.born is None else fallen | (self.born[1:] > self.instants[:-1])

    def _is_of_two(self) -> bool:
        """Whether two counters take turns: an older process answers again, or readings fall and are back at once.

        A process seldom restarts and outgrows within one interval what took its predecessor its whole life.
        """
        if self.born is not None:
            return bool((np.diff(self.born) < 0).any())
        if len(self.values) < 2 * _TELLING:
            return False
        earlier, middle, later = self.values[:-2], self.values[1:-1], self.values[2:]
        back = ((middle < earlier) & (earlier <= later)).astype(np.int64)
        return int(np.convolve(back, np.ones(_AMONG, np.int64)).max()) >= _TELLING


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How much a series had counted by each of its instants since the first; it never falls."""

    instants: Instants
    counted: Numbers

    def by(self, edges: Instants) -> Numbers:
        """How much had been counted by each of several instants; nothing before the first reading."""
        if not len(self.instants):
            return np.zeros(len(edges))
        place = np.searchsorted(self.instants, edges, side="right") - 1
        return np.where(place < 0, 0.0, self.counted[np.maximum(place, 0)])

    def over(self, start: int, end: int) -> float:
        """What was counted in the window (start, end]."""
        since, until = self.by(np.array([start, end], np.int64))
        return float(until - since)


def progress_of(readings: Readings, *, appeared: bool = False) -> Progress:
    """The progress of one counter; one that `appeared` in a target that was read without it before began at zero."""
    return Progress(readings.instants, running(readings.values, readings.resets, appeared=appeared))


def running(values: Numbers, resets: Marks, *, appeared: bool = False) -> Numbers:
    """The sum of all increases up to each reading; after a reset, all that the reading says is one."""
    return summed(values, np.diff(values), resets, appeared=appeared)


def summed(values: Numbers, steps: Numbers, resets: Marks, *, appeared: bool) -> Numbers:
    """The sum of all steps up to each reading, where a reading after a reset is a step of its own."""
    first = values[:1] if appeared else np.zeros_like(values[:1])
    return np.concatenate((first, np.where(resets, values[1:], steps))).cumsum()
