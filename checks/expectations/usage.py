"""What is expected of snapshots of usage: one for each tenant and day, numbers in all of them, and the same totals."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.usage import UsageCheck, UsageRow
from checks.outcome import Outcome, Severity


def _columns(check: UsageCheck, row: UsageRow, occasion: Occasion) -> Mapping[str, Scalar]:  # noqa: ARG001 (days are the row's)
    is_all = row.part == "all" or None
    newest = row.newest
    return {
        "answer": row.problem or GOOD,
        "wholeness": row.cut or GOOD,
        "asks_all": is_all,
        "asks_totals": is_all if check.totals else None,
        "up_to_date": newest >= row.newest_owed if newest and row.newest_owed else None,
    }


def _none(column: str, because: str, otherwise: str, **more: object) -> Rule:
    """Nothing of a sort is there; the column counts it."""
    return Rule(
        ExpectColumnValuesToBeInSet(column=column, value_set=[0]),
        because=because,
        otherwise=otherwise,
        observed=column,
        **more,  # type: ignore[arg-type]
    )


def _some(column: str, because: str, otherwise: str, unmet: Outcome) -> Rule:
    return Rule(
        ExpectColumnValuesToBeBetween(column=column, min_value=1),
        because=because,
        otherwise=otherwise,
        observed=column,
        unmet=unmet,
    )


USAGE: Suite[UsageCheck, UsageRow] = Suite(
    kind="usage",
    columns=_columns,
    guards={
        "answers": Rule(
            is_good("answer"),
            because="the database was asked for the days from {first} to {last}",
            otherwise="the database could not be asked: {answer}",
            observed="answer",
            unmet=Outcome.ERROR,
        ),
        "whole": Rule(
            is_good("wholeness"),
            because="all that it answered was read",
            otherwise="not all that it answered was read: {wholeness}",
            observed="wholeness",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "owed": _some(
            "owed",
            "{owed} snapshots are owed from {first} to {last}",
            "nobody is owed a snapshot from {first} to {last}: nothing can be complete",
            Outcome.MISSING,
        ),
        "present": _some(
            "found", "{found} snapshots are there", "there is no snapshot from {first} to {last}", Outcome.MISSING
        ),
    },
    expectations={
        "fresh": Rule(
            is_true("up_to_date"),
            because="the newest snapshot is of {newest}",
            otherwise="the newest snapshot is of {newest}, and that of {newest_owed} is due",
            observed="up_to_date",
            unmet=Outcome.STALE,
        ),
        "not-from-the-future": _none(
            "ahead",
            "none is of a day that has not come",
            "{ahead} are of days that have not come: {ahead_shown}",
            unmet=Outcome.STALE,
        ),
        "no-gaps": _none(
            "missing", "each of {owed} owed is there", "{missing} of {owed} owed are missing: {missing_shown}"
        ),
        "no-doubles": _none(
            "doubled", "none stands there twice", "{doubled} stand there twice or more: {doubled_shown}"
        ),
        "counted": _none(
            "odd",
            "each counts numbers, none of them negative",
            "{odd} times something is no amount of usage: {odd_shown}",
        ),
        "known": _none(
            "strangers",
            "every tenant with a snapshot is known",
            "{strangers} tenants have snapshots and are owed none: {strangers_shown}",
            asked="asks_all",
            severity=Severity.WARNING,
        ),
        "totalled": _none(
            "untotalled",
            "{totalled} totals are known",
            "{untotalled} totals are not known, so that nothing shows what they should add up to: {untotalled_shown}",
            asked="asks_totals",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "totals": _none(
            "unequal",
            "the snapshots add up to each of {totalled} totals",
            "{unequal} sums are not the total: {unequal_shown}",
            asked="asks_totals",
        ),
    },
)
