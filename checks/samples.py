"""Samples: what one measure of one subject was at many instants, or that nothing was observed then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from checks.epoch import from_milliseconds, milliseconds_of

Milliseconds = NDArray[np.int64]
Values = NDArray[np.float64]
States = NDArray[np.uint8]
_ONE = timedelta(milliseconds=1)


class SampleState(IntEnum):
    """What a sample is: nothing was observed, or something was, and it may have been judged good or bad."""

    UNSEEN = 0
    SEEN = 1
    GOOD = 2
    BAD = 3


class SeriesKey(NamedTuple):
    """A series: one measure of one subject of one check, `seconds` or `http_requests_total{code="200"}`."""

    check: str
    subject: str
    measure: str


class Sample(NamedTuple):
    """One look. `value` of `None` means that nothing was observed, which is another thing than NaN; `good` of `None`
    that nobody asked for anything."""

    at: datetime
    value: float | None
    good: bool | None = None

    @property
    def state(self) -> SampleState:
        if self.value is None:
            return SampleState.UNSEEN
        if self.good is None:
            return SampleState.SEEN
        return SampleState.GOOD if self.good else SampleState.BAD


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The samples of one series, oldest first, as columns of equal length.

    `instants` are milliseconds since 1970 in UTC and ascend strictly; `every` is how often a sample was to be taken, in
    milliseconds; where nothing was observed the value is NaN and the state UNSEEN.
    """

    key: SeriesKey
    every: int
    instants: Milliseconds
    values: Values
    states: States

    def __post_init__(self) -> None:
        if not len(self.instants) == len(self.values) == len(self.states):
            raise ValueError(f"{self.key}: its columns differ in length")
        if self.every <= 0 or not bool((np.diff(self.instants) > 0).all()):
            raise ValueError(f"{self.key}: samples come one after another, with some time between them")

    @classmethod
    def of(cls, key: SeriesKey, samples: Iterable[Sample], *, every: timedelta) -> "Samples":
        """Samples in any order; of two at one millisecond the first counts."""
        by_instant: dict[int, Sample] = {}
        for sample in samples:
            by_instant.setdefault(milliseconds_of(sample.at), sample)
        ordered = [by_instant[instant] for instant in sorted(by_instant)]
        return cls(
            key,
            every // _ONE,
            np.array(sorted(by_instant), np.int64),
            np.array([np.nan if one.value is None else one.value for one in ordered], np.float64),
            np.array([one.state for one in ordered], np.uint8),
        )

    @classmethod
    def joined(cls, key: SeriesKey, parts: Sequence["Samples"]) -> "Samples":
        """Parts of one series as one, in any order; of two at one millisecond that of the earlier part counts."""
        if not parts:
            return cls(key, 1, np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.uint8))
        every = max(part.every for part in parts)
        instants = np.concatenate([part.instants for part in parts])
        values, states = (np.concatenate([getattr(part, name) for part in parts]) for name in ("values", "states"))
        if not bool((np.diff(instants) > 0).all()):
            instants, order = np.unique(instants, return_index=True)
            values, states = values[order], states[order]
        return cls(key, every, instants, values, states)

    def between(self, since: int, until: int) -> "Samples":
        """Those in [since, until), both in milliseconds since 1970."""
        first, last = np.searchsorted(self.instants, (since, until))
        return Samples(
            self.key, self.every, self.instants[first:last], self.values[first:last], self.states[first:last]
        )

    def __len__(self) -> int:
        return len(self.instants)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Samples):
            return NotImplemented
        return (self.key, self.every) == (other.key, other.every) and all(
            np.array_equal(mine, theirs, equal_nan=True)
            for mine, theirs in zip(self._columns, other._columns, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which of them observed something."""
        return np.not_equal(self.states, SampleState.UNSEEN)

    @property
    def rows(self) -> list[Sample]:
        """One by one, for whoever reads few."""
        good: dict[int, bool | None] = {SampleState.SEEN: None, SampleState.GOOD: True, SampleState.BAD: False}
        columns = zip(self.instants.tolist(), self.values.tolist(), self.states.tolist(), strict=True)
        return [
            Sample(from_milliseconds(at), value if state in good else None, good.get(state))
            for at, value, state in columns
        ]

    @property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.instants, self.values, self.states
