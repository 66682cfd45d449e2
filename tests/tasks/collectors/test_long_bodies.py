"""Bodies of a hundred thousand lines: read whole, in seconds and in memory of a few times their size, and found right.

Each goes the way that it goes in a run, where secrets are taken out of it and its rows are made a second time.
"""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from checks.catalog import Check
from checks.kinds.event_store import EventStoreCheck, EventStoreRow
from checks.kinds.log_lines import LogLinesCheck, LogLinesRow
from checks.kinds.metrics import MetricsCheck, MetricsRow
from checks.kinds.test_results import ResultsCheck, ResultsRow
from tasks.collectors.asking import Collected, collect_one
from tasks.collectors.event_store import EventStoreCollector
from tasks.collectors.log_lines import LogLinesCollector
from tasks.collectors.metrics import MetricsCollector
from tasks.collectors.redacting import Redactor
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.test_results import ResultsCollector
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import http_source, named, now

pytestmark = pytest.mark.timeout(
    120
)  # a few seconds each; work that grew with the square of the lines would take hours
LINES = 100_000
LIMIT = 64_000_000
TIMES = 40
"""Times its own size that a body may take in memory: text, parsed lines and rows, each of many small objects."""
TOKEN = "ghp_" + "a1B2" * 9


async def brought(collector: Any, check: Check, folder: Path, *, size: int, url: str = "http://127.0.0.1:9") -> Any:
    """The row of what a check brings in a run, whose body of so many bytes takes no more memory than it may."""
    folders = FolderAccess("reports", folder, LIMIT)
    opened = collector(Sources({"api": http_source(url, timeout=60, limit=LIMIT), "reports": folders}), now)
    tracemalloc.start()
    try:
        found: Collected = await collect_one(opened, named(check), Redactor(["only-this-program-knows"]))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await opened.aclose()
    assert found.evidence is not None, found.failure
    assert TOKEN not in repr(found.evidence)
    assert most < TIMES * size
    return found.evidence.rows[0]


def metrics(last: str) -> str:
    series = "".join(f'requests_total{{path="/{number}"}} {number}\n' for number in range(LINES))
    return f"# HELP requests_total Requests.\n# TYPE requests_total counter\n{series}{last}"


@pytest.mark.parametrize(
    ("last", "wrong"),
    [
        (f'requests_total{{path="{TOKEN}"}} 1\n', None),
        ('requests_total{path="/0"', "unreadable"),
    ],
)
async def test_metrics_with_a_hundred_thousand_series(server: HostileServer, tmp_path: Path, last: str, wrong: str):
    body = metrics(last)
    server.put("/metrics", body, "text/plain; version=0.0.4")
    check = MetricsCheck.model_validate(
        {"document": "api:/metrics", "expect": {"types": {"requests_total": "counter"}}}
    )
    row = await brought(MetricsCollector, check, tmp_path, size=len(body), url=server.url)
    assert isinstance(row, MetricsRow)
    faults = {name: said for name in ("unreadable", "unended", "repeated", "types") if (said := getattr(row, name))}
    assert list(faults) == ([wrong] if wrong else [])


async def test_an_event_store_of_a_hundred_thousand_lines(tmp_path: Path):
    lines = [json.dumps({"id": f"e-{number}", "at": "2026-11-22T14:00:00Z"}) for number in range(LINES)]
    body = "".join(f"{line}\n" for line in (*lines, lines[0], "{"))
    (tmp_path / "a.jsonl").write_text(body)
    check = EventStoreCheck.model_validate({"events": "reports:a.jsonl"})
    row = await brought(EventStoreCollector, check, tmp_path, size=len(body))
    assert isinstance(row, EventStoreRow)
    assert (row.events, row.repeated, row.broken) == (LINES + 1, 1, 1)


async def test_a_log_of_a_hundred_thousand_lines(tmp_path: Path):
    lines = [json.dumps({"time": "2026-11-22T14:00:00Z", "level": "info", "rid": f"r{n}"}) for n in range(LINES)]
    lines[0], lines[-1] = f'{{"level": "error", "message": "{TOKEN}"}}', f"not json {TOKEN}"
    body = "".join(f"{line}\n" for line in lines)
    (tmp_path / "a.jsonl").write_text(body)
    check = LogLinesCheck.model_validate(
        {"log": "reports:a.jsonl", "sample": LINES, "expect": {"mentions": ["r99998"]}}
    )
    row = await brought(LogLinesCollector, check, tmp_path, size=len(body))
    assert isinstance(row, LogLinesRow)
    assert (row.lines, row.parsed, row.errors, row.secrets, row.unmentioned) == (LINES, LINES - 1, 1, 2, None)


async def test_results_of_a_hundred_thousand_tests(tmp_path: Path):
    cases = [f'<testcase classname="c" name="t{number}"/>\n' for number in range(LINES)]
    cases[0] = '<testcase classname="c" name="first"><failure/></testcase>\n'
    cases[-1] = f'<testcase classname="c" name="last"><error>{TOKEN}</error></testcase>\n'
    body = f'<testsuites><testsuite name="s" timestamp="2026-11-22T12:00:00Z">{"".join(cases)}</testsuite></testsuites>'
    (tmp_path / "junit.xml").write_text(body)
    check = ResultsCheck.model_validate({"results": ["reports:junit.xml"], "expect": {"max_age": "1d"}})
    row = await brought(ResultsCollector, check, tmp_path, size=len(body))
    assert isinstance(row, ResultsRow)
    assert (row.tests, row.failures, row.errors, row.failed) == (LINES, 1, 1, ("c::first", "c::last"))
