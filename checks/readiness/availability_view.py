"""Availability as a page shows it: uptime and target, the budget of downtime that is left, its course, its gaps."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from checks.epoch import from_milliseconds, milliseconds_of
from checks.findings import Verdict
from checks.intervals import Intervals
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.availability_figures import Availability, availability
from checks.objectives.coverage import most_shown
from checks.objectives.words import number, percent
from checks.outcome import Outcome
from checks.readiness.objective_view import ObjectiveView, Point
from checks.timespans import duration_words

_STRETCHES = 120
_MOST_GAPS = 50
_OF_THE_LEDGER = ("ledger", "append-only", "timely")


def availability_views(
    check: AvailabilityCheck, rows: Sequence[AvailabilityRow], verdicts: Mapping[str, Verdict]
) -> Iterator[ObjectiveView]:
    """A view for each subject, in the order of the rows."""
    for row in rows:
        yield _view(check, row, verdicts.get(row.subject))


def _view(check: AvailabilityCheck, row: AvailabilityRow, verdict: Verdict | None) -> ObjectiveView:
    figures = _judged(check, row, verdict)
    left = _left(check.target, figures.uptime)
    unknown = figures.unknown.parts
    longest = timedelta(milliseconds=max((to - since for since, to in unknown), default=0))
    return ObjectiveView(
        check=check.id,
        subject=row.subject,
        title=check.title,
        outcome=verdict.outcome if verdict is not None else Outcome.MISSING,
        target=f"{percent(check.target)} of the time up over {duration_words(check.time_window)}",
        share=_share(figures),
        budget=percent(left) if left is not None else None,
        coverage=f"{percent(figures.coverage)}, longest gap {duration_words(longest)}",
        resolution=_resolution(check, row),
        allowed=float(1 - check.target),
        start=row.start,
        end=row.end,
        course=tuple(_course(figures)),
        gaps=tuple((from_milliseconds(since), from_milliseconds(to)) for since, to in _longest(unknown)),
        excluded=tuple(
            (from_milliseconds(since), from_milliseconds(to), _reason(row, since, to))
            for since, to in figures.excluded.parts
        ),
    )


def _judged(check: AvailabilityCheck, row: AvailabilityRow, verdict: Verdict | None) -> Availability:
    """The figures; where something in the ledger did not count, the page excludes nothing rather than too much."""
    findings = verdict.findings if verdict is not None else ()
    if any(one.expectation in _OF_THE_LEDGER and not one.outcome.passes for one in findings):
        check = check.model_copy(update={"exclude": None})
    return availability(check, row)[0]


def _share(figures: Availability) -> str:
    """Both numbers: nobody has to take it on trust what deploys took away."""
    if figures.uptime is None or figures.uptime_with_deploys is None:
        return "nothing was observed"
    down = duration_words(timedelta(milliseconds=(figures.down - figures.excluded).total))
    return f"{percent(figures.uptime)}, down for {down}; with deploys {percent(figures.uptime_with_deploys)}"


def _left(target: Fraction, uptime: Fraction | None) -> Fraction | None:
    if uptime is None or target >= 1:
        return None
    return 1 - (1 - uptime) / (1 - target)


def _resolution(check: AvailabilityCheck, row: AvailabilityRow) -> str:
    looks, needed = number(row.looks), number(check.samples)
    if row.looks >= check.samples:
        return f"{looks} looks can show {percent(check.target)}; {needed} are needed"
    most = percent(most_shown(row.looks))
    return f"{looks} looks cannot show {percent(check.target)}: {most} at most; {needed} are needed"


def _course(figures: Availability) -> Iterator[Point]:
    """The share of each stretch in which it was down, of what is known and counts of it."""
    ((start, end),) = figures.window.parts or ((0, 0),)
    counts = figures.window - figures.excluded - figures.unknown
    down = figures.down - figures.excluded
    edges = [start + (end - start) * place // _STRETCHES for place in range(_STRETCHES + 1)]
    for since, to in pairwise(edges):
        stretch = Intervals.of([(since, to)])
        known = (counts & stretch).total
        share = (down & stretch).total / known if known else None
        yield Point(low=share, high=share)


def _longest(parts: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest gaps, in the order of time."""
    return sorted(sorted(parts, key=lambda part: part[0] - part[1])[:_MOST_GAPS])


def _reason(row: AvailabilityRow, since: int, to: int) -> str:
    """Who announced what lies in a stretch, and why."""
    until = milliseconds_of(row.end)
    said = [
        f"{one.kind} by {one.by}: {one.reason}"
        for one in row.windows
        if one.start < to and (one.end if one.end is not None else until) > since
    ]
    return "; ".join(dict.fromkeys(said)) or "a change of the version that was seen"
