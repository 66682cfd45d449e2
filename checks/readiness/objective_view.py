"""An objective as a page shows it: share and target, the budget that is left, how fast it burns, its course."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from checks.findings import Verdict
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.objectives.budgets import ErrorBudget
from checks.objectives.burn import Burn, burn_pairs
from checks.objectives.coverage import most_shown
from checks.objectives.shares import Kept
from checks.objectives.words import number, percent
from checks.outcome import Outcome
from checks.records import Instant, Record
from checks.timespans import duration_words

_OPERATORS = {"lt": "under", "lte": "at most", "gt": "over", "gte": "at least"}


class BurnView(Record):
    """One pair of windows: how many times too fast each burns, at least and at most, and what it comes to."""

    windows: str
    factor: float
    long: str
    short: str
    outcome: Outcome


class Point(Record):
    """A stretch of the window: the share that was certainly bad, and the one that may have been; `None` if unknown."""

    low: float | None
    high: float | None


class ObjectiveView(Record):
    """One subject of an objective at the end of its window; words where nothing has to be computed any more.

    `allowed` is the share that may be bad. `excluded` are windows that do not count, with the reason.
    """

    check: str
    subject: str
    title: str | None
    outcome: Outcome
    target: str
    share: str
    budget: str | None
    coverage: str
    resolution: str
    allowed: float
    start: Instant
    end: Instant
    course: tuple[Point, ...]
    gaps: tuple[tuple[Instant, Instant], ...]
    excluded: tuple[tuple[Instant, Instant, str], ...] = ()
    burns: tuple[BurnView, ...] = ()


def objective_views(
    check: ObjectiveCheck, rows: Sequence[ObjectiveRow], verdicts: Mapping[str, Verdict]
) -> Iterator[ObjectiveView]:
    """A view for each subject that something was counted of, in the order of the rows."""
    for subject in dict.fromkeys(row.subject for row in rows):
        own = [row for row in rows if row.subject == subject]
        whole = next((row for row in own if row.part == "objective"), None)
        if whole is not None and whole.unanswered is None:
            outcome = verdicts[subject].outcome if subject in verdicts else Outcome.MISSING
            yield _view(check, whole, [row for row in own if row.part == "burn"], outcome)


def _view(check: ObjectiveCheck, row: ObjectiveRow, pairs: Sequence[ObjectiveRow], outcome: Outcome) -> ObjectiveView:
    kept = _kept(row.low, row.high, row.total)
    left = ErrorBudget(check.target, kept).remaining_least
    gap = timedelta(seconds=row.longest_gap or 0)
    return ObjectiveView(
        check=check.id,
        subject=row.subject,
        title=check.title,
        outcome=outcome,
        target=f"{percent(check.target)} of {_events(check)} over {duration_words(check.time_window)}",
        share=row.absent or row.unusable or _share(kept),
        budget=percent(left) if left is not None else None,
        coverage=f"{percent(row.coverage or 0)}, longest gap {duration_words(gap)}",
        resolution=_resolution(check, row),
        allowed=float(1 - check.target),
        start=row.start,
        end=row.end,
        course=tuple(_points(row)),
        gaps=row.gaps,
        burns=tuple(_burns(check, pairs)),
    )


def _events(check: ObjectiveCheck) -> str:
    match check.form:
        case "ratio":
            return "events good"
        case "histogram" | "native histogram":
            return f"observations {_OPERATORS[check.op]} {check.value:g}"
        case "gauge":
            return f"the time {_OPERATORS[check.op]} {check.value:g}"
    window = duration_words(check.time_slice_window) if check.time_slice_window else ""
    return f"slices of {window} with {_OPERATORS[check.op]} {check.value:g}"


def _share(kept: Kept) -> str:
    if kept.least is None or kept.most is None:
        return "nothing was counted"
    doubt = percent(kept.least) if kept.least == kept.most else f"{percent(kept.least)} to {percent(kept.most)}"
    return f"{doubt} of {number(float(kept.total))}"


def _resolution(check: ObjectiveCheck, row: ObjectiveRow) -> str:
    seen = int((row.samples if check.form == "gauge" else row.total) or 0)
    if seen >= check.samples:
        return f"{number(seen)} can show {percent(check.target)}; {number(check.samples)} are needed"
    most = percent(most_shown(seen))
    return f"{number(seen)} cannot show {percent(check.target)}: {most} at most; {number(check.samples)} are needed"


def _points(row: ObjectiveRow) -> Iterator[Point]:
    for part in row.course:
        kept = _kept(part.low, part.high, part.total)
        if kept.least is None or kept.most is None or kept.contradiction:
            yield Point(low=None, high=None)
        else:
            yield Point(low=float(1 - kept.most), high=float(1 - kept.least))


def _burns(check: ObjectiveCheck, pairs: Sequence[ObjectiveRow]) -> Iterator[BurnView]:
    by_window = {row.long: row for row in pairs}
    for pair in burn_pairs(check.time_window):
        row = by_window.get(pair.long.total_seconds())
        if row is None:
            continue
        long, short = _kept(row.low, row.high, row.total), _kept(row.short_low, row.short_high, row.short_total)
        burn = Burn(pair, check.target, long, short)
        yield BurnView(
            windows=f"{duration_words(pair.long)} and {duration_words(pair.short)}",
            factor=float(pair.factor),
            long=_rate(burn, long),
            short=_rate(burn, short),
            outcome=burn.verdict(fewest=check.burn_events or 1),
        )


def _rate(burn: Burn, window: Kept) -> str:
    rates = burn.rates(window)
    if rates is None:
        return "nothing was counted"
    least, most = (f"{float(rate):.2f}" for rate in rates)
    return least if least == most else f"{least} to {most}"


def _kept(low: float | None, high: float | None, total: float | None) -> Kept:
    return Kept.of(low or 0.0, high or 0.0, total or 0.0)
