"""Good and bad rows of test results."""

from datetime import timedelta

from checks.expectations.test_results import TEST_RESULTS
from checks.kinds.test_results import ResultsCheck, ResultsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE, COVERAGE = "ci:2026-11-22/junit.xml", "ci:coverage.xml"
CHECK = ResultsCheck.model_validate(
    {
        "results": [PLACE],
        "coverage": COVERAGE,
        "candidate": "v0.2.0",
        "expect": {
            "max_age": "24h",
            "tests": 100,
            "skipped": 0,
            "suites": ["unit"],
            "scenarios": ["a buyer pays"],
            "coverage": 0.8,
        },
    }
)
ROW = ResultsRow(
    subject=PLACE,
    part="results",
    where="2026-11-22/junit.xml",
    linked="2026-11-22/junit.xml",
    fetched_at=NOW,
    content_time=NOW - timedelta(hours=2),
    tests=120,
    failures=0,
    errors=0,
    skipped=0,
    version="v0.2.0",
    candidate="v0.2.0",
)
REPORT = ResultsRow(
    subject=COVERAGE,
    part="coverage",
    where="coverage.xml",
    fetched_at=NOW,
    content_time=NOW - timedelta(hours=2),
    line_rate=0.91,
)
GOOD = Example(CHECK, (ROW,))
OLD = NOW - timedelta(hours=25)

CASE = SuiteCase(
    TEST_RESULTS,
    Example(CHECK, (ROW, REPORT)),
    {
        "found": (changed(GOOD, tests=None, missing="does not exist"), Outcome.MISSING),
        "readable": (changed(GOOD, tests=None, unreadable="is not XML"), Outcome.MISSING),
        "dated": (changed(GOOD, content_time=None, undated="does not say when it was made"), Outcome.MISSING),
        "complete": (changed(GOOD, unlisted="unit counts 3 tests and lists 2"), Outcome.INCONCLUSIVE),
        "tested": (changed(GOOD, tests=120, skipped=120), Outcome.INCONCLUSIVE),
        "not-from-the-future": (changed(GOOD, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(GOOD, content_time=OLD), Outcome.STALE),
        "enough": (changed(GOOD, tests=99), Outcome.FAIL),
        "passed": (changed(GOOD, errors=1), Outcome.FAIL),
        "skipped": (changed(GOOD, skipped=1), Outcome.FAIL),
        "suites": (changed(GOOD, suites_unmet=("unit is not there",)), Outcome.FAIL),
        "scenarios": (changed(GOOD, scenarios_unmet=("a buyer pays: 1 of 1 skipped",)), Outcome.FAIL),
        "coverage": (changed(Example(CHECK, (REPORT,)), line_rate=0.79), Outcome.FAIL),
        "candidate": (changed(GOOD, candidate=None, candidate_missing="does not exist"), Outcome.INCONCLUSIVE),
        "version": (changed(GOOD, version="v0.1.0"), Outcome.STALE),
        "link": (changed(GOOD, linked="2026-11-21/junit.xml"), Outcome.WARN),
    },
)
