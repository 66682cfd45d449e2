"""Good and bad rows of objectives."""

from datetime import timedelta
from typing import Any

from checks.expectations.objective import OBJECTIVE
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

WINDOW = {"start": NOW - timedelta(days=30), "end": NOW}


def check(**given: Any) -> ObjectiveCheck:
    return ObjectiveCheck.model_validate(
        {
            "id": "check-0",
            "history": {"prometheus": "metrics"},
            "ratio_metric": {"bad": {"metric": "requests", "labels": {"code": "5*"}}, "total": {"metric": "requests"}},
            "target": "99%",
            **given,
        }
    )


def window(**given: Any) -> ObjectiveRow:
    facts: dict[str, Any] = {
        "series": 2,
        "resets": 0,
        "total": 10_000,
        "low": 9_900,
        "high": 9_900,
        "coverage": 0.99,
        "samples": 8_000,
        "newest": NOW - timedelta(minutes=10),
        "longest_gap": 300.0,
    }
    return ObjectiveRow.model_validate({"subject": "check-0", "form": "ratio", **WINDOW, **facts, **given})


def pair(**given: Any) -> ObjectiveRow:
    """The pair of an hour and five minutes burns at 14.4, and no faster."""
    facts: dict[str, Any] = {"part": "burn", "form": "ratio", "long": 3600, "short": 300, **WINDOW}
    long = {"total": 1_000, "low": 856, "high": 856}
    short = {"short_total": 100, "short_low": 0, "short_high": 0}
    return ObjectiveRow.model_validate({"subject": "check-0", **facts, **long, **short, **given})


STRICT, LENIENT = check(), check(expect={"tolerated": "98%"})
GOOD = Example(STRICT, (window(),))
TOLERATED = Example(LENIENT, (window(),))
PAIR = Example(STRICT, (pair(),))
BRACKET = {"low": 9_700, "high": 9_950}

CASE = SuiteCase(
    OBJECTIVE,
    Example(LENIENT, (window(), pair())),
    {
        "answers": (changed(GOOD, unanswered="Prometheus: the connection was refused"), Outcome.ERROR),
        "complete": (changed(GOOD, warned="a store did not answer"), Outcome.INCONCLUSIVE),
        "present": (changed(GOOD, total=None, low=None, high=None, absent="no series is requests"), Outcome.MISSING),
        "countable": (changed(GOOD, unusable="requests counted less than nothing once"), Outcome.ERROR),
        "fresh": (changed(GOOD, newest=NOW - timedelta(minutes=10, seconds=1)), Outcome.STALE),
        "not-ahead": (changed(GOOD, newest=NOW + timedelta(seconds=61)), Outcome.STALE),
        "traffic": (changed(GOOD, total=0, low=0, high=0), Outcome.INCONCLUSIVE),
        "enough": (changed(GOOD, total=298, low=298, high=298), Outcome.INCONCLUSIVE),
        "covered": (changed(GOOD, coverage=0.9899), Outcome.INCONCLUSIVE),
        "burn-events": (changed(PAIR, total=99, low=99, high=99), Outcome.INCONCLUSIVE),
        "tolerated": (changed(TOLERATED, low=9_799, high=9_799), Outcome.FAIL),
        "tolerated-shown": (changed(TOLERATED, **BRACKET), Outcome.INCONCLUSIVE),
        "target": (changed(GOOD, low=9_899, high=9_899), Outcome.FAIL),
        "target-shown": (changed(GOOD, low=9_899), Outcome.INCONCLUSIVE),
        "budget": (changed(GOOD, low=9_899, high=9_899), Outcome.FAIL),
        "burn": (changed(PAIR, low=855, high=855), Outcome.FAIL),
        "burn-shown": (changed(PAIR, low=855), Outcome.INCONCLUSIVE),
    },
)
