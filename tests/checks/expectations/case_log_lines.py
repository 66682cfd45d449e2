"""Good and bad rows of log lines."""

from datetime import timedelta

from checks.expectations.log_lines import LOG_LINES
from checks.kinds.log_lines import LogLinesCheck, LogLinesRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE = "files:logs/*.jsonl"
CHECK = LogLinesCheck.model_validate(
    {
        "log": PLACE,
        "expect": {"fields": ["rid", "path"], "max_age": "10m", "errors": 0.01, "mentions": ["started"]},
    }
)
ROW = LogLinesRow(
    subject=PLACE,
    where=PLACE,
    files=2,
    bytes=90_000,
    bytes_read=90_000,
    lines=1_000,
    parsed=999,
    complete=999,
    content_time=NOW - timedelta(minutes=10),
    levelled=1_000,
    levels="info 990, error 10",
    errors=10,
    secrets=0,
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    LOG_LINES,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist"), Outcome.MISSING),
        "enough": (changed(GOOD, lines=99, parsed=99), Outcome.INCONCLUSIVE),
        "parseable": (changed(GOOD, parsed=998, unparsed_cause="line 7 is not JSON"), Outcome.FAIL),
        "complete": (changed(GOOD, complete=998, absent_named="rid in 2 lines"), Outcome.FAIL),
        "secrets": (changed(GOOD, secrets=1, secrets_named="GitHub token in line 9 of the sample"), Outcome.FAIL),
        "levels": (changed(GOOD, levelled=998), Outcome.FAIL),
        "errors": (changed(GOOD, errors=11), Outcome.FAIL),
        "mentions": (changed(GOOD, unmentioned="started"), Outcome.FAIL),
        "dated": (changed(GOOD, content_time=None, undated="does not say when it was made"), Outcome.MISSING),
        "not-from-the-future": (changed(GOOD, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(GOOD, content_time=NOW - timedelta(seconds=601)), Outcome.STALE),
    },
)
