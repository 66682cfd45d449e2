"""The test results collector on what pytest and node really write, and on files of every sad kind."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.kinds.test_results import ResultsCheck, ResultsRow
from tasks.collectors.test_results import ResultsCollector
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import named, now, sources

WHEN = "2026-11-22T12:00:00+00:00"
TESTS = """
import pytest

@pytest.fixture(scope="session", autouse=True)
def build(record_testsuite_property):
    record_testsuite_property("version", "v0.2.0")

def test_passes(): pass
def test_fails(): assert False
@pytest.mark.skip(reason="not here")
def test_is_skipped(): pass
@pytest.fixture
def broken(): raise RuntimeError
def test_cannot_start(broken): pass
class TestBuyers:
    @pytest.mark.parametrize("price", [1, 2])
    def test_pay(self, price): pass
"""


async def collect(folder: Path, *results: str, url: str = "http://127.0.0.1:9", **given: Any) -> Evidence:
    expect = {"max_age": "1d", **given.pop("expect", {})}
    check = ResultsCheck.model_validate({"results": results or ("reports:junit.xml",), "expect": expect, **given})
    collector = ResultsCollector(sources(url, folder), now)
    try:
        return await collector.collect(named(check))
    finally:
        await collector.aclose()


async def row(folder: Path, text: str | bytes | None = None, **given: Any) -> ResultsRow:
    if text is not None:
        (folder / "junit.xml").write_bytes(text if isinstance(text, bytes) else text.encode())
    found = (await collect(folder, **given)).rows[0]
    assert isinstance(found, ResultsRow)
    return found


@pytest.fixture(scope="module")
def by_pytest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which pytest has written what it writes."""
    folder = tmp_path_factory.mktemp("by_pytest")
    (folder / "test_sample.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ".", "-o", "junit_suite_name=unit"]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--junitxml=junit.xml"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    return folder


async def test_what_pytest_writes_is_read_whole(by_pytest: Path):
    found = await row(by_pytest)
    assert (found.tests, found.failures, found.errors, found.skipped) == (6, 1, 1, 1)
    assert found.failed == ("test_sample::test_fails", "test_sample::test_cannot_start")
    assert (found.version, found.unlisted) == ("v0.2.0", None)
    assert found.content_time is not None
    assert abs(now() - found.content_time) < timedelta(minutes=5)


async def test_suites_and_scenarios_must_be_there_and_pass_and_not_be_skipped(by_pytest: Path):
    scenarios = ["test_pay*", "test_sample.TestBuyers::test_pay[1]", "test_fails", "test_is_skipped", "test_flies"]
    found = await row(by_pytest, expect={"suites": ["unit", "e2e"], "scenarios": scenarios})
    assert found.suites_unmet == ("unit: 3 of 6 error, failure, skipped", "e2e is not there")
    assert found.scenarios_unmet == (
        "test_fails: 1 of 1 failure",
        "test_is_skipped: 1 of 1 skipped",
        "test_flies is not there",
    )


async def test_what_node_writes_is_read_and_says_no_time(tmp_path: Path):
    (tmp_path / "a.test.mjs").write_text(
        "import test, {describe} from 'node:test';\n"
        "describe('all', () => { test('ok', () => {}); test('bad', () => { throw 1 }); test.skip('not', () => {}) })\n"
    )
    command = ["node", "--test", "--test-reporter=junit", "a.test.mjs"]
    ran = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True, check=False)
    found = await row(tmp_path, ran.stdout)
    assert (found.tests, found.failures, found.errors, found.skipped) == (3, 1, 0, 1)
    assert "no suite has a timestamp" in str(found.undated)
    by_file = await row(tmp_path, dated_by="file")
    assert by_file.content_time == by_file.file_time


def suite(cases: str, *, stamp: str = WHEN, more: str = "") -> str:
    return f'<testsuites><testsuite name="s" timestamp="{stamp}" {more}>{cases}</testsuite></testsuites>'


CASE, FAILED = '<testcase name="a"/>', '<testcase name="b"><failure/></testcase>'


async def test_a_suite_s_own_worse_count_stands(tmp_path: Path):
    found = await row(tmp_path, suite(CASE, more='tests="1" failures="2" errors="1"'))
    assert (found.failures, found.errors) == (2, 1)


async def test_a_suite_that_lists_fewer_tests_than_it_counts_says_so(tmp_path: Path):
    found = await row(tmp_path, suite(CASE, more='tests="9"'))
    assert found.unlisted == "s counts 9 tests and lists 1"


async def test_nothing_tested_is_counted_as_nothing(tmp_path: Path):
    assert (await row(tmp_path, suite(""))).tests == 0


async def test_suites_of_two_versions_are_of_neither(tmp_path: Path):
    properties = '<properties><property name="version" value="{}"/></properties>'
    text = suite(CASE + properties.format("v2")) + suite(CASE + properties.format("v1"))
    found = await row(tmp_path, f"<testsuites>{text}</testsuites>", candidate="v2")
    assert (found.version, found.candidate) == ("v1, v2", "v2")


async def test_the_version_may_be_said_beside_the_results(tmp_path: Path):
    (tmp_path / "build.json").write_text(json.dumps({"commit": "abc"}))
    found = await row(tmp_path, suite(CASE), version_at={"at": "reports:build.json", "field": "commit"})
    assert found.version == "abc"


async def test_many_files_together_are_as_old_as_the_oldest(tmp_path: Path):
    (tmp_path / "1.xml").write_text(suite(CASE))
    (tmp_path / "2.xml").write_text(suite(FAILED, stamp="2026-11-21T12:00:00Z"))
    (found,) = (await collect(tmp_path, "reports:*.xml", gather="every")).rows
    assert isinstance(found, ResultsRow)
    assert (found.files, found.tests, found.failures) == (2, 2, 1)
    assert found.content_time == datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_one_broken_file_speaks_for_all(tmp_path: Path):
    (tmp_path / "1.xml").write_text("<testsuite")
    (tmp_path / "2.xml").write_text(suite(CASE))
    (found,) = (await collect(tmp_path, "reports:*.xml", gather="every")).rows
    assert isinstance(found, ResultsRow)
    assert "is not XML" in str(found.unreadable)
    assert found.tests is None


async def test_a_file_without_a_date_leaves_all_without(tmp_path: Path):
    (tmp_path / "1.xml").write_text("<testsuite><testcase name='a'/></testsuite>")
    (tmp_path / "2.xml").write_text(suite(CASE))
    (found,) = (await collect(tmp_path, "reports:*.xml", gather="every")).rows
    assert isinstance(found, ResultsRow)
    assert found.content_time is None


async def test_a_star_stands_for_the_newest_by_what_the_suites_say(tmp_path: Path):
    (tmp_path / "a.xml").write_text(suite(CASE))
    (tmp_path / "b.xml").write_text(suite(FAILED, stamp="2026-11-21T12:00:00Z"))
    (found,) = (await collect(tmp_path, "reports:*.xml")).rows
    assert isinstance(found, ResultsRow)
    assert (found.where, found.failures) == ("a.xml", 0)


async def test_no_file_at_all_is_an_observation(tmp_path: Path):
    (found,) = (await collect(tmp_path, "reports:*.xml", gather="every")).rows
    assert isinstance(found, ResultsRow)
    assert found.missing == "does not exist: no file matches *.xml"


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><testsuite>&b;</testsuite>'
LEAK = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]><testsuite><testcase name="&a;"/></testsuite>'


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"", "is empty"),
        (b"<testsuite>", "is not XML"),
        (BOMB.encode(), "declares entities"),
        (LEAK.encode(), "declares entities"),
        (b"<html/>", "its outermost element is html"),
        (b'<?xml version="1.0" encoding="nonsense"?><testsuite/>', "is not XML"),
        (b'<testsuite tests="-1"/>', "a suite has tests = '-1'"),
    ],
)
async def test_what_is_no_junit_xml_says_why(tmp_path: Path, body: bytes, because: str):
    assert because in str((await row(tmp_path, body)).unreadable)


@pytest.mark.parametrize("stamp", ["2026-11-22T12:00:00", "yesterday"])
async def test_a_time_without_a_zone_dates_nothing(tmp_path: Path, stamp: str):
    found = await row(tmp_path, suite(CASE, stamp=stamp))
    assert found.content_time is None
    assert found.undated is not None


COBERTURA = """<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.5" lines-valid="{lines}" lines-covered="{reached}" timestamp="1795348800000"/>"""


async def coverage(folder: Path, name: str, text: str) -> ResultsRow:
    (folder / "junit.xml").write_text(suite(CASE))
    (folder / name).write_text(text)
    found = (await collect(folder, coverage=f"reports:{name}", expect={"coverage": 0.8})).rows[1]
    assert isinstance(found, ResultsRow)
    return found


async def test_cobertura_s_lines_are_counted_and_its_milliseconds_read(tmp_path: Path):
    found = await coverage(tmp_path, "coverage.xml", COBERTURA.format(lines=200, reached=150))
    assert found.line_rate == 0.75
    assert found.content_time == datetime.fromtimestamp(1795348800, UTC)


async def test_coverage_of_nothing_has_no_rate(tmp_path: Path):
    assert (await coverage(tmp_path, "coverage.xml", COBERTURA.format(lines=0, reached=0))).line_rate is None


async def test_coverage_py_s_json_is_read_and_its_time_has_no_zone(tmp_path: Path):
    report = {"meta": {"timestamp": "2026-11-22T12:00:00.1"}, "totals": {"num_statements": 15, "covered_lines": 12}}
    found = await coverage(tmp_path, "coverage.json", json.dumps(report))
    assert found.line_rate == 0.8
    assert "has no zone" in str(found.undated)


@pytest.mark.parametrize("text", ["<coverage/>", COBERTURA.format(lines=1, reached=2), "<cov/>", '{"totals": {}}', "{"])
async def test_what_is_no_coverage_report_says_why(tmp_path: Path, text: str):
    assert (await coverage(tmp_path, "coverage.xml", text)).unreadable is not None


async def test_results_over_http_that_break_off_are_missing(tmp_path: Path, server: HostileServer):
    (found,) = (await collect(tmp_path, "api:/cut", url=server.url)).rows
    assert isinstance(found, ResultsRow)
    assert found.missing is not None
