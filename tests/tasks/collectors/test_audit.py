"""The audit collector on what the tools really wrote, and on reports of every sad kind."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.people import Waiver
from checks.evidence.records import Evidence
from checks.expectations.audit import AUDIT
from checks.kinds.audit import AuditCheck, AuditRow
from checks.outcome import Outcome, worst
from tasks.collectors.audit import AuditCollector
from tasks.collectors.sources import FolderAccess, Sources
from tests.checks.expectations.judging import Example, outcomes
from tests.tasks.collectors.asking import named, now, sources
from tests.tasks.sealing.desk import Desk
from tests.tasks.sealing.sealed import START

RECORDED = Path(__file__).parent / "recorded"


def check(tool: str, *reports: str, **given: Any) -> AuditCheck:
    expect = {"max_age": "9999d", **given.pop("expect", {})}
    reports = reports or ("reports:audit.json",)
    return named(AuditCheck.model_validate({"reports": reports, "tool": tool, "expect": expect, **given}))


async def collect(folder: Path, asked: AuditCheck) -> Evidence:
    collector = AuditCollector(sources(folder=folder), now)
    try:
        return await collector.collect(asked)
    finally:
        await collector.aclose()


async def row(folder: Path, tool: str, report: object = None, **given: Any) -> AuditRow:
    if report is not None:
        (folder / "audit.json").write_text(report if isinstance(report, str) else json.dumps(report))
    (found,) = (await collect(folder, check(tool, **given))).rows
    assert isinstance(found, AuditRow)
    return found


def shown(found: AuditRow) -> list[tuple[str, str, str]]:
    return [(each.grade, each.id, each.package) for each in found.vulnerabilities or ()]


async def test_what_pip_audit_found_has_no_grade(tmp_path: Path):
    found = await row(RECORDED, "pip-audit", dated_by="file", **place("pip-audit-2.10.1/found.json"))
    assert shown(found) == [("unknown", "PYSEC-2019-217", "jinja2")]
    assert found.vulnerabilities is not None
    assert found.vulnerabilities[0].aliases == ("CVE-2019-10906", "GHSA-462w-v97r-4m45")
    assert (found.packages, found.skipped) == (2, 0)


def place(path: str) -> dict[str, Any]:
    return {"reports": (f"reports:{path}",)}


async def test_a_pip_audit_that_looked_at_nothing_says_so_and_never_passes():
    asked = check("pip-audit", "reports:pip-audit-2.10.1/skipped.json", dated_by="file")
    rows = (await collect(RECORDED, asked)).rows
    found = rows[0].model_dump()
    assert (found["packages"], found["skipped"], found["vulnerabilities"]) == (0, 3, ())
    judged = outcomes(AUDIT, Example(asked, rows))
    assert judged["audited"] is Outcome.INCONCLUSIVE
    assert judged["vulnerabilities"] is Outcome.INCONCLUSIVE


async def test_what_npm_found_is_graded_and_its_packages_are_counted():
    found = await row(RECORDED, "npm", dated_by="file", **place("npm-11.19.1/audit-found.json"))
    assert shown(found) == [
        ("medium", "GHSA-fvqr-27wr-82fm", "lodash"),
        ("critical", "GHSA-xvch-5gv4-984h", "minimist"),
    ]
    assert found.packages == 3


async def test_an_npm_audit_that_could_not_ask_is_no_audit():
    found = await row(RECORDED, "npm", dated_by="file", **place("npm-11.19.1/audit-failed.json"))
    assert "says that nothing was audited" in str(found.unreadable)
    assert found.vulnerabilities is None


OSV = {
    "results": [
        {
            "source": {"path": "requirements.txt", "type": "lockfile"},
            "packages": [
                {"package": {"name": "fine", "version": "1", "ecosystem": "PyPI"}},
                {
                    "package": {"name": "jinja2", "version": "2.10", "ecosystem": "PyPI"},
                    "vulnerabilities": [
                        {"id": "GHSA-1", "aliases": ["CVE-1"], "database_specific": {"severity": "MODERATE"}},
                        {"id": "PYSEC-1"},
                        {"id": "PYSEC-2"},
                        {"id": "PYSEC-3"},
                    ],
                    "groups": [{"ids": ["PYSEC-1"], "max_severity": "9.8"}, {"ids": ["PYSEC-2"], "max_severity": ""}],
                },
            ],
        }
    ]
}


async def test_osv_scanner_s_grades_are_words_or_scores_or_unknown(tmp_path: Path):
    found = await row(tmp_path, "osv-scanner", OSV)
    assert [grade for grade, _, _ in shown(found)] == ["medium", "critical", "unknown", "unknown"]
    assert found.packages == 2


async def test_an_osv_scan_without_packages_looked_at_none(tmp_path: Path):
    assert (await row(tmp_path, "osv-scanner", {"results": []})).packages == 0


GRYPE = {
    "matches": [
        {
            "vulnerability": {"id": "GHSA-1", "severity": "High"},
            "relatedVulnerabilities": [{"id": "CVE-1"}],
            "artifact": {"name": "lodash", "version": "4.17.4", "type": "npm"},
        }
    ],
    "ignoredMatches": [{}],
    "descriptor": {"name": "grype", "version": "0.100.0", "timestamp": "2026-11-22T12:00:00.123456789Z"},
}


async def test_grype_says_when_it_looked_and_not_at_how_many(tmp_path: Path):
    found = await row(tmp_path, "grype", GRYPE)
    assert shown(found) == [("high", "GHSA-1", "lodash")]
    assert (found.packages, found.suppressed) == (None, 1)
    assert found.content_time is not None
    assert found.content_time.replace(microsecond=0) == datetime(2026, 11, 22, 12, tzinfo=UTC)


async def test_an_inventory_says_how_many_packages_were_looked_at(tmp_path: Path):
    (tmp_path / "bom.json").write_text((RECORDED / "npm-11.19.1/sbom.cdx.json").read_text())
    assert (await row(tmp_path, "grype", GRYPE, inventory="reports:bom.json")).packages == 3
    assert (await row(tmp_path, "grype", GRYPE, inventory="reports:gone.json")).packages is None


async def test_a_report_without_a_time_is_undated_unless_its_file_counts(tmp_path: Path):
    report = {"dependencies": [{"name": "a", "version": "1", "vulns": []}], "fixes": []}
    assert "does not say when it was made" in str((await row(tmp_path, "pip-audit", report)).undated)
    by_file = await row(tmp_path, "pip-audit", dated_by="file")
    assert by_file.content_time == by_file.file_time
    stamped = await row(tmp_path, "pip-audit", {**report, "audited": "2026-11-22T12:00:00Z"}, timestamp="audited")
    assert stamped.content_time == datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tool", "report"),
    [
        ("pip-audit", GRYPE),
        ("npm", {"auditReportVersion": 1}),
        ("npm", {"auditReportVersion": 2, "vulnerabilities": {}}),
        ("grype", OSV),
        ("osv-scanner", {"results": None}),
        ("osv-scanner", []),
        ("grype", "{"),
        ("grype", '{"descriptor": {"name": "grype"}, "matches": [1]}'),
    ],
)
async def test_what_is_no_report_of_the_tool_says_so(tmp_path: Path, tool: str, report: object):
    found = await row(tmp_path, tool, report)
    assert found.unreadable is not None
    assert found.vulnerabilities is None


def waived(desk: Desk, **fields: object) -> None:
    given = {
        "at": START,
        "by": "reviewer",
        "subject": "CVE-2019-10906",
        "check": "the-check",
        "reason": "no sandbox is used",
        "requested_by": "executor",
        "expires_at": START + timedelta(days=14),
        "compensating_control": "looked at each week",
    }
    desk.person("reviewer").waive(Waiver.model_validate({**given, **fields}))


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, Outcome.WAIVED),
        ({"subject": "PYSEC-2019-217"}, Outcome.WAIVED),
        ({"subject": "PYSEC-2019-218"}, Outcome.FAIL),
        ({"check": "another-check"}, Outcome.FAIL),
        ({"expires_at": START + timedelta(minutes=1)}, Outcome.FAIL),
    ],
)
async def test_a_waiver_on_record_takes_one_vulnerability_out_until_its_date(
    tmp_path: Path, fields: dict[str, object], outcome: Outcome
):
    desk = Desk(tmp_path)
    waived(desk, **fields)
    asked = check("pip-audit", "reports:pip-audit-2.10.1/found.json", dated_by="file", log="log")
    folders = {"reports": RECORDED, "log": desk.root}
    where = Sources({name: FolderAccess(name, folder, 10**6) for name, folder in folders.items()})
    rows = (await AuditCollector(where, now).collect(asked)).rows
    judged = outcomes(AUDIT, Example(asked, rows))
    assert worst(judged[rule] for rule in ("vulnerabilities", "waived")) is outcome
