"""Good and bad rows of alert drills."""

from checks.expectations.alert import ALERT
from checks.kinds.alert import AlertCheck, AlertRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = AlertCheck.model_validate(
    {"id": "check-0", "alertmanager": "alerts", "receiver": "sink:/received", "expect": {"within": "2m"}}
)
ROW = AlertRow(
    subject="check-0",
    nonce="5f0c1d9a",
    environment="staging",
    executor="ops@host, process 7",
    fired_at=NOW,
    accepted=True,
    asked=1,
    read_http=200,
    echoes=False,
    delivered=True,
    delivered_seconds=120.0,
    resolved=True,
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    ALERT,
    GOOD,
    {
        "recorded": (changed(GOOD, environment=None), Outcome.FAIL),
        "accepted": (changed(GOOD, accepted=False, accepted_cause="HTTP 400"), Outcome.FAIL),
        "receiver": (changed(GOOD, read_http=None, read_cause="the connection was refused"), Outcome.ERROR),
        "no-echo": (changed(GOOD, echoes=True), Outcome.ERROR),
        "delivered": (changed(GOOD, delivered=False, delivered_seconds=None), Outcome.FAIL),
        "delivery-time": (changed(GOOD, delivered_seconds=120.5), Outcome.FAIL),
        "resolved": (changed(GOOD, resolved=False, resolved_cause="HTTP 500"), Outcome.WARN),
    },
)
