"""Puts what a catalogue asks of two data sets into the comparison engine's words."""

from checks.kinds.comparison import ColumnRules, ComparisonCheck, Tolerance, Total
from tasks import comparison
from tasks.comparison import Comparison, GroupTotal, Kind, Location, Mapped, Samples, Whitespace


def comparison_of(check: ComparisonCheck, left: Location, right: Location, seconds: float) -> Comparison:
    """The engine's request for a check; `seconds` bounds each query on a server."""
    look = check.second_look
    return Comparison(
        left,
        right,
        key=check.key,
        columns=check.columns,
        ignore=check.ignore,
        mapped=tuple(Mapped(name, column.left, column.right) for name, column in check.map.items()),
        rules={name: _rule(rules) for name, rules in check.rules.items()},
        groups=tuple(_total(total) for total in check.totals),
        samples=Samples(check.samples.each, check.samples.redact),
        second_look=comparison.SecondLook(look.after, look.rows) if look else None,
        exact=check.exact,
        exact_columns=check.exact_columns,
        seconds=seconds,
    )


def _rule(rules: ColumnRules) -> comparison.ColumnRule:
    return comparison.ColumnRule(
        tolerance=_tolerance(rules.tolerance) if rules.tolerance else None,
        kind=Kind(rules.read_as) if rules.read_as else None,
        round_to=rules.round_to,
        second_digits=rules.second_digits,
        ignore_case=rules.ignore_case,
        whitespace=Whitespace(rules.whitespace),
        null_equals_empty=rules.null_equals_empty,
        zone_utc=rules.zone_utc,
    )


def _tolerance(tolerance: Tolerance) -> comparison.Tolerance:
    return comparison.Tolerance(tolerance.absolute, tolerance.relative, tolerance.time)


def _total(total: Total) -> GroupTotal:
    return GroupTotal(total.by, total.sum, _tolerance(total.tolerance), cap=1_000)
