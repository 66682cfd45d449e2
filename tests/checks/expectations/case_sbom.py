"""Good and bad rows of bills of materials."""

from datetime import timedelta

from checks.expectations.sbom import SBOM
from checks.kinds.sbom import SbomCheck, SbomRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE = "ci:2026-11-22/bom.json"
CHECK = SbomCheck.model_validate(
    {
        "document": PLACE,
        "lockfile": "ci:requirements.lock",
        "candidate": "v0.2.0",
        "expect": {"max_age": "26h", "formats": ["CycloneDX 1.6"], "tools": ["syft"], "components": 20},
    }
)
ROW = SbomRow(
    subject=PLACE,
    where="2026-11-22/bom.json",
    linked="2026-11-22/bom.json",
    fetched_at=NOW,
    content_time=NOW - timedelta(hours=2),
    format="CycloneDX 1.6",
    tools=("syft 1.33.0",),
    components=30,
    locked=30,
    drifting=0,
    version="v0.2.0",
    candidate="v0.2.0",
)
GOOD = Example(CHECK, (ROW,))
UNREAD = {"format": None, "components": None, "locked": None, "drifting": None}
UNLOCKED = {"locked": None, "drifting": None, "lock_trouble": "requirements.lock: does not exist"}

CASE = SuiteCase(
    SBOM,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist", **UNREAD), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is not JSON", **UNREAD), Outcome.MISSING),
        "dated": (changed(GOOD, content_time=None, undated="does not say when it was made"), Outcome.MISSING),
        "listed": (changed(GOOD, components=0), Outcome.INCONCLUSIVE),
        "not-from-the-future": (changed(GOOD, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(GOOD, content_time=NOW - timedelta(hours=27)), Outcome.STALE),
        "format": (changed(GOOD, format="SPDX-2.3"), Outcome.FAIL),
        "tool": (changed(GOOD, tools=("npm 11",)), Outcome.FAIL),
        "enough": (changed(GOOD, components=19), Outcome.FAIL),
        "pinned": (changed(GOOD, unpinned=("lodash",)), Outcome.FAIL),
        "lockfile": (changed(GOOD, **UNLOCKED), Outcome.INCONCLUSIVE),
        "drift": (changed(GOOD, drifting=1, drift=("lodash is locked and not in the bill",)), Outcome.FAIL),
        "candidate": (changed(GOOD, candidate=None, candidate_missing="does not exist"), Outcome.INCONCLUSIVE),
        "version": (changed(GOOD, version="v0.1.0"), Outcome.STALE),
        "link": (changed(GOOD, linked="2026-11-21/bom.json"), Outcome.WARN),
    },
)
