"""Good and bad rows of reconciliation."""

from checks.expectations.reconciliation import RECONCILIATION
from checks.kinds.reconciliation import ReconciliationCheck
from tests.checks.expectations.comparing import ASKED, bad, example
from tests.checks.expectations.judging import SuiteCase

CHECK = ReconciliationCheck.model_validate(ASKED)

CASE = SuiteCase(RECONCILIATION, example(CHECK), bad(CHECK))
