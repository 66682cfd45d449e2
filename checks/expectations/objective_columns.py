"""What stands beside an objective's row: its limits, and what follows from it exactly."""

from collections.abc import Mapping
from datetime import timedelta
from math import inf

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD
from checks.expectations.suite import Occasion
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.kinds.objective_metrics import LogHistory
from checks.objectives.budgets import ErrorBudget
from checks.objectives.burn import Burn, burn_pairs
from checks.objectives.coverage import most_shown
from checks.objectives.shares import Kept
from checks.objectives.words import number, percent
from checks.timespans import duration_words

_COLUMNS = (
    *("asks_window", "answer", "completeness", "presence", "usability", "traffic", "age", "max_age", "least_age"),
    *("events", "needed", "needed_words", "least_coverage", "coverage_words", "most", "least", "share_words"),
    *("target", "target_shown", "target_words", "lenient", "tolerated", "tolerated_shown", "tolerated_words"),
    *("remaining", "nothing", "remaining_words"),
    *("asks_pair", "pair_words", "burn_needed", "factor", "factor_shown", "burning", "burning_most"),
)


def objective_columns(check: ObjectiveCheck, row: ObjectiveRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; a row's part fills its own, and what is null there is not asked of it."""
    own = _of_window(check, row, occasion) if row.part == "objective" else _of_pair(check, row)
    return {**dict.fromkeys(_COLUMNS), **own}


def _of_window(check: ObjectiveCheck, row: ObjectiveRow, occasion: Occasion) -> dict[str, Scalar]:
    # Looks at a gauge are weighed by time: how many there were is another number than what they weigh.
    events = row.samples if check.form == "gauge" else row.total
    # A log without a line in the window has no age: what it tells is that there was no traffic.
    has_age = row.newest is not None or row.total != 0 or not isinstance(check.history, LogHistory)
    return {
        "asks_window": True,
        "answer": row.unanswered or GOOD,
        "completeness": row.warned or GOOD,
        "presence": row.absent or GOOD,
        "usability": row.unusable or GOOD,
        "traffic": GOOD if row.total else "no traffic",
        "age": (occasion.now - row.newest).total_seconds() if row.newest else None,
        "max_age": check.expect.age.total_seconds() if has_age else None,
        "least_age": -check.expect.future.total_seconds() if has_age else None,
        "events": events,
        "needed": check.samples,
        "needed_words": _resolution(check, events),
        "least_coverage": float(check.expect.coverage),
        "coverage_words": _coverage(check, row),
        "lenient": check.expect.tolerated is not None,
        **_shares(check, row),
    }


def _shares(check: ObjectiveCheck, row: ObjectiveRow) -> dict[str, Scalar]:
    """The shares that were certainly and possibly good, and the limits that they are held to."""
    kept = _kept(row.low, row.high, row.total)
    if kept is None or kept.least is None or kept.most is None:
        return {"target": float(check.target)}
    target, tolerated = check.target, check.expect.tolerated
    doubtful = percent(kept.least) if kept.least == kept.most else f"{percent(kept.least)} to {percent(kept.most)}"
    left = ErrorBudget(target, kept).remaining
    return {
        "most": float(kept.most),
        "least": float(kept.least),
        "share_words": f"{doubtful} of {number(float(kept.total))} over {duration_words(check.time_window)}",
        "target": float(target),
        "target_shown": float(target) if kept.most >= target else None,
        "target_words": percent(target),
        "tolerated": float(tolerated) if tolerated is not None else None,
        "tolerated_shown": float(tolerated) if tolerated is not None and kept.most >= tolerated else None,
        "tolerated_words": percent(tolerated) if tolerated is not None else None,
        "remaining": float(left) if left is not None else None,
        "nothing": 0.0 if left is not None else None,
        "remaining_words": percent(left) if left is not None else None,
    }


def _of_pair(check: ObjectiveCheck, row: ObjectiveRow) -> dict[str, Scalar]:
    pair = next((one for one in burn_pairs(check.time_window) if one.long.total_seconds() == row.long), None)
    long, short = _kept(row.low, row.high, row.total), _kept(row.short_low, row.short_high, row.short_total)
    if pair is None or long is None or short is None or check.target >= 1:
        return {}
    burn = Burn(pair, check.target, long, short)
    rates = [burn.rates(window) for window in (long, short)]
    least = min(float(rate[0]) if rate else 0.0 for rate in rates)
    most = min(float(rate[1]) if rate else inf for rate in rates)
    factor = float(pair.factor)
    return {
        "asks_pair": True,
        "pair_words": f"{duration_words(pair.long)} and {duration_words(pair.short)}",
        "burn_needed": check.burn_events,
        "events": row.total,
        "factor": factor,
        "factor_shown": factor if least <= factor else None,
        "burning": least,
        "burning_most": most,
    }


def _kept(low: float | None, high: float | None, total: float | None) -> Kept | None:
    return None if low is None or high is None or total is None else Kept.of(low, high, total)


def _resolution(check: ObjectiveCheck, events: float | None) -> str:
    """What so many can show at best."""
    seen = int(events or 0)
    return (
        f"{number(seen)} cannot show {percent(check.target)}: with none bad they show {percent(most_shown(seen))} "
        f"at most, and {number(check.samples)} are needed"
    )


def _coverage(check: ObjectiveCheck, row: ObjectiveRow) -> str:
    gap = duration_words(timedelta(seconds=row.longest_gap)) if row.longest_gap else "none"
    share = percent(row.coverage) if row.coverage is not None else "nothing"
    return f"{share} of {duration_words(check.time_window)} was observed (longest gap: {gap})"
