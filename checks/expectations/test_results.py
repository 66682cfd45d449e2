"""What is expected of test results: some were run, of the candidate, none failed, and what must be there passed."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good
from checks.expectations.dated import (
    AGE,
    DATED_BY_CHOICE,
    FOUND,
    LINK,
    VERSION,
    dating_columns,
    document_columns,
    named,
    readable,
    version_columns,
)
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.test_results import ResultsCheck, ResultsRow
from checks.outcome import Outcome

_NO_VERSION = ("candidate_from", "candidate")


def _columns(check: ResultsCheck, row: ResultsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    shared = {**document_columns(row, check.expect, occasion), **dating_columns(check), **version_columns(check, row)}
    own = _of_results(check, row) if row.part == "results" else {"least_coverage": check.expect.coverage}
    return {**shared, **own, **(dict.fromkeys(_NO_VERSION) if row.part == "coverage" else {})}


def _of_results(check: ResultsCheck, row: ResultsRow) -> dict[str, Scalar]:
    """What is asked of results, and not of a coverage report."""
    expect, read = check.expect, row.tests is not None
    ran = row.tests - row.skipped if row.tests is not None and row.skipped is not None else None
    return {
        "asks_results": True,
        "listing": row.unlisted or GOOD if read else None,
        "ran": ran,
        "fewest_tests": expect.tests,
        "bad": row.failures + row.errors if row.failures is not None and row.errors is not None else None,
        "bad_named": named(row.failed) or "of tests that are not listed",
        "most_skipped": expect.skipped,
        "suite_form": named(row.suites_unmet) or GOOD if read else None,
        "suites_asked": named(expect.suites) or None,
        "scenario_form": named(row.scenarios_unmet) or GOOD if read else None,
        "scenarios_asked": named(expect.scenarios) or None,
    }


TEST_RESULTS: Suite[ResultsCheck, ResultsRow] = Suite(
    kind="test-results",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("a report"),
        "dated": DATED_BY_CHOICE,
        "complete": Rule(
            is_good("listing"),
            because="every test that its suites count is listed",
            otherwise="not every test is listed: {listing}",
            observed="listing",
            asked="asks_results",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "tested": Rule(
            ExpectColumnValuesToBeBetween(column="ran", min_value=1),
            because="{ran} tests were run",
            otherwise="nothing was tested: {tests} tests are listed, and {skipped} of them were skipped",
            observed="ran",
            asked="asks_results",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        **AGE,
        "enough": Rule(
            at_least("tests", "fewest_tests"),
            because="{tests} tests in {files} files; at least {fewest_tests} are expected",
            observed="tests",
            expected="fewest_tests",
        ),
        "passed": Rule(
            ExpectColumnValuesToBeInSet(column="bad", value_set=[0]),
            because="none of {tests} tests failed",
            otherwise="{failures} failures and {errors} errors in {tests} tests: {bad_named}",
            observed="bad",
            asked="asks_results",
        ),
        "skipped": Rule(
            at_most("skipped", "most_skipped"),
            because="{skipped} tests were skipped; at most {most_skipped} may be",
            observed="skipped",
            expected="most_skipped",
        ),
        "suites": Rule(
            is_good("suite_form"),
            because="all of these passed: {suites_asked}",
            otherwise="{suite_form}",
            observed="suite_form",
            expected="suites_asked",
        ),
        "scenarios": Rule(
            is_good("scenario_form"),
            because="all of these passed: {scenarios_asked}",
            otherwise="{scenario_form}",
            observed="scenario_form",
            expected="scenarios_asked",
        ),
        "coverage": Rule(
            at_least("line_rate", "least_coverage"),
            because="a share of {line_rate} of all lines was reached; at least {least_coverage} is expected",
            observed="line_rate",
            expected="least_coverage",
        ),
        **VERSION,
        "link": LINK,
    },
)
