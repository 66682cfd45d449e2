"""Collects test results: JUnit files and a coverage report, as they lie there."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.test_results import ResultsCheck, ResultsRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.coverage import covered_at, read_coverage
from tasks.collectors.documents import Document, document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.junit import Results, read_junit, tested_at, together, version_of
from tasks.collectors.places import PlaceReader, captures_of, date_facts, dated_as, found_facts, requests, version_facts
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable


class ResultsCollector:
    """Reads the results at every place of a check, and its coverage report."""

    kind: ClassVar[str] = "test-results"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._places = PlaceReader(sources, now, http=http)

    async def collect(self, check: ResultsCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._places.versions(check)
        ran = dated_as(check, lambda found: tested_at(read_junit(found.body)))
        for number, place in enumerate(check.results, start=1):
            if check.gather == "every":
                captures += await self._places.read_every(place, number, date_of=ran)
            else:
                captures += await self._places.read(place, item_name(number, str(place)), date_of=ran)
        if check.coverage:
            made = dated_as(check, lambda found: covered_at(read_coverage(found.body)))
            captures += await self._places.read(check.coverage, f"coverage-{check.coverage.source}", date_of=made)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(dict.fromkeys(check.sources)),
            request=requests(captures),
            parameters={"results": ", ".join(check.subjects), "gather": check.gather, "dated_by": check.dated_by},
        )

    @staticmethod
    def rows_from(check: ResultsCheck, captures: Sequence[RawCapture]) -> tuple[ResultsRow, ...]:
        """A row for the results at each place, and one for the coverage."""
        rows = [_results_row(check, str(place), captures) for place in check.results]
        return (*rows, *([_coverage_row(check, str(check.coverage), captures)] if check.coverage else ()))

    async def aclose(self) -> None:
        await self._places.aclose()


def _results_row(check: ResultsCheck, subject: str, captures: Sequence[RawCapture]) -> ResultsRow:
    """What all files of a place say together; one that cannot be read speaks for all of them."""
    own = captures_of(captures, subject)
    facts: dict[str, Any] = {"part": "results", "files": len(own)}
    read: list[Results] = []
    oldest: list[dict[str, Any]] = []
    for capture in own:
        document = document_from(capture)
        facts |= found_facts(subject, capture)
        if document.missing is not None:
            return ResultsRow(**facts, **version_facts(check, captures))
        try:
            results = read_junit(document.body)
        except Unreadable as error:
            facts["unreadable"] = printable(str(error), 300)
            return ResultsRow(**facts, **version_facts(check, captures))
        read.append(results)
        oldest.append(date_facts(check, document, partial(tested_at, results)))
    return ResultsRow(**facts, **_oldest(oldest), **_ended(check, together(read), captures))


def _oldest(dates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The date of the oldest file; one without a date leaves all of them without."""
    return min(dates, key=lambda date: (date.get("content_time") is not None, str(date.get("content_time"))))


def _ended(check: ResultsCheck, results: Results, captures: Sequence[RawCapture]) -> dict[str, Any]:
    failed = [case.shown for case in results.cases if case.ending in ("failure", "error")]
    expect = check.expect
    return {
        **version_facts(check, captures, version_of(results, check.version_property)),
        "tests": len(results.cases),
        "failures": results.count("failure") + results.unlisted_failures,
        "errors": results.count("error") + results.unlisted_errors,
        "skipped": results.count("skipped"),
        "failed": tuple(failed[:20]),
        "unlisted": "; ".join(results.unlisted[:10]) or None,
        "suites_unmet": tuple(filter(None, (_suite_trouble(results, name) for name in expect.suites))),
        "scenarios_unmet": tuple(filter(None, (_scenario_trouble(results, name) for name in expect.scenarios))),
    }


def _suite_trouble(results: Results, name: str) -> str | None:
    return _trouble(name, [case.ending for case in results.cases if name in case.suites])


def _scenario_trouble(results: Results, name: str) -> str | None:
    return _trouble(name, [case.ending for case in results.cases if case.is_called(name)])


def _trouble(name: str, endings: Sequence[str]) -> str | None:
    """Why something that must have passed did not: one that is skipped or not there is no less a gap."""
    if not endings:
        return f"{name} is not there"
    bad = [ending for ending in endings if ending != "passed"]
    return f"{name}: {len(bad)} of {len(endings)} {', '.join(sorted(set(bad)))}" if bad else None


def _coverage_row(check: ResultsCheck, subject: str, captures: Sequence[RawCapture]) -> ResultsRow:
    (capture,) = captures_of(captures, subject)
    document: Document = document_from(capture)
    facts: dict[str, Any] = {"part": "coverage", **found_facts(subject, capture)}
    if document.missing is not None:
        return ResultsRow(**facts)
    try:
        coverage = read_coverage(document.body)
    except Unreadable as error:
        return ResultsRow(**facts, unreadable=printable(str(error), 300))
    return ResultsRow(**facts, **date_facts(check, document, partial(covered_at, coverage)), line_rate=coverage.rate)
