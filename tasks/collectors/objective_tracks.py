"""The tracks of an objective: for each of its subjects how much was counted and how much of it was good."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.kinds.metrics import Series
from checks.kinds.objective import ObjectiveCheck
from checks.objectives.coverage import Coverage, coverage
from checks.objectives.histograms import KeptProgress, classic, kept_progress, native
from checks.objectives.progress import Instants, Progress, Readings, progress_of
from checks.objectives.series import NAME, Key, LabelledSeries, appeared, beginnings, key_of
from checks.objectives.tracks import HistogramTrack, RatioTrack, Test, Track, looks, slices
from tasks.collectors.objective_history import History, Span

_OPERATORS: Mapping[str, Any] = {"lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal}
_GAP = 2


class Unusable(ValueError):  # noqa: N818 (it says what the series are)
    """Series that nothing can be counted from; the message says which and why."""


class Absent(LookupError):  # noqa: N818 (it says what the series are)
    """Series that are not there; the message says which."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One subject's track, from how many series it was made, and how often they began anew."""

    track: Track
    series: int
    resets: int


def observed(check: ObjectiveCheck, history: History) -> Coverage:
    """When anything was seen of what the objective counts, by step up to the border, sample by sample after it."""
    span = history.span
    seen = [one.instants for one in _whole(check, history)]
    instants: Instants = np.concatenate([np.empty(0, np.int64), *seen])
    border = min(max(span.border, span.start), span.end)
    older = coverage(instants, span.start, border, interval=max(span.step, span.interval))
    recent = coverage(instants, border, span.end, interval=span.interval)
    return older + recent if border > span.start else recent


def counted(check: ObjectiveCheck, history: History, seen: Coverage, label: tuple[str, str] | None) -> Counted:
    """What one subject counted: all series, or those with one value of a label.

    Raises `Absent` or `Unusable`, which say why there is nothing to count.
    """
    parts = {role: _of(series, label) for role, series in history.roles.items()}
    read = beginnings(_whole(check, history))
    if check.form == "ratio":
        return _ratio(check, parts, read, history)
    series = parts[check.form]
    if not series:
        raise Absent(f"no series is {_named(check.series[check.form], label)}")
    match check.form:
        case "histogram":
            return _histogram(_classic(series, check.value or 0.0, read))
        case "native histogram":
            return _histogram(_native(series, check.value or 0.0, read))
        case "gauge":
            return Counted(_looks(check, series, history.span), len(series), 0)
    found = _progresses(series, read)
    length = int(check.time_slice_window.total_seconds() * 1000) if check.time_slice_window else 0
    return Counted(slices([one for one, _ in found], seen, length, _test(check)), len(found), sum(n for _, n in found))


def values_of(history: History, label: str) -> list[str]:
    """Every value that a label has."""
    return sorted({one.labels[label] for series in history.roles.values() for one in series if label in one.labels})


def _whole(check: ObjectiveCheck, history: History) -> Sequence[LabelledSeries]:
    """The series that all the others are part of."""
    return history.roles.get("total" if check.form == "ratio" else check.form, ())


def _of(series: Iterable[LabelledSeries], label: tuple[str, str] | None) -> list[LabelledSeries]:
    return [one for one in series if len(one.instants) and (label is None or one.labels.get(label[0]) == label[1])]


def _ratio(
    check: ObjectiveCheck, parts: Mapping[str, Sequence[LabelledSeries]], read: Mapping[Key, int], history: History
) -> Counted:
    total = check.series["total"]
    if not parts["total"]:
        raise Absent(f"no series is {total}")
    known = {label for one in history.roles["total"] for label in one.labels}
    for role, series in check.series.items():
        # Errors that never happened have no series yet; a metric or a label that nobody ever had is a mistake.
        if not parts[role] and (series.metric != total.metric or not known >= series.labels.keys()):
            raise Absent(f"no series is {series}")
    found = {role: _progresses(series, read) for role, series in parts.items()}
    tracks = {role: tuple(progress for progress, _ in some) for role, some in found.items()}
    resets = sum(resets for some in found.values() for _, resets in some)
    track = RatioTrack(tracks["total"], tracks.get("good"), tracks.get("bad"))
    return Counted(track, sum(map(len, found.values())), resets)


def _progresses(series: Iterable[LabelledSeries], read: Mapping[Key, int]) -> list[tuple[Progress, int]]:
    found = []
    for one in series:
        if (trouble := one.readings.trouble) is not None:
            raise Unusable(f"{one} {trouble}")
        resets = int(one.readings.resets.sum())
        found.append((progress_of(one.readings, appeared=appeared(one, read)), resets))
    return found


def _histogram(parts: Sequence[KeptProgress]) -> Counted:
    return Counted(HistogramTrack(tuple(parts)), len(parts), sum(part.resets for part in parts))


def _classic(series: Iterable[LabelledSeries], limit: float, read: Mapping[Key, int]) -> list[KeptProgress]:
    """Buckets of one histogram differ in `le` alone, which counts as a number: "1" and "1.0" are one bucket."""
    groups: dict[Key, list[LabelledSeries]] = {}
    for one in series:
        groups.setdefault(key_of(one.labels, without=("le",)), []).append(one)
    found = []
    for some in groups.values():
        with _told_of(some[0]):
            found.append(kept_progress(classic(_buckets(some), limit), appeared=appeared(some[0], read)))
    return found


def _native(series: Iterable[LabelledSeries], limit: float, read: Mapping[Key, int]) -> list[KeptProgress]:
    found = []
    for one in series:
        with _told_of(one):
            found.append(kept_progress(native(one.native, limit), appeared=appeared(one, read)))
    return found


@contextmanager
def _told_of(one: LabelledSeries) -> Iterator[None]:
    """Whatever is wrong with a histogram is told of it by its name."""
    try:
        yield
    except ValueError as error:
        labels = {label: text for label, text in one.labels.items() if label != "le"}
        name = one.labels.get(NAME, "").removesuffix("_bucket")
        raise Unusable(f"{LabelledSeries({**labels, NAME: name}, one.readings)} {error}") from None


def _buckets(series: Iterable[LabelledSeries]) -> dict[float, Readings]:
    found: dict[float, list[Readings]] = {}
    for one in series:
        found.setdefault(float(one.labels["le"]), []).append(one.readings)
    return {bound: _in_order(some) for bound, some in found.items()}


def _in_order(parts: Sequence[Readings]) -> Readings:
    """One bucket whose bound was written in several ways; two at one instant are noticed as such."""
    if len(parts) == 1:
        return parts[0]
    instants = np.concatenate([part.instants for part in parts])
    order = np.argsort(instants, kind="stable")
    births = [part.born for part in parts if part.born is not None]
    born = np.concatenate(births)[order] if len(births) == len(parts) else None
    return Readings(instants[order], np.concatenate([part.values for part in parts])[order], born)


def _looks(check: ObjectiveCheck, series: Sequence[LabelledSeries], span: Span) -> RatioTrack:
    for one in series:
        if (trouble := one.readings.disorder) is not None:
            raise Unusable(f"{one} {trouble}")
    far, near = _GAP * max(span.step, span.interval), _GAP * span.interval
    return looks(
        [one.readings for one in series],
        _test(check),
        holds=lambda instants: np.where(instants <= span.border, far, near),
        unit=span.interval,
    )


def _test(check: ObjectiveCheck) -> Test:
    compare, value = _OPERATORS[check.op], np.float64(check.value or 0.0)
    return lambda values: np.asarray(compare(values, value), np.bool_)


def _named(series: Series, label: tuple[str, str] | None) -> str:
    return str(Series(metric=series.metric, labels={**series.labels, **dict([label] if label else [])}))
