"""Good and bad rows of audits."""

from datetime import timedelta

from checks.expectations.audit import AUDIT
from checks.kinds.audit import AuditCheck, AuditRow, Vulnerability
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE = "ci:audit-2026-11-22.json"
CHECK = AuditCheck.model_validate(
    {
        "reports": [PLACE],
        "tool": "npm",
        "candidate": "v0.2.0",
        "expect": {"max_age": "26h", "packages": 20, "most": {"critical": 0, "high": 0, "medium": 1}},
    }
)
HIGH = Vulnerability(id="GHSA-1", package="lodash", version="<4.17.5", grade="high")
ROW = AuditRow(
    subject=PLACE,
    where="audit-2026-11-22.json",
    linked="audit-2026-11-22.json",
    fetched_at=NOW,
    content_time=NOW - timedelta(hours=2),
    packages=30,
    skipped=0,
    suppressed=0,
    vulnerabilities=(HIGH.model_copy(update={"grade": "medium"}), HIGH.model_copy(update={"grade": "low"})),
    version="v0.2.0",
    candidate="v0.2.0",
)
WAIVERS = [{"id": "GHSA-1", "until": NOW + timedelta(days=3), "by": "reviewer"}]
GOOD = Example(CHECK, (ROW,))
UNREAD = {"packages": None, "vulnerabilities": None}

CASE = SuiteCase(
    AUDIT,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist", **UNREAD), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is not JSON", **UNREAD), Outcome.MISSING),
        "dated": (changed(GOOD, content_time=None, undated="does not say when it was made"), Outcome.MISSING),
        "audited": (changed(GOOD, packages=0, skipped=30), Outcome.INCONCLUSIVE),
        "not-from-the-future": (changed(GOOD, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(GOOD, content_time=NOW - timedelta(hours=27)), Outcome.STALE),
        "enough": (changed(GOOD, packages=19), Outcome.FAIL),
        "skipped": (changed(GOOD, skipped=1), Outcome.INCONCLUSIVE),
        "vulnerabilities": (changed(GOOD, vulnerabilities=(HIGH.model_dump(),)), Outcome.FAIL),
        "waived": (changed(GOOD, vulnerabilities=(HIGH.model_dump(),), waivers=WAIVERS), Outcome.WAIVED),
        "candidate": (changed(GOOD, candidate=None, candidate_missing="does not exist"), Outcome.INCONCLUSIVE),
        "version": (changed(GOOD, version="v0.1.0"), Outcome.STALE),
        "link": (changed(GOOD, linked="audit-2026-11-21.json"), Outcome.WARN),
    },
)
