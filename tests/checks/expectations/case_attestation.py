"""Good and bad rows of attestations."""

from datetime import timedelta

from checks.expectations.attestation import ATTESTATION
from checks.kinds.attestation import AttestationCheck, AttestationRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = AttestationCheck.model_validate(
    {"log": "evidence", "use_cases": ["UC-018"], "items": ["handshake"], "expect": {"environments": ["production"]}}
)
ROW = AttestationRow(
    subject="UC-018/handshake",
    record="000000004.evidence.json",
    executor="executor",
    environment="production",
    provider_mode="byok",
    command="pytest -k handshake",
    result="passed",
    timestamp=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=30),
    artefact_as_attested=True,
    reviewer="reviewer",
    accepted=True,
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    ATTESTATION,
    GOOD,
    {
        "attested": (
            Example(CHECK, (AttestationRow(subject="UC-018/handshake", missing="nobody has attested it"),)),
            Outcome.MISSING,
        ),
        "real": (changed(GOOD, provider_mode="mock server"), Outcome.MISSING),
        "unexpired": (changed(GOOD, expires_at=NOW - timedelta(seconds=1)), Outcome.STALE),
        "result": (changed(GOOD, result="failed"), Outcome.FAIL),
        "artefact": (changed(GOOD, artefact_as_attested=False), Outcome.FAIL),
        "reviewed": (changed(GOOD, reviewer=None, accepted=None), Outcome.CLAIMED),
        "accepted": (changed(GOOD, accepted=False), Outcome.FAIL),
    },
)
