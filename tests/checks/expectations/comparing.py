"""Good and bad rows of a comparison, for reconciliation and parity alike."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from checks.evidence.open_items import OpenItem, OpenItems
from checks.kinds.comparison import ComparisonCheck, ComparisonRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example

ASKED: Mapping[str, Any] = {
    "id": "check-0",
    "left": "ledger:public.entries",
    "right": "ledger:public.shadow",
    "totals": [{"by": ["tenant"], "sum": "amount"}],
    "second_look": {"after": "1s"},
    "expect": {"in_flight": 5, "open_for": "1d"},
}
SIDES: Mapping[str, Any] = {"left_place": "ledger:public.entries", "right_place": "ledger:public.shadow"}
OVERALL: Mapping[str, Any] = {
    "subject": "check-0",
    "left": 100,
    "right": 100,
    "matched": 100,
    "missing": 0,
    "extra": 0,
    "changed": 0,
    "duplicate_left": 0,
    "duplicate_right": 0,
    "null_keys_left": 0,
    "null_keys_right": 0,
    "in_flight": 0,
    "open_items": "[]",
    "key": "id",
    "compared_columns": 3,
    "groups_compared": 2,
    "groups_out": 0,
}
GROUP: Mapping[str, Any] = {
    "subject": "group tenant=acme amount",
    "group": "tenant=acme",
    "measure": "amount",
    "total_left": "10.00",
    "total_right": "10.00",
    "total_difference": "0",
    "total_tolerance": "0",
    "total_within": True,
}


def followed(*rows: int, hours: float) -> OpenItems:
    """Rows by their id that the slots before have shown to be missing for so long."""
    since = NOW - timedelta(hours=hours)
    items = tuple(OpenItem(kind="missing", key={"id": row}, first_seen=since, last_seen=since) for row in rows)
    return OpenItems(since=since, as_of=since, open_rows=len(items), items=items)


def example(check: ComparisonCheck, *, overall: Mapping[str, Any] | None = None, **group: Any) -> Example:
    """An overall row and the row of a group, with some of their fields otherwise."""
    rows = ({**OVERALL, **(overall or {})}, {**GROUP, **group})
    return Example(check, tuple(ComparisonRow.model_validate({**SIDES, **row}) for row in rows))


def bad(check: ComparisonCheck) -> dict[str, tuple[Example, Outcome]]:
    """For each rule that both kinds share, rows that do not meet it."""
    unread = {"subject": "check-0", "problem": "ledger does not answer", "problem_kind": "Side"}
    silent = ComparisonRow.model_validate({**SIDES, **unread})
    overall: dict[str, dict[str, Any]] = {
        "compared": {"left": 0, "right": 0, "matched": 0},
        "counts-left": {"matched": 99, "extra": 1},
        "counts-right": {"matched": 99, "missing": 1},
        "unique": {"duplicate_right": 1},
        "sufficient": {"matched": 99, "missing": 1, "extra": 1, "null_keys_left": 1, "null_keys_right": 1},
        "missing": {"matched": 99, "missing": 1, "right": 99},
        "extra": {"extra": 1, "right": 101},
        "changed": {"changed": 1, "changed_columns": "amount in 1"},
        "in-flight": {"in_flight": 6},
        "totals": {"groups_out": 1},
        "followed": {"matched": 98, "missing": 2, "right": 98, "open_items": json.dumps(['{"id": 1}'])},
    }
    special = {"compared": Outcome.INCONCLUSIVE, "counts-left": Outcome.ERROR, "counts-right": Outcome.ERROR}
    special |= {"followed": Outcome.INCONCLUSIVE}
    found = {name: (example(check, overall=row), special.get(name, Outcome.FAIL)) for name, row in overall.items()}
    apart = example(check, total_within=False, total_difference="0.01", total_right="10.01")
    missing = {"matched": 99, "missing": 1, "right": 99, "open_items": json.dumps(['{"id": 1}'])}
    found["open-for"] = (replace(example(check, overall=missing), open_items=followed(1, hours=24.1)), Outcome.FAIL)
    return {**found, "read": (Example(check, (silent,)), Outcome.ERROR), "total": (apart, Outcome.FAIL)}
