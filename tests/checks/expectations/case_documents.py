"""Good and bad rows of documents."""

from datetime import timedelta

from checks.expectations.documents import DOCUMENTS
from checks.kinds.documents import DocumentsCheck, DocumentsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE = "files:docs/audit-2026-11-22.md"
CHECK = DocumentsCheck.model_validate(
    {
        "documents": [PLACE],
        "candidate": "v0.2.0",
        "expect": {
            "reviewed": "90d",
            "headings": ["Startup"],
            "says": ["rollback"],
            "links_to": ["slo.md"],
            "open_items": 0,
            "tables": [{"under": "Objectives", "columns": ["Objective", "Target"], "rows": [["Uptime", "99.9 %"]]}],
        },
    }
)
ROW = DocumentsRow(
    subject=PLACE,
    where="docs/audit-2026-11-22.md",
    linked="docs/audit-2026-11-22.md",
    fetched_at=NOW,
    digest="0" * 64,
    words=120,
    links=3,
    open_items=0,
    reviewed_at=NOW - timedelta(days=20),
    reviewed_by="Desk Ops",
    version="v0.2.0",
    candidate="v0.2.0",
)
GOOD = Example(CHECK, (ROW,))
UNREAD = {"words": None, "reviewed_at": None, "reviewed_by": None, "open_items": None, "version": None}

CASE = SuiteCase(
    DOCUMENTS,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist", **UNREAD), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is not UTF-8 text", **UNREAD), Outcome.MISSING),
        "written": (changed(GOOD, words=0), Outcome.MISSING),
        "headings": (changed(GOOD, headings_missing=("Startup",)), Outcome.FAIL),
        "says": (changed(GOOD, unsaid=("rollback",)), Outcome.FAIL),
        "links": (changed(GOOD, broken_links=("line 3: gone.md does not exist",)), Outcome.FAIL),
        "links-to": (changed(GOOD, unlinked=("slo.md",)), Outcome.FAIL),
        "open-items": (changed(GOOD, open_items=1), Outcome.FAIL),
        "tables": (changed(GOOD, drift=("Uptime is not in the document",)), Outcome.FAIL),
        "review": (changed(GOOD, reviewed_at=None, reviewed_by=None, unreviewed="is missing"), Outcome.MISSING),
        "review-not-from-the-future": (changed(GOOD, reviewed_at=NOW + timedelta(days=2)), Outcome.STALE),
        "reviewed": (changed(GOOD, reviewed_at=NOW - timedelta(days=91)), Outcome.STALE),
        "candidate": (changed(GOOD, candidate=None, candidate_missing="does not exist"), Outcome.INCONCLUSIVE),
        "version": (changed(GOOD, version="v0.1.0"), Outcome.STALE),
        "link": (changed(GOOD, linked="docs/audit-2026-10-22.md"), Outcome.WARN),
    },
)
