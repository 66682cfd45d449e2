"""Series with their labels: told apart, put together from parts, and given the birth of the processes behind them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from checks.objectives.histograms import NativeReading
from checks.objectives.progress import Instants, Readings

Labels = Mapping[str, str]
Key = tuple[tuple[str, str], ...]
NAME = "__name__"
_TARGET = ("job", "instance")
"""The labels that say which process was asked."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSeries:
    """One series: its labels with its name, its readings, and its native histograms where it is one."""

    labels: Labels
    readings: Readings
    native: tuple[NativeReading, ...] = ()

    def __str__(self) -> str:
        inside = ",".join(f'{label}="{text}"' for label, text in self.labels.items() if label != NAME)
        name = self.labels.get(NAME, "")
        return f"{name}{{{inside}}}" if inside else name

    @property
    def instants(self) -> Instants:
        """When it said something."""
        if not self.native:
            return self.readings.instants
        return np.array([reading.at for reading in self.native], np.int64)

    @property
    def target(self) -> Key:
        """Whose series it is."""
        return key_of({label: self.labels[label] for label in _TARGET if label in self.labels})


def key_of(labels: Labels, *, without: Sequence[str] = ()) -> Key:
    """What makes series the same: their labels in order."""
    return tuple(sorted((label, text) for label, text in labels.items() if label not in without))


def continued(older: Iterable[LabelledSeries], newer: Iterable[LabelledSeries], border: int) -> list[LabelledSeries]:
    """Series whose older part ends with a border (ms), after which the newer part goes on."""
    parts: dict[Key, list[LabelledSeries]] = defaultdict(list)
    for one in older:
        parts[key_of(one.labels)].append(_part(one, one.instants <= border))
    for one in newer:
        parts[key_of(one.labels)].append(_part(one, one.instants > border))
    return [_joined(found) for found in parts.values()]


def born(series: Sequence[LabelledSeries], started: Sequence[LabelledSeries]) -> list[LabelledSeries]:
    """The series with the birth of the process behind each reading, out of gauges that tell it in seconds."""
    by_target = {one.target: one.readings for one in started if len(one.readings.instants)}
    return [_born(one, by_target[one.target]) if one.target in by_target else one for one in series]


def beginnings(series: Iterable[LabelledSeries]) -> dict[Key, int]:
    """When each target was read first, as far as these series show it."""
    found: dict[Key, int] = {}
    for one in series:
        if len(one.instants):
            first = int(one.instants[0])
            found[one.target] = min(first, found.get(one.target, first))
    return found


def appeared(one: LabelledSeries, read: Mapping[Key, int]) -> bool:
    """Whether a series began in a target that had been read without it: then it had counted nothing."""
    first = int(one.instants[0]) if len(one.instants) else 0
    return first > read.get(one.target, first)


def _part(one: LabelledSeries, kept: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> LabelledSeries:
    if one.native:
        return replace(one, native=tuple(reading for reading, keep in zip(one.native, kept, strict=True) if keep))
    return replace(one, readings=Readings(one.readings.instants[kept], one.readings.values[kept]))


def _joined(parts: Sequence[LabelledSeries]) -> LabelledSeries:
    instants = np.concatenate([part.readings.instants for part in parts])
    values = np.concatenate([part.readings.values for part in parts])
    native = tuple(reading for part in parts for reading in part.native)
    return LabelledSeries(parts[0].labels, Readings(instants, values), native)


def _born(one: LabelledSeries, started: Readings) -> LabelledSeries:
    """Each reading has the newest birth that was told by then; before the first, that one."""
    place = np.searchsorted(started.instants, one.readings.instants, side="right") - 1
    births = (started.values[np.maximum(place, 0)] * 1000).round().astype(np.int64)
    return replace(one, readings=Readings(one.readings.instants, one.readings.values, births))
