"""What is expected of log lines: enough of them, in good form, young, seldom an error, and no secret in any."""

from collections.abc import Mapping
from dataclasses import replace

from great_expectations.expectations import ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good
from checks.expectations.dated import DATED, FOUND, FRESH, NOT_FROM_THE_FUTURE
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.log_lines import LogLinesCheck, LogLinesRow
from checks.outcome import Outcome


def _columns(check: LogLinesCheck, row: LogLinesRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect, dated = check.expect, check.expect.max_age is not None
    age = (occasion.now - row.content_time).total_seconds() if row.content_time and dated else None
    return {
        "document": row.missing or GOOD,
        "fewest": expect.lines,
        "parsed_share": _share(row.parsed, row.lines),
        "parseable": expect.parseable,
        "unparsed": row.unparsed_cause or "each of them is",
        "fields_asked": ", ".join(expect.fields) or None,
        "complete_share": _share(row.complete, row.lines),
        "complete_expected": expect.complete,
        "lacking": row.absent_named or "some are no JSON at all",
        "levelled_share": _share(row.levelled, row.lines),
        "levels_asked": True if expect.errors is not None else None,
        "error_share": _share(row.errors, row.levelled),
        "most_errors": expect.errors,
        "secrets_asked": True if expect.secrets else None,
        "mentions_asked": ", ".join(expect.mentions) or None,
        "mentioned": f"none holds {row.unmentioned}" if row.unmentioned else GOOD,
        "dating": row.undated or "says nothing",
        "age": age,
        "ahead": max(0.0, -age) if age is not None else None,
        "earliest_age": -expect.future.total_seconds() if dated else None,
        "future": expect.future.total_seconds(),
        "max_age": expect.max_age.total_seconds() if expect.max_age else None,
    }


def _share(part: int | None, whole: int | None) -> float | None:
    """Nothing has no share of nothing."""
    return part / whole if part is not None and whole else None


LOG_LINES: Suite[LogLinesCheck, LogLinesRow] = Suite(
    kind="log-lines",
    columns=_columns,
    guards={
        "found": FOUND,
        "enough": Rule(
            at_least("lines", "fewest"),
            because="the newest {lines} lines were looked at; {fewest} can decide",
            otherwise="there are only {lines} lines; {fewest} are needed to decide",
            observed="lines",
            expected="fewest",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        "parseable": Rule(
            at_least("parsed_share", "parseable"),
            because="{parsed} of {lines} lines are JSON objects; expected a share of {parseable}",
            otherwise="{parsed} of {lines} lines are JSON objects; expected a share of {parseable}: {unparsed}",
            observed="parsed_share",
            expected="parseable",
        ),
        "complete": Rule(
            at_least("complete_share", "complete_expected"),
            because="{complete} of {lines} lines have {fields_asked}; expected a share of {complete_expected}",
            otherwise="{complete} of {lines} lines have {fields_asked}; expected {complete_expected}: {lacking}",
            observed="complete_share",
            asked="fields_asked",
        ),
        "secrets": Rule(
            ExpectColumnValuesToBeInSet(column="secrets", value_set=[0]),
            because="no secret of a known form stands in the newest {lines} lines",
            otherwise="{secrets} secrets of known forms stand in the newest {lines} lines: {secrets_named}",
            observed="secrets",
            asked="secrets_asked",
        ),
        "levels": Rule(
            at_least("levelled_share", "complete_expected"),
            because="{levelled} of {lines} lines say their level, so the share of errors can be measured",
            otherwise="{levelled} of {lines} lines say their level; expected a share of {complete_expected}",
            observed="levelled_share",
            asked="levels_asked",
        ),
        "errors": Rule(
            at_most("error_share", "most_errors"),
            because="{errors} of {levelled} lines are errors, a share of {error_share}; expected at most {most_errors}",
            observed="error_share",
            expected="most_errors",
            needs=("levels",),
        ),
        "mentions": Rule(
            is_good("mentioned"),
            because="some line holds each of {mentions_asked}",
            otherwise="of the newest {lines} lines {mentioned}",
            observed="mentioned",
            asked="mentions_asked",
        ),
        "dated": replace(DATED, asked="max_age"),
        "not-from-the-future": replace(NOT_FROM_THE_FUTURE, needs=("dated",)),
        "fresh": replace(FRESH, needs=("dated",)),
    },
)
