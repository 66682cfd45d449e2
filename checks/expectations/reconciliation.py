"""What is expected of two ledgers: the same keys, the same values, the same totals."""

from checks.expectations.comparison import CONTROLS, DIFFERENCES, GUARDS, comparison_columns
from checks.expectations.suite import Suite
from checks.kinds.comparison import ComparisonRow
from checks.kinds.reconciliation import ReconciliationCheck

RECONCILIATION: Suite[ReconciliationCheck, ComparisonRow] = Suite(
    kind="reconciliation", columns=comparison_columns, guards=GUARDS, expectations={**DIFFERENCES, **CONTROLS}
)
