"""Verdicts as the store writes them: compact JSON, a digest of the content, and back."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from checks.errors import StoreError
from checks.evidence.records import Scalar, rfc3339
from checks.findings import Finding, Verdict
from checks.slots import Slot

_DEFAULTS: Mapping[str, object] = {"observed": None, "expected": None, "evidence": []}


@dataclass(frozen=True, slots=True)
class Written:
    """A verdict, its findings as JSON, and the digest that two verdicts share only if they are equal."""

    verdict: Verdict
    findings: str
    digest: bytes

    @property
    def key(self) -> tuple[str, str]:
        return (self.verdict.check, self.verdict.subject)

    @property
    def severity(self) -> str | None:
        """The severity of the finding that decided the outcome; `None` where nothing was observed."""
        return (
            max(self.verdict.findings, key=lambda finding: finding.outcome.badness).severity
            if self.findings != "[]"
            else None
        )


def written(verdict: Verdict) -> Written:
    """A verdict as it is stored."""
    if verdict.judged_at.tzinfo is None:
        raise StoreError(
            f"verdict of {verdict.check} on {verdict.subject}: judged_at has no time zone; pass an instant in UTC"
        )
    findings = _compact([_plain(finding, verdict) for finding in verdict.findings])
    identity = [verdict.check, verdict.subject, verdict.slot.label, verdict.kind, rfc3339(verdict.judged_at)]
    content = _compact([*identity, verdict.fingerprint, findings])
    return Written(verdict, findings, sha256(content.encode("utf-8", "surrogatepass")).digest())


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """What a query brings back of one verdict."""

    check_id: str
    subject: str
    slot: Slot
    kind: str
    judged_at: datetime
    fingerprint: str | None
    findings: str


def restored(row: VerdictRow) -> Verdict:
    """The verdict that was written."""
    own = {"check": row.check_id, "kind": row.kind, "subject": row.subject}
    findings = tuple(
        Finding.model_validate(own | {name: _scalar(value) for name, value in fields.items()})
        for fields in json.loads(row.findings)
    )
    judged_at = row.judged_at.astimezone(UTC)
    return Verdict(row.check_id, row.kind, row.subject, row.slot, findings, judged_at, row.fingerprint)


def _plain(finding: Finding, verdict: Verdict) -> dict[str, object]:
    """A finding's fields, without those that its verdict or a default says already."""
    said = {**_DEFAULTS, "check": verdict.check, "kind": verdict.kind, "subject": verdict.subject}
    fields: dict[str, object] = {
        "check": finding.check,
        "kind": finding.kind,
        "subject": finding.subject,
        "expectation": finding.expectation,
        "outcome": finding.outcome,
        "severity": finding.severity,
        "observed": _finite(finding.observed),
        "expected": _finite(finding.expected),
        "because": finding.because,
        "evidence": list(finding.evidence),
    }
    return {name: value for name, value in fields.items() if name not in said or said[name] != value}


def _finite(value: Scalar) -> object:
    """JSON has no word for NaN and the infinities: they become `{"float": "nan"}`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def _scalar(value: object) -> object:
    return float(value["float"]) if isinstance(value, dict) else value


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
