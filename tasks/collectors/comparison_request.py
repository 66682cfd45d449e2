"""Puts what a catalogue asks of two data sets into the comparison engine's words."""

from dataclasses import replace

from checks.kinds import reconciliation
from checks.kinds.comparison import ColumnRules, ComparisonCheck, Tolerance, Total
from checks.kinds.reconciliation import ReconciliationCheck
from tasks import comparison
from tasks.comparison import (
    ColumnRule,
    Comparison,
    ControlTotal,
    GroupTotal,
    Items,
    Kind,
    Location,
    Mapped,
    OneToMany,
    Samples,
    Sides,
    Whitespace,
)


def comparison_of(check: ComparisonCheck, left: Location, right: Location, seconds: float) -> Comparison:
    """The engine's request for a check; `seconds` bounds each query on a server."""
    look = check.second_look
    request = Comparison(
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
    return _reconciled(request, check) if isinstance(check, ReconciliationCheck) else request


def _reconciled(request: Comparison, check: ReconciliationCheck) -> Comparison:
    """The request with what only ledgers have."""
    controls = tuple(ControlTotal(one.sum, _tolerance(one.tolerance)) for one in check.control)
    match check.match:
        case reconciliation.OneToMany(many=many, sum=amount):
            return replace(request, controls=controls, matching=OneToMany(Sides(many), amount))
        case reconciliation.Items() as items:
            rules = {**request.rules, **_near(request, items)}
            return replace(
                request, key=items.by, rules=rules, controls=controls, matching=Items(items.amount, items.time)
            )
    return replace(request, controls=controls)


def _near(request: Comparison, items: reconciliation.Items) -> dict[str, ColumnRule]:
    """How far amounts and times of items may be apart, as the rules of those columns."""
    near: dict[str, ColumnRule] = {}
    if items.within is not None:
        rule = request.rules.get(items.amount, ColumnRule())
        near[items.amount] = replace(rule, tolerance=_tolerance(items.within))
    if items.time is not None and items.window is not None:
        rule = request.rules.get(items.time, ColumnRule())
        near[items.time] = replace(rule, tolerance=comparison.Tolerance(time=items.window))
    return near


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
