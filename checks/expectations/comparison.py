"""What is expected of two data sets that were compared: the rules that reconciliation and parity share."""

import json
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from great_expectations.expectations import (
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToBeNull,
)

from checks.evidence.open_items import oldest
from checks.evidence.records import Scalar
from checks.expectations.conditions import at_most, equal, is_true
from checks.expectations.suite import Occasion, Rule
from checks.kinds.comparison import WHOLE_ROW, Allowance, ComparisonCheck, ComparisonRow
from checks.outcome import Outcome


def comparison_columns(check: ComparisonCheck, row: ComparisonRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """The limits of a check beside a row of it; the row of a group or of a control total is asked for that alone."""
    if row.group is not None:
        return {"total_asked": True}
    if row.control is not None:
        return {"control_asked": True}
    counted = row.problem is None
    return {
        "overall_asked": True,
        "read": row.problem or "read",
        "rows_seen": row.left + row.right if row.left is not None and row.right is not None else None,
        "left_accounted": row.matched + row.missing if row.matched is not None and row.missing is not None else None,
        "right_accounted": row.matched + row.extra if row.matched is not None and row.extra is not None else None,
        "totals_asked": True if check.totals else None,
        **(_counts(row) if counted else {}),
        **_limits(check, row, occasion.now),
        **_ages(check, row, occasion),
    }


def _ages(check: ComparisonCheck, row: ComparisonRow, occasion: Occasion) -> dict[str, Scalar]:
    """How long rows that differ have been known to do so, where the check asks; of rows not shown nobody knows."""
    if check.expect.open_for is None or row.open_items is None:
        return {}
    shown = json.loads(row.open_items)
    open_rows = (row.missing or 0) + (row.extra or 0) + (row.changed or 0)
    return {
        "open_rows": open_rows,
        "not_followed": max(0, open_rows - len(shown)),
        "open_seconds": oldest(occasion.open_items.get(check.id), shown, occasion.now).total_seconds(),
        "open_limit": check.expect.open_for.total_seconds(),
    }


def _counts(row: ComparisonRow) -> dict[str, Scalar]:
    """Rows without a key are counted apart: whether they are missing cannot be said."""
    null_left, null_right = row.null_keys_left or 0, row.null_keys_right or 0
    return {
        "missing_keyed": (row.missing or 0) - null_left,
        "extra_keyed": (row.extra or 0) - null_right,
        "insufficient": null_left + null_right,
        "duplicates": (row.duplicate_left or 0) + (row.duplicate_right or 0),
        "changed_of_compared": row.changed if row.compared_columns else None,
    }


def _limits(check: ComparisonCheck, row: ComparisonRow, now: datetime) -> dict[str, Scalar]:
    expect, larger = check.expect, max(row.left or 0, row.right or 0)
    known = dict.fromkeys(("missing", "extra", "changed", "insufficient", "duplicates"), 0)
    for difference in expect.known:
        known[difference.what] += difference.rows if now < difference.until else 0
    asks_columns = check.columns or row.compared_columns != 0
    return {
        "missing_limit": allowed(expect.missing, larger) + known["missing"],
        "extra_limit": allowed(expect.extra, larger) + known["extra"],
        "changed_limit": allowed(expect.changed, larger) + known["changed"] if asks_columns else None,
        "insufficient_limit": allowed(expect.insufficient, larger) + known["insufficient"],
        "duplicates_limit": None
        if check.key == WHOLE_ROW or row.key_from == "group"
        else allowed(expect.duplicates, larger) + known["duplicates"],
        "in_flight_limit": allowed(expect.in_flight, larger) if expect.in_flight is not None else None,
    }


def allowed(allowance: Allowance, rows: int) -> int:
    """How many rows an allowance comes to; a share is rounded down."""
    if isinstance(allowance, int):
        return allowance
    return int(Fraction(allowance.removesuffix("%")) / 100 * rows)


GUARDS: Mapping[str, Rule] = {
    "read": Rule(
        ExpectColumnValuesToBeNull(column="problem"),
        because="{left_place} and {right_place} were read",
        otherwise="nothing was compared: {problem}",
        observed="read",
        asked="overall_asked",
        unmet=Outcome.ERROR,
    ),
    "compared": Rule(
        ExpectColumnValuesToBeBetween(column="rows_seen", min_value=1),
        because="{left} rows were compared with {right}, by {key}",
        otherwise="both sides are empty, so nothing was compared",
        observed="rows_seen",
        asked="overall_asked",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "counts-left": Rule(
        equal("left", "left_accounted"),
        because="every row of {left_place} is accounted for: {matched} matched and {missing} missing",
        otherwise="the counts contradict each other: {matched} matched and {missing} missing of {left} rows",
        observed="left",
        expected="left_accounted",
        asked="overall_asked",
        unmet=Outcome.ERROR,
    ),
    "counts-right": Rule(
        equal("right", "right_accounted"),
        because="every row of {right_place} is accounted for: {matched} matched and {extra} extra",
        otherwise="the counts contradict each other: {matched} matched and {extra} extra of {right} rows",
        observed="right",
        expected="right_accounted",
        asked="overall_asked",
        unmet=Outcome.ERROR,
    ),
}

DIFFERENCES: Mapping[str, Rule] = {
    "unique": Rule(
        at_most("duplicates", "duplicates_limit"),
        because="keys repeat in {duplicates} rows ({duplicate_left} left, {duplicate_right} right); "
        "at most {duplicates_limit} expected",
        observed="duplicates",
        expected="duplicates_limit",
    ),
    "sufficient": Rule(
        at_most("insufficient", "insufficient_limit"),
        because="{insufficient} rows have no key; at most {insufficient_limit} expected",
        observed="insufficient",
        expected="insufficient_limit",
    ),
    "missing": Rule(
        at_most("missing_keyed", "missing_limit"),
        because="{missing_keyed} rows of {left_place} are not in {right_place}; at most {missing_limit} expected",
        observed="missing_keyed",
        expected="missing_limit",
    ),
    "extra": Rule(
        at_most("extra_keyed", "extra_limit"),
        because="{extra_keyed} rows of {right_place} are not in {left_place}; at most {extra_limit} expected",
        observed="extra_keyed",
        expected="extra_limit",
    ),
    "changed": Rule(
        at_most("changed_of_compared", "changed_limit"),
        because="{changed} of {matched} matched rows differ; at most {changed_limit} expected",
        otherwise="{changed} of {matched} matched rows differ ({changed_columns}); at most {changed_limit} expected",
        observed="changed_of_compared",
        expected="changed_limit",
        needs=("unique",),
    ),
    "in-flight": Rule(
        at_most("in_flight", "in_flight_limit"),
        because="{in_flight} rows agreed only at the second look; at most {in_flight_limit} expected",
        observed="in_flight",
        expected="in_flight_limit",
    ),
    "followed": Rule(
        ExpectColumnValuesToBeInSet(column="not_followed", value_set=[0]),
        because="all {open_rows} rows that differ are followed from slot to slot",
        otherwise="{not_followed} of {open_rows} rows that differ are not shown, so for how long nobody knows",
        observed="not_followed",
        asked="open_limit",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "open-for": Rule(
        at_most("open_seconds", "open_limit"),
        because="of {open_rows} rows that differ none is known to have done so for longer than {open_seconds} s; "
        "at most {open_limit} s expected",
        otherwise="of {open_rows} rows that differ one has done so for {open_seconds} s; "
        "at most {open_limit} s expected",
        observed="open_seconds",
        expected="open_limit",
    ),
    "totals": Rule(
        ExpectColumnValuesToBeInSet(column="groups_out", value_set=[0]),
        because="the totals of all {groups_compared} groups agree",
        otherwise="the totals of {groups_out} of {groups_compared} groups do not agree",
        observed="groups_out",
        asked="totals_asked",
    ),
    "total": Rule(
        ExpectColumnValuesToBeInSet(column="total_within", value_set=[True]),
        because="{measure}: {total_left} left, {total_right} right, {total_difference} apart; "
        "at most {total_tolerance} expected",
        observed="total_difference",
        expected="total_tolerance",
        asked="total_asked",
    ),
}

CONTROLS: Mapping[str, Rule] = {
    "adds-up": Rule(
        is_true("control_adds_up"),
        because="the classes of rows add up to both totals of {control}: {control_classes}",
        otherwise="the classes of rows do not add up to {control_left} left and {control_right} right of {control}: "
        "{control_classes}",
        observed="control_adds_up",
        asked="control_asked",
        unmet=Outcome.ERROR,
    ),
    "control-total": Rule(
        is_true("control_within"),
        because="{control}: {control_left} left, {control_right} right, {control_difference} apart; "
        "at most {control_tolerance} expected",
        observed="control_difference",
        expected="control_tolerance",
        asked="control_asked",
        needs=("adds-up",),
    ),
}
"""What only ledgers are asked for."""
