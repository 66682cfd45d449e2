"""The history of an objective out of a log: how many lines of which sort each minute had, told as counters."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from checks.evidence.records import RawCapture, json_bytes
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.objective_metrics import LogHistory
from checks.objectives.progress import Instants, Readings
from checks.objectives.series import NAME, LabelledSeries
from tasks.collectors.files import Trouble, demand_folder, opened
from tasks.collectors.http_exchange import printable
from tasks.collectors.log_count import FAULTS, KEPT, MINUTE, TOTAL, LineCount, is_packed
from tasks.collectors.newest import newest_first
from tasks.collectors.objective_history import History, Span
from tasks.collectors.sources import FolderAccess

_CAPTURED = "lines.json"
_LONG_AGO = 3
"""Intervals before the window: what stands there says nothing of it."""


def log_capture(check: ObjectiveCheck, history: LogHistory, access: FolderAccess, span: Span) -> RawCapture:
    """What was counted in each minute, which files were read and what is wrong with them; no line is kept."""
    demand_folder(access)
    count, names = LineCount(check, history, span), _names(access, history)
    before = _files(access, names)
    gone = f"{history.log} does not exist" if all(file is None for file in before.values()) else None
    trouble = None if gone else _read(count, access, names)
    after = _files(access, _names(access, history))
    moved = ["its files were rotated while they were read"] if before != after else []
    told = {
        "absent": gone,
        "trouble": trouble,
        "warnings": [*([count.cut] if count.cut else []), *_doubled(count), *moved],
        "faults": {name: {"times": fault.times, "first": fault.cause} for name, fault in count.faults.items()},
        "files": count.files,
        "before": count.before,
        "seen": sorted(count.seen.values()),
        "counts": [
            {"of": value, "part": part, "minutes": [(minute, n) for minute, n in enumerate(counts) if n]}
            for (value, part), counts in count.counts.items()
        ],
    }
    return RawCapture(_CAPTURED, json_bytes(told), {"log": str(history.log), **asdict(span)})


def log_history_from(check: ObjectiveCheck, captures: Sequence[RawCapture]) -> History:
    """The history that the capture of a log holds."""
    (capture,) = captures
    told, span = json.loads(capture.body), Span.from_meta(capture.meta)
    if told["absent"] or told["trouble"]:
        return History(span, {}, unanswered=told["trouble"], absent=told["absent"])
    faults = [
        f"lines that {FAULTS[name]}: {fault['times']} ({fault['first']})"
        for name, fault in told["faults"].items()
        if fault["times"]
    ]
    warned = printable("; ".join([*faults, *told["warnings"]]), 500) or None
    return History(span, _roles(check, told, span), warned=warned)


def _roles(check: ObjectiveCheck, told: Mapping[str, Any], span: Span) -> dict[str, Sequence[LabelledSeries]]:
    """A series for each part of each value; where nothing was counted it says so, and is there all the same."""
    seen = np.array(told["seen"], np.int64)
    instants = np.concatenate(([_beginning(told, seen, span)], seen))
    counts = {(one["of"], one["part"]): one["minutes"] for one in told["counts"]}
    values = [None, *sorted({value for value, _ in counts if value is not None})]

    def series(part: str, **labels: str) -> Iterator[LabelledSeries]:
        for value in values:
            found = Readings(instants, _running(counts.get((value, part), ()), seen, span))
            owner = {check.each.label: value} if check.each and value is not None else {}
            yield LabelledSeries({**labels, **owner}, found)

    if check.form == "histogram":
        name = {NAME: f"{check.series[check.form].metric}_bucket"}
        return {check.form: [*series(KEPT, le=repr(check.value), **name), *series(TOTAL, le="+Inf", **name)]}
    return {
        role: list(series(role if check.form == "ratio" else TOTAL, **{NAME: one.metric}))
        for role, one in check.series.items()
    }


def _beginning(told: Mapping[str, Any], seen: Instants, span: Span) -> int:
    """When nothing of the window had been counted: at the last line before it, or else just before the first in it."""
    if told["before"] is not None:
        return int(told["before"])
    return int(seen[0]) - 1 if len(seen) else span.start - _LONG_AGO * span.interval


def _running(minutes: Sequence[Sequence[int]], seen: Instants, span: Span) -> "np.ndarray[tuple[int], np.dtype[Any]]":
    """How many lines had been counted by the newest line of each minute, after none at the beginning."""
    found = np.zeros(len(seen) + 1)
    if minutes:
        ago, number = np.array(minutes, np.int64).T
        found[np.searchsorted(-((span.end - seen) // MINUTE), -ago) + 1] = number
    return found.cumsum()


def _names(access: FolderAccess, history: LogHistory) -> list[str]:
    """The files of a log, the one that was written last before the others."""
    path = history.log.path
    return newest_first(access, path) if "*" in path else [path]


def _read(count: LineCount, access: FolderAccess, names: Sequence[str]) -> str | None:
    """Counts every file; what keeps one of them from being read is told, since the rest is not the log."""
    for name in names:
        try:
            with opened(access, name) as (file, _):
                count.read(name, file, being_written=name == names[0] and not is_packed(name))
        except Trouble as error:
            return f"{access.name}:{name} {error}"
    return None


def _files(access: FolderAccess, names: Sequence[str]) -> dict[str, tuple[int, int] | None]:
    """Which file each name means now."""
    return {name: _file(access, name) for name in names}


def _file(access: FolderAccess, name: str) -> tuple[int, int] | None:
    try:
        facts = access.path(name).stat()
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError, ValueError):  # it is there, and opening it says what is wrong
        return 0, 0
    return facts.st_dev, facts.st_ino


def _doubled(count: LineCount) -> list[str]:
    """Files that hold the same were rotated by copying: their lines count twice."""
    first: dict[str, str] = {}
    return [
        f"{each['name']} holds the same as {first[each['sha256']]}"
        for each in count.files
        if each["lines"] and first.setdefault(each["sha256"], each["name"]) != each["name"]
    ]
