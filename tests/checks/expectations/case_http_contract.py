"""Good and bad rows of HTTP contracts."""

from datetime import timedelta
from typing import Any

from checks.expectations.http_contract import HTTP_CONTRACT
from checks.kinds.http_contract import HttpContractCheck, HttpContractRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = HttpContractCheck.model_validate(
    {
        "steps": {
            "call": {
                "call": "api:/v1/runs",
                "take": {"run": "id"},
                "wait": "10s",
                "expect": {
                    "http": ["2xx"],
                    "within": "1s",
                    "headers": {"X-Trace": "*"},
                    "secure": ["hsts"],
                    "equals": {"status": "done"},
                    "shape": {"type": "object"},
                    "certificate_for": "7d",
                },
            },
            "page": {"call": "web:/", "expect": {"unmixed": True}},
            "plain": {"call": "plain:/", "expect": {"upgrades": True}},
            "burst": {"call": "api:/v1/limited", "burst": {"limit": 20, "recovers": "30s"}},
            "log": {"read": "files:service.log"},
        }
    }
)


def row(subject: str, **fields: Any) -> Example:
    made = {"subject": subject, "asked": f"GET {subject}", "attempts": 1, "waited_seconds": 0.5, "seconds": 0.4}
    return Example(CHECK, (HttpContractRow.model_validate({**made, **fields}),))


CALL = row("call", http_status=202, as_expected=True, certificate_expires_at=NOW + timedelta(days=8))
PAGE = row("page", http_status=200, plain_parts=0)
PLAIN = row("plain", http_status=308, location="https://web.test/", refused=False)
CLOSED = row("plain", no_answer="the connection was refused", refused=True)
BURST = row("burst", http_status=200, sent=21, limited=1, recovered=True, recovered_seconds=30)
LOG = row("log", log_bytes=400, found="{}")
GOOD = Example(CHECK, tuple(row for example in (CALL, PAGE, PLAIN, BURST, LOG) for row in example.rows))

CASE = SuiteCase(
    HTTP_CONTRACT,
    GOOD,
    {
        "prepared": (changed(CALL, unprepared="no step before it found run"), Outcome.INCONCLUSIVE),
        "allowed": (changed(CALL, no_leave="nothing in it is allowed"), Outcome.ERROR),
        "answers": (changed(CALL, http_status=None, no_answer="the connection was refused"), Outcome.FAIL),
        "plain-asked": (
            changed(PLAIN, http_status=None, no_answer="the name web.test cannot be resolved"),
            Outcome.INCONCLUSIVE,
        ),
        "log-read": (changed(LOG, found=None, log_bytes=None, log_cause="does not exist"), Outcome.MISSING),
        "http": (changed(CALL, http_status=302), Outcome.FAIL),
        "prompt": (changed(CALL, seconds=1.001), Outcome.FAIL),
        "in-time": (changed(CALL, waited_seconds=10.1), Outcome.FAIL),
        "headers": (changed(CALL, headers_cause="X-Trace is absent"), Outcome.FAIL),
        "secure": (changed(CALL, secure_cause="Strict-Transport-Security is absent"), Outcome.FAIL),
        "certificate": (changed(CALL, certificate_expires_at=NOW + timedelta(days=6)), Outcome.FAIL),
        "body": (changed(CALL, body_cause="is empty"), Outcome.FAIL),
        "fields": (changed(CALL, fields_cause="status is absent, expected done"), Outcome.FAIL),
        "shape": (changed(CALL, shape_cause="[] is not of type 'object'"), Outcome.FAIL),
        "taken": (changed(CALL, not_taken="the answer has no id"), Outcome.FAIL),
        "page": (changed(PAGE, plain_parts=None, page_cause="is no HTML page but text/plain"), Outcome.FAIL),
        "unmixed": (changed(PAGE, plain_parts=1, plain_parts_named="http://cdn.test/a.js"), Outcome.FAIL),
        "upgraded": (changed(PLAIN, location="http://web.test/"), Outcome.FAIL),
        "limited": (changed(BURST, limited=0), Outcome.FAIL),
        "spared": (changed(BURST, others_cause="1 answers were others, such as HTTP 500"), Outcome.FAIL),
        "retry-after": (changed(BURST, retry_after_cause="1 of 1 answers 429 have no Retry-After"), Outcome.FAIL),
        "recovers": (changed(BURST, recovered=False, recovered_seconds=None, http_status=429), Outcome.FAIL),
        "logged": (changed(LOG, found=None), Outcome.FAIL),
    },
)
