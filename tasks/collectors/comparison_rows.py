"""Reads a comparison's rows from the JSON that was captured: one over everything, one for each group that differs."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from checks.evidence.open_items import shown_items
from checks.evidence.values import value_words
from checks.kinds.comparison import ComparisonCheck, ComparisonRow, Tolerance, Total
from checks.kinds.reconciliation import ControlTotal, ReconciliationCheck
from tasks.comparison.control_sums import CLASSES

PROBLEM = "problem.json"
_COUNTS = ("left", "right", "matched", "missing", "extra", "changed", "duplicate_left", "duplicate_right", "in_flight")
_LONGEST_SUBJECT = 160
_NAMED_COLUMNS = 8


def comparison_rows(check: ComparisonCheck, told: Mapping[str, Any], *, problem: bool) -> tuple[ComparisonRow, ...]:
    """The rows of one comparison; `told` is its result, or why there was none."""
    if problem:
        return (_row(check, check.id, problem=told["problem"], problem_kind=told["kind"]),)
    differing = [group for group in told["groups"] if Decimal(group["difference"]) != 0]
    return (_overall(check, told), *_groups(check, differing), *_controls(check, told["controls"]))


def _row(check: ComparisonCheck, subject: str, **columns: Any) -> ComparisonRow:
    return ComparisonRow(
        subject=subject, left_place=str(check.left.place), right_place=str(check.right.place), **columns
    )


def _overall(check: ComparisonCheck, told: Mapping[str, Any]) -> ComparisonRow:
    coverage, bits = told["coverage"], told["bits"]
    one_sided = [f"left {name}" for name in coverage["left_only"]] + [f"right {n}" for n in coverage["right_only"]]
    return _row(
        check,
        check.id,
        **{name: told["rows"][name] for name in _COUNTS},
        changed_columns=_changed_columns(told["columns"]),
        null_keys_left=coverage["null_keys_left"],
        null_keys_right=coverage["null_keys_right"],
        lines_left=coverage["lines_left"] or None,
        lines_right=coverage["lines_right"] or None,
        open_items=_open_items(check, told),
        key=", ".join(coverage["key"]),
        key_from=coverage["key_from"],
        compared_columns=len(coverage["columns"]),
        one_sided_columns=", ".join(one_sided) or None,
        groups_compared=_groups_compared(coverage),
        groups_out=sum(not group["within"] for group in told["groups"]),
        chance=bits["chance"],
        bits=bits["bits"],
        way=told["plan"]["way"],
    )


def _groups_compared(coverage: Mapping[str, Any]) -> int:
    """Groups that either side has; a capture of before they were counted tells those of the larger side."""
    return int(coverage.get("groups", max(coverage["groups_left"], coverage["groups_right"])))


def _open_items(check: ComparisonCheck, told: Mapping[str, Any]) -> str | None:
    return None if check.expect.open_for is None else json.dumps(sorted(shown_items(told)))


def _changed_columns(columns: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The columns that changed, the most often changed first; `about` where the engine estimated."""
    changed = sorted(((one["changed"], name) for name, one in columns.items() if one["changed"]), reverse=True)
    named = [f"{name} in {'' if columns[name]['exact'] else 'about '}{count}" for count, name in changed]
    more = len(named) - _NAMED_COLUMNS
    return ", ".join(named[:_NAMED_COLUMNS]) + (f" and {more} more columns" if more > 0 else "") or None


def _groups(check: ComparisonCheck, groups: list[Mapping[str, Any]]) -> list[ComparisonRow]:
    """A row for each group that differs, the widest first, as many of each total as the check shows."""
    rows = []
    for total in check.totals:
        own = [group for group in groups if _is_of(group, total)]
        rows += [_group(check, total, group) for group in own[: total.shown]]
    return rows


def _is_of(group: Mapping[str, Any], total: Total) -> bool:
    return set(group["group"]) == set(total.by) and group["measure"] == (total.sum or "rows")


def _group(check: ComparisonCheck, total: Total, group: Mapping[str, Any]) -> ComparisonRow:
    named = " ".join(f"{column}={value_words(group['group'][column])}" for column in total.by) or "of all rows"
    return _row(
        check,
        _subject(f"group {named} {group['measure']}"),
        group=named,
        measure=group["measure"],
        total_left=group["left"],
        total_right=group["right"],
        total_difference=group["difference"],
        total_tolerance=_bounds(total.tolerance),
        total_within=group["within"],
    )


def _subject(name: str) -> str:
    """A subject of bearable length; names that are cut stay different."""
    if len(name) <= _LONGEST_SUBJECT:
        return name
    return f"{name[: _LONGEST_SUBJECT - 10]}…{sha256(name.encode()).hexdigest()[:8]}"


def _bounds(bounds: Tolerance) -> str:
    told = [str(bounds.absolute)] if bounds.absolute is not None else []
    return " or ".join([*told, *([f"{bounds.relative} of the larger"] if bounds.relative is not None else [])]) or "0"


def _controls(check: ComparisonCheck, controls: Sequence[Mapping[str, Any]]) -> list[ComparisonRow]:
    """A row for each control total, whether it agrees or not."""
    asked = check.control if isinstance(check, ReconciliationCheck) else ()
    return [_control(check, total, found) for total, found in zip(asked, controls, strict=True)]


def _control(check: ComparisonCheck, total: ControlTotal, found: Mapping[str, Any]) -> ComparisonRow:
    return _row(
        check,
        _subject(f"control {total.sum}"),
        control=total.sum,
        control_left=found["left"],
        control_right=found["right"],
        control_difference=found["difference"],
        control_tolerance=_bounds(total.tolerance),
        control_classes=", ".join(_class(name, found["classes"][name]) for name in CLASSES),
        control_adds_up=found["adds_up"],
        control_within=found["within"],
    )


def _class(name: str, sums: Mapping[str, str | None]) -> str:
    told = [f"{sums[side]} {side}" for side in ("left", "right") if sums[side] is not None]
    return f"{name} {' and '.join(told)}"
