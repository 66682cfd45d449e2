"""History out of the evidence store: what earlier looks left of a check, as runs and versions."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from checks.kinds.pulsed import MAIN_MEASURES, VERSION
from checks.kinds.series_text import read_series
from checks.rollups import Rollup, Span
from checks.runs import Run, joined
from checks.sample_runs import clean_run, runs_in
from checks.samples import Samples, SeriesKey

_HOLE = 2
"""Times the interval: looks farther apart have a hole between them."""


class SampleStore(Protocol):
    """As much of the evidence store as reads samples."""

    def series(self, checks: Sequence[str]) -> list[SeriesKey]: ...

    def samples(self, keys: Sequence[SeriesKey], *, since: datetime, until: datetime) -> dict[SeriesKey, Samples]: ...

    def samples_in(self, key: SeriesKey, stretches: Sequence[tuple[datetime, datetime]]) -> list[Samples]: ...

    def rollups(
        self, keys: Sequence[SeriesKey], *, span: Span, since: datetime, until: datetime
    ) -> dict[SeriesKey, dict[datetime, Rollup]]: ...


OpenStore = Callable[[], AbstractContextManager[SampleStore]]


def main_series(store: SampleStore, check: str) -> dict[str, SeriesKey]:
    """For each subject of a check: the series that says whether its looks were good."""
    found: dict[str, SeriesKey] = {}
    for key in store.series([check]):
        if key.measure in MAIN_MEASURES:
            found[key.subject] = key
    return found


def runs_of_series(
    store: SampleStore, keys: Sequence[SeriesKey], *, since: datetime, until: datetime
) -> dict[SeriesKey, tuple[int, list[Run]]]:
    """For each series: its interval in milliseconds, and the runs of its looks in a window.

    Of an hour in which all was well its roll-up says everything; only of others are the samples read.
    """
    hours = store.rollups(keys, span=Span.HOUR, since=since, until=until)
    return {key: _runs(store, key, hours[key], (since, until)) for key in keys}


def _runs(
    store: SampleStore, key: SeriesKey, hours: dict[datetime, Rollup], window: tuple[datetime, datetime]
) -> tuple[int, list[Run]]:
    every = max((rollup.every for rollup in hours.values()), default=1)
    hole = _HOLE * every
    stretches = _stretches(hours)
    unclean = [(max(one.since, window[0]), min(one.until, window[1])) for one in stretches if not one.clean]
    looks = iter(store.samples_in(key, unclean))
    runs: list[Run] = []
    for one in stretches:
        runs += one.clean or runs_in(next(looks), hole=hole)
    return every, joined(runs, hole=hole)


@dataclass(slots=True)
class _Stretch:
    """Neighbouring hours that are alike: clean ones with the run of each, or others, of which the samples tell."""

    since: datetime
    until: datetime
    clean: list[Run]


def _stretches(hours: dict[datetime, Rollup]) -> list[_Stretch]:
    hour = timedelta(milliseconds=int(Span.HOUR))
    found: list[_Stretch] = []
    for at, rollup in sorted(hours.items()):
        run = clean_run(rollup)
        if not found or found[-1].until != at or bool(found[-1].clean) is not (run is not None):
            found.append(_Stretch(at, at, []))
        found[-1].until = at + hour
        found[-1].clean += [run] if run is not None else []
    return found


def versions_of(store: SampleStore, check: str, *, since: datetime, until: datetime) -> list[tuple[str, int, int]]:
    """The versions that looks at a check saw, in their order, each with its first and its last look."""
    keys = {key: read_series(key.measure)[1][VERSION] for key in store.series([check]) if _is_version(key)}
    rollups = store.rollups(list(keys), span=Span.HOUR, since=since, until=until) if keys else {}
    seen = sorted(
        (rollup.first_at, rollup.last_at, version)
        for key, version in keys.items()
        for rollup in rollups[key].values()
        if rollup.first_at is not None and rollup.last_at is not None
    )
    found: list[tuple[str, int, int]] = []
    for first, last, version in seen:
        if found and found[-1][0] == version:
            found[-1] = (version, found[-1][1], max(last, found[-1][2]))
        else:
            found.append((version, first, last))
    return found


def _is_version(key: SeriesKey) -> bool:
    return read_series(key.measure)[0] == VERSION
