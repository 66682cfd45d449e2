"""Good and bad rows of alert rules."""

from datetime import timedelta
from typing import Any

from checks.expectations.alert_rule import ALERT_RULE
from checks.kinds.alert_rule import AlertRuleCheck, AlertRuleRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed


def check(**alert: Any) -> AlertRuleCheck:
    return AlertRuleCheck.model_validate(
        {
            "prometheus": "metrics",
            "rules": "files:rules.yml",
            "tests": "files:tests.yml",
            "promtool": "promtool",
            "alerts": {"Slow": {"owner": "Desk Ops", "guards": ["latency"], "after": "10m", **alert}},
        }
    )


ROW = AlertRuleRow(
    subject="Slow",
    loaded=1,
    written=1,
    health="ok",
    state="inactive",
    since=NOW,
    evaluated_at=NOW - timedelta(minutes=5),
    after=600.0,
)
GOOD = Example(check(), (ROW,))
UNOWNED, AIMLESS = Example(check(owner=None), (ROW,)), Example(check(guards=[]), (ROW,))

CASE = SuiteCase(
    ALERT_RULE,
    GOOD,
    {
        "answers": (changed(GOOD, unanswered="Prometheus: the connection was refused"), Outcome.ERROR),
        "loaded": (changed(GOOD, loaded=0), Outcome.FAIL),
        "readable": (changed(GOOD, unread="rules.yml: there is no such file"), Outcome.ERROR),
        "written": (changed(GOOD, written=0), Outcome.FAIL),
        "as-written": (changed(GOOD, differs="its time to wait"), Outcome.FAIL),
        "tested": (changed(GOOD, untested="no unit test names it"), Outcome.FAIL),
        "unit-test": (changed(GOOD, failed="alertname: Slow, time: 30m"), Outcome.FAIL),
        "works": (changed(GOOD, health="err", error="many-to-many matching"), Outcome.FAIL),
        "evaluated": (changed(GOOD, evaluated_at=NOW - timedelta(minutes=5, seconds=1)), Outcome.STALE),
        "clock": (changed(GOOD, evaluated_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "quiet": (changed(GOOD, state="firing"), Outcome.FAIL),
        "after": (changed(GOOD, after=300.0), Outcome.FAIL),
        "owned": (UNOWNED, Outcome.FAIL),
        "purpose": (AIMLESS, Outcome.WARN),
    },
)
