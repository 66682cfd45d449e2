"""The rows of an objective: for each subject what was counted over its window, and over its pairs of windows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from checks.kinds.objective import ObjectiveCheck, ObjectiveRow, Slice
from checks.objectives.burn import burn_pairs
from checks.objectives.coverage import Coverage
from tasks.collectors.http_exchange import printable
from tasks.collectors.objective_history import History
from tasks.collectors.objective_tracks import Absent, Counted, Unusable, counted, observed, values_of

_SLICES = 120
"""Stretches of the window that a chart shows."""
_MOST_GAPS = 50


def rows_of(check: ObjectiveCheck, history: History) -> Iterator[ObjectiveRow]:
    """A row for all together, then one for each value of the label, each followed by its burn rates."""
    seen = observed(check, history)
    facts: dict[str, Any] = {
        "form": check.form,
        "start": _instant(seen.start),
        "end": _instant(seen.end),
        "unanswered": history.unanswered,
        "warned": history.warned,
        "coverage": float(seen.share),
        "samples": seen.samples,
        "newest": _instant(seen.newest) if seen.newest is not None else None,
        "longest_gap": seen.longest_gap / 1000,
        "gaps": _gaps(seen),
    }
    for subject, label in _subjects(check, history):
        yield from _rows(check, history, seen, {**facts, "subject": subject}, label)


def _subjects(check: ObjectiveCheck, history: History) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """Those that are owed, and those that were found beside them."""
    yield check.id, None
    if check.each is not None:
        label = check.each.label
        found = [printable(value, 200) for value in values_of(history, label)]
        for value in dict.fromkeys((*check.each.values, *found)):
            yield f"{label}={value}", (label, value)


def _rows(
    check: ObjectiveCheck, history: History, seen: Coverage, facts: dict[str, Any], label: tuple[str, str] | None
) -> Iterator[ObjectiveRow]:
    if history.unanswered is not None:
        yield ObjectiveRow(**facts)
        return
    if history.absent is not None:
        yield ObjectiveRow(**facts, absent=history.absent)
        return
    try:
        found = counted(check, history, seen, label)
    except Absent as error:
        yield ObjectiveRow(**facts, absent=printable(str(error), 500))
        return
    except Unusable as error:
        yield ObjectiveRow(**facts, unusable=printable(str(error), 500))
        return
    trouble = found.track.trouble(seen.start, seen.end)
    kept = found.track.over(seen.start, seen.end)
    yield ObjectiveRow(
        **facts,
        unusable=trouble,
        series=found.series,
        resets=found.resets,
        total=float(kept.total),
        low=float(kept.low),
        high=float(kept.high),
        course=tuple(_course(found, seen)),
    )
    if trouble is None and history.warned is None and check.burn_events is not None:
        yield from _burns(check, found, facts)


def _burns(check: ObjectiveCheck, found: Counted, facts: dict[str, Any]) -> Iterator[ObjectiveRow]:
    end = round(facts["end"].timestamp()) * 1000
    about = {name: facts[name] for name in ("subject", "form", "end")}
    for pair in burn_pairs(check.time_window):
        long, short = (
            found.track.over(end - round(window.total_seconds() * 1000), end) for window in (pair.long, pair.short)
        )
        yield ObjectiveRow(
            **about,
            part="burn",
            start=facts["end"] - pair.long,
            long=pair.long.total_seconds(),
            short=pair.short.total_seconds(),
            total=float(long.total),
            low=float(long.low),
            high=float(long.high),
            short_total=float(short.total),
            short_low=float(short.low),
            short_high=float(short.high),
        )


def _course(found: Counted, seen: Coverage) -> Iterator[Slice]:
    edges = np.linspace(seen.start, seen.end, _SLICES + 1).astype(np.int64)
    for low, high, total in zip(*(np.diff(part).tolist() for part in found.track.by(edges)), strict=True):
        yield Slice(low=low, high=high, total=total)


def _gaps(seen: Coverage) -> tuple[tuple[datetime, datetime], ...]:
    """The longest ones, in the order of time."""
    longest = sorted(seen.gaps, key=lambda gap: gap[0] - gap[1])[:_MOST_GAPS]
    return tuple((_instant(since), _instant(to)) for since, to in sorted(longest))


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
