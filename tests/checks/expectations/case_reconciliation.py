"""Good and bad rows of reconciliation."""

from dataclasses import replace
from typing import Any

from checks.expectations.reconciliation import RECONCILIATION
from checks.kinds.comparison import ComparisonRow
from checks.kinds.reconciliation import ReconciliationCheck
from checks.outcome import Outcome
from tests.checks.expectations.comparing import ASKED, SIDES, bad, example
from tests.checks.expectations.judging import Example, SuiteCase

CHECK = ReconciliationCheck.model_validate({**ASKED, "control": "amount"})
CONTROL: dict[str, Any] = {
    "subject": "control amount",
    "control": "amount",
    "control_left": "10.00",
    "control_right": "10.00",
    "control_difference": "0",
    "control_tolerance": "0",
    "control_classes": "equal 10.00 left and 10.00 right",
    "control_adds_up": True,
    "control_within": True,
}


def controlled(**fields: Any) -> Example:
    """The good example with a control total beside it, some of whose fields are otherwise."""
    good = example(CHECK)
    row = ComparisonRow.model_validate({**SIDES, **CONTROL, **fields})
    return replace(good, rows=(*good.rows, row))


CASE = SuiteCase(
    RECONCILIATION,
    controlled(),
    {
        **bad(CHECK),
        "adds-up": (controlled(control_adds_up=False), Outcome.ERROR),
        "control-total": (controlled(control_within=False, control_difference="0.01"), Outcome.FAIL),
    },
)
