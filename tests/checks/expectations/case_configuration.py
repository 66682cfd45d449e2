"""Good and bad rows of configuration."""

from dataclasses import replace

from checks.expectations.configuration import CONFIGURATION
from checks.kinds.configuration import ConfigurationCheck, ConfigurationRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

DIGEST, OTHER = "a" * 64, "b" * 64
CHECK = ConfigurationCheck.model_validate(
    {
        "documents": {
            "service": {"at": "team:service.yaml", "approved": DIGEST, "min": {"timeout_ms": 1}},
            "gateway": {"at": "team:gateway.yaml"},
        }
    }
)
SERVICE = ConfigurationRow(
    subject="service", where="service.yaml", fetched_at=NOW, body_bytes=9, sha256=DIGEST, settings={"timeout_ms": 5}
)
GATEWAY = ConfigurationRow(subject="gateway", where="gateway.yaml", fetched_at=NOW, body_bytes=9, sha256=DIGEST)
EARLIER = {"gateway": (DIGEST, DIGEST)}
GOOD = Example(CHECK, (SERVICE,))

CASE = SuiteCase(
    CONFIGURATION,
    Example(CHECK, (SERVICE, GATEWAY), EARLIER),
    {
        "found": (changed(GOOD, missing="does not exist", sha256=None, settings={}), Outcome.MISSING),
        "not-empty": (changed(GOOD, body_bytes=0), Outcome.MISSING),
        "approved": (changed(GOOD, sha256=OTHER), Outcome.FAIL),
        "unchanged": (replace(Example(CHECK, (GATEWAY,)), earlier={"gateway": (OTHER, DIGEST)}), Outcome.FAIL),
        "readable": (changed(GOOD, unreadable="is no YAML", settings={}), Outcome.MISSING),
        "settings": (changed(GOOD, settings={"timeout_ms": 0}), Outcome.FAIL),
    },
)
