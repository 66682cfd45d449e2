"""What judging leaves: a finding for each expectation, a verdict for each subject of a check in a slot."""

from dataclasses import dataclass
from datetime import datetime

from checks.catalog import Check
from checks.outcome import Outcome, Severity, worst
from checks.records import Record, Scalar
from checks.slots import Slot


class Finding(Record):
    """One expectation held against one subject, and why it came out as it did.

    `evidence` lists paths within the bag. `observed` and `expected` are what a reader compares.
    """

    check: str
    kind: str
    subject: str
    expectation: str
    outcome: Outcome
    severity: Severity
    observed: Scalar = None
    expected: Scalar = None
    because: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunContext:
    """Of what a slot's verdicts speak: environment, running version, digest of the catalogue in force."""

    environment: str
    version: str | None
    catalog_digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings about one subject of one check in one slot; the store's unit, keyed by those three.

    `fingerprint` identifies the content observed (for kinds that can freeze), so that later slots can tell
    evidence that merely repeats.
    """

    check: str
    kind: str
    subject: str
    slot: Slot
    findings: tuple[Finding, ...]
    judged_at: datetime
    fingerprint: str | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of its findings; no finding at all is MISSING."""
        return worst(finding.outcome for finding in self.findings)

    @property
    def because(self) -> str:
        """Why it is not better than it is: the reason of its worst finding."""
        ranked = sorted(self.findings, key=lambda finding: -finding.outcome.badness)
        return ranked[0].because if ranked else "nothing was observed"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check came to in one slot: its verdicts, and the Great Expectations result they were read from.

    `validation` is that result as the JSON that goes into the bag; empty where nothing was validated.
    """

    check: str
    verdicts: tuple[Verdict, ...]
    validation: bytes = b""

    @property
    def outcome(self) -> Outcome:
        """The worst of its verdicts."""
        return worst(verdict.outcome for verdict in self.verdicts)

    @property
    def because(self) -> str:
        """Why, in one line: the worst subject's reason, or how much was met."""
        if self.outcome is Outcome.PASS:
            met = sum(len(verdict.findings) for verdict in self.verdicts)
            about = "" if len(self.verdicts) == 1 else f" about {len(self.verdicts)} subjects"
            return f"all {met} expectations{about} are met"
        deciding = max(self.verdicts, key=lambda verdict: verdict.outcome.badness, default=None)
        if deciding is None:
            return "nothing was observed"
        return deciding.because if deciding.subject == self.check else f"{deciding.subject}: {deciding.because}"


def unobserved(check: Check, slot: Slot, *, outcome: Outcome, because: str, now: datetime) -> Judgement:
    """The judgement of a check that brought no evidence: the same finding about everything it owed."""
    verdicts = tuple(
        Verdict(check.id, check.kind, subject, slot, (_absence(check, subject, outcome, because),), now)
        for subject in check.subjects
    )
    return Judgement(check.id, verdicts)


def uncollected(check: Check, slot: Slot, *, failure: str | None, now: datetime) -> Judgement:
    """The judgement of a check that could not be collected: an ERROR about everything it owed."""
    return unobserved(check, slot, outcome=Outcome.ERROR, because=failure or "not collected", now=now)


def _absence(check: Check, subject: str, outcome: Outcome, because: str) -> Finding:
    return Finding(
        check=check.id,
        kind=check.kind,
        subject=subject,
        expectation="collected",
        outcome=outcome,
        severity=check.severity,
        because=because,
    )
