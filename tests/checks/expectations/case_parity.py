"""Good and bad rows of parity."""

from checks.expectations.parity import PARITY
from checks.kinds.parity import ParityCheck
from checks.outcome import Outcome
from tests.checks.expectations.comparing import ASKED, bad, example
from tests.checks.expectations.judging import SuiteCase

CHECK = ParityCheck.model_validate(ASKED)

CASE = SuiteCase(
    PARITY,
    example(CHECK),
    {**bad(CHECK), "columns": (example(CHECK, overall={"one_sided_columns": "right note"}), Outcome.FAIL)},
)
