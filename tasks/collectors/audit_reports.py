"""What the audit tools write: pip-audit, npm audit, osv-scanner and Grype, each as packages and vulnerabilities."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from checks.kinds.audit import Grade, Vulnerability
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, at

_GRADES: dict[str, Grade] = {
    "critical": "critical",
    "high": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "negligible": "low",
    "info": "low",
    "none": "low",
}
_RATINGS: tuple[tuple[float, Grade], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"))
"""CVSS v3.1, section 5: a base score of at least so much is of that grade."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What one report says; `packages` is `None` where the tool does not tell how many it looked at."""

    vulnerabilities: tuple[Vulnerability, ...]
    packages: int | None
    skipped: int = 0
    suppressed: int = 0


def read_audit(tool: str, report: Json) -> Audit:
    """The audit in a report; one that is not of this tool, or says that it failed, is refused."""
    if not isinstance(report, dict):
        raise Unreadable(f"is no report of {tool}")
    try:
        return _TOOLS[tool](report)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"is no report of {tool}: {type(error).__name__} {printable(str(error), 60)}") from None


def _pip_audit(report: dict[str, Any]) -> Audit:
    """A package that pip-audit passed over has a reason and no version: it exits with 0 all the same."""
    packages = report["dependencies"]
    looked_at = [one for one in packages if "skip_reason" not in one]
    found = [
        _vulnerability(one["name"], one["version"], each["id"], None, each.get("aliases") or ())
        for one in looked_at
        for each in one["vulns"]
    ]
    return Audit(_once(found), len(looked_at), len(packages) - len(looked_at))


def _npm(report: dict[str, Any]) -> Audit:
    """Version 2 of npm's report. A registry that does not answer leaves a report with an error in it."""
    if "error" in report:
        said = printable(str(report.get("message") or report["error"]), 200)
        raise Unreadable(f"says that nothing was audited: {said}")
    if report.get("auditReportVersion") != 2:
        raise Unreadable("is no report of npm audit, version 2; npm 7 and later write it")
    found = [
        _vulnerability(via["dependency"], via.get("range", ""), str(via["url"]).rpartition("/")[2], via["severity"])
        for one in report["vulnerabilities"].values()
        for via in one["via"]
        if isinstance(via, dict)
    ]
    return Audit(_once(found), int(report["metadata"]["dependencies"]["total"]))


def _osv_scanner(report: dict[str, Any]) -> Audit:
    """It lists packages that nothing is wrong with only if it is run with `--all-packages`."""
    packages = [package for result in report["results"] for package in result["packages"]]
    found = [each for package in packages for each in _of_osv_package(package)]
    return Audit(_once(found), len(packages))


def _of_osv_package(package: dict[str, Any]) -> Iterator[Vulnerability]:
    scores = {name: group.get("max_severity") for group in package.get("groups") or () for name in group["ids"]}
    about = package["package"]
    for each in package.get("vulnerabilities") or ():
        word = at(each, "database_specific.severity") or _rating(scores.get(each["id"]))
        yield _vulnerability(about["name"], about.get("version", ""), each["id"], word, each.get("aliases") or ())


def _grype(report: dict[str, Any]) -> Audit:
    if at(report, "descriptor.name") != "grype":
        raise Unreadable("is no report of Grype")
    found = [
        _vulnerability(
            match["artifact"]["name"],
            match["artifact"]["version"],
            match["vulnerability"]["id"],
            match["vulnerability"].get("severity"),
            [related["id"] for related in match.get("relatedVulnerabilities") or ()],
        )
        for match in report["matches"]
    ]
    return Audit(_once(found), None, suppressed=len(report.get("ignoredMatches") or ()))


def _vulnerability(package: str, version: str, name: str, word: Json, aliases: Any = ()) -> Vulnerability:
    grade = _GRADES.get(word.lower(), "unknown") if isinstance(word, str) else "unknown"
    others = tuple(sorted({printable(str(alias), 60) for alias in aliases} - {name}))
    return Vulnerability(
        id=printable(name, 60), aliases=others, package=printable(package, 200), version=version[:100], grade=grade
    )


def _rating(score: object) -> str | None:
    """The grade of a base score; a vulnerability without one has none."""
    try:
        number = float(str(score))
    except ValueError:
        return None
    if number == 0:
        return None
    return next((grade for least, grade in _RATINGS if number >= least), "low")


def _once(found: list[Vulnerability]) -> tuple[Vulnerability, ...]:
    """Each vulnerability of a package once, in their order."""
    return tuple(dict.fromkeys(found))


_TOOLS: dict[str, Callable[[dict[str, Any]], Audit]] = {
    "pip-audit": _pip_audit,
    "npm": _npm,
    "osv-scanner": _osv_scanner,
    "grype": _grype,
}
