"""Good and bad rows of freshness."""

from datetime import timedelta

from checks.expectations.freshness import FRESHNESS
from checks.kinds.freshness import FreshnessCheck, FreshnessRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE = "reports:integrity_20261122.json"
KEPT = "reports:integrity_*.json"
CHECK = FreshnessCheck.model_validate(
    {
        "document": PLACE,
        "history": {"reports": KEPT},
        "expect": {"max_age": "10m", "status": ["pass", "ok"], "equals": {"missing": 0}, "max": {"late": 3}},
    }
)
MADE = NOW - timedelta(minutes=4)
ROW = FreshnessRow(
    subject=PLACE,
    where="integrity_20261122.json",
    linked="integrity_20261122.json",
    fetched_at=NOW,
    content_time=MADE,
    content_digest="d",
    status="pass",
    fields={"missing": 0, "late": 3},
)
HISTORY = FreshnessRow(
    subject=KEPT,
    part="history",
    where=KEPT,
    fetched_at=NOW,
    content_time=MADE,
    since=NOW - timedelta(hours=1),
    earliest=NOW - timedelta(minutes=61),
    reports=7,
    gap=600,
    gap_from=NOW - timedelta(minutes=61),
    nameless=0,
)
ONCE = Example(CHECK.model_copy(update={"history": None}), (ROW,))
KEPT_ALONE = Example(CHECK, (HISTORY,))
ALONE = Example(CHECK, (ROW,))
GOOD = Example(CHECK, (ROW, HISTORY), {PLACE: ("2026-11-22T12:59:00Z c", "2026-11-22T11:59:00Z b")})
SAME_TIME = Example(CHECK, (ROW,), {PLACE: ("2026-11-22T14:01:00Z c", "2026-11-22T14:01:00Z b")})
SAME_CONTENT = Example(CHECK, (ROW,), {PLACE: ("2026-11-22T13:01:00Z d", "2026-11-22T12:01:00Z d")})

CASE = SuiteCase(
    FRESHNESS,
    GOOD,
    {
        "found": (changed(ALONE, content_time=None, missing="does not exist"), Outcome.MISSING),
        "readable": (changed(ALONE, content_time=None, unreadable="is empty"), Outcome.MISSING),
        "dated": (changed(ALONE, content_time=None, undated="does not say when it was made"), Outcome.MISSING),
        "not-from-the-future": (changed(ALONE, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(ALONE, content_time=NOW - timedelta(seconds=601)), Outcome.STALE),
        "covered": (ONCE, Outcome.INCONCLUSIVE),
        "all-dated": (changed(KEPT_ALONE, nameless=1, nameless_cause="b.json is empty"), Outcome.MISSING),
        "several": (changed(KEPT_ALONE, reports=1, gap=None, gap_from=None), Outcome.INCONCLUSIVE),
        "reaches-back": (changed(KEPT_ALONE, earliest=NOW - timedelta(minutes=59)), Outcome.INCONCLUSIVE),
        "gaps": (changed(KEPT_ALONE, gap=601), Outcome.STALE),
        "moving": (SAME_TIME, Outcome.STALE),
        "changing": (SAME_CONTENT, Outcome.STALE),
        "status": (changed(ALONE, status="fail"), Outcome.FAIL),
        "fields": (changed(ALONE, fields={"missing": 1, "late": 3}), Outcome.FAIL),
        "link": (changed(ALONE, linked="integrity_20261121.json"), Outcome.WARN),
    },
)
