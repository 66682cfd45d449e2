"""Good and bad rows of health."""

from datetime import timedelta

from checks.expectations.health import HEALTH
from checks.kinds.health import HealthCheck, HealthRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = HealthCheck.model_validate(
    {"endpoints": ["api:/health"], "control": "out:/", "expect": {"status": ["pass", "ok"], "certificate_for": "7d"}}
)
ROW = HealthRow(
    subject="api:/health",
    url="https://api.test/health",
    http_status=200,
    body_status="pass",
    seconds=0.2,
    certificate_expires_at=NOW + timedelta(days=8),
)
GOOD = Example(CHECK, (ROW,))
SILENT = changed(GOOD, http_status=None, body_status=None, no_answer="the connection was refused")

CASE = SuiteCase(
    HEALTH,
    GOOD,
    {
        "observer": (changed(SILENT, control_answered=False), Outcome.ERROR),
        "answers": (SILENT, Outcome.FAIL),
        "http": (changed(GOOD, http_status=503), Outcome.FAIL),
        "healthy": (changed(GOOD, body_status="starting"), Outcome.FAIL),
        "consistent": (changed(GOOD, body_status="fail"), Outcome.FAIL),
        "prompt": (changed(GOOD, seconds=1.001), Outcome.FAIL),
        "certificate": (changed(GOOD, certificate_expires_at=NOW + timedelta(days=6)), Outcome.FAIL),
    },
)
