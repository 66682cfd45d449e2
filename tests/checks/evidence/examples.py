"""One small run, as values: two checks, one of which brought nothing."""

from datetime import UTC, datetime

from checks.evidence.records import Evidence, EvidenceRow, Provenance, RawCapture
from checks.findings import Finding, Judgement, Verdict
from checks.outcome import Outcome, Severity
from checks.slots import Cadence, Slot

SLOT = Slot(datetime(2026, 11, 22, 14, tzinfo=UTC), Cadence.HOURLY)
NOW = datetime(2026, 11, 22, 14, 7, 30, tzinfo=UTC)
CATALOG = b"system: desk-stack\nenvironment: production\nchecks: {api-health: {kind: health}}\n"
BODY = b'{"status": "ok"}\r\n\x00\xff'


class Answer(EvidenceRow):
    """A row with a figure that JSON has no number for, now and then."""

    seconds: float | None = None


def evidence(check: str = "api-health", *captures: RawCapture) -> Evidence:
    provenance = Provenance(
        collector="health",
        collector_version="0.1.0",
        source="api",
        request="http://127.0.0.1/livez",
        started_at=NOW,
        ended_at=NOW,
        rows=1,
    )
    rows = (Answer(subject="api:/livez", seconds=0.25),)
    return Evidence(check, rows, captures or (RawCapture("livez", BODY, {"status": 200}),), provenance)


def finding(outcome: Outcome, *, check: str = "api-health", expectation: str = "answers") -> Finding:
    return Finding(
        check=check,
        kind="health",
        subject="api:/livez",
        expectation=expectation,
        outcome=outcome,
        severity=Severity.MAJOR,
        because="it says so",
        evidence=(f"data/rows/{check}.jsonl",),
    )


def judgement(*outcomes: Outcome, check: str = "api-health", slot: Slot = SLOT) -> Judgement:
    found = tuple(finding(one, check=check, expectation=f"e{number}") for number, one in enumerate(outcomes))
    verdict = Verdict(check, "health", "api:/livez", slot, found, NOW)
    return Judgement(check, (verdict,), b"{}\n")
