"""Good and bad rows of chaos experiments."""

from checks.expectations.chaos import CHAOS
from checks.kinds.chaos import ChaosCheck, ChaosRow
from checks.outcome import Outcome
from tests.checks.expectations.case_rollback import DRILL, common
from tests.checks.expectations.judging import Example, SuiteCase, changed

CHECK = ChaosCheck.model_validate(
    {
        "id": "check-0",
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "experiment": "files:experiments/restart.json",
        "chaos": "chaos",
        "expect": {"within": "1m"},
    }
)
ROW = ChaosRow.model_validate(
    {
        **DRILL,
        "subject": "check-0",
        "version_during": "v2",
        "status": "completed",
        "deviated": False,
        "hypothesis_before": True,
        "hypothesis_after": True,
        "activities_declared": 2,
        "activities_done": 2,
        "rollbacks_declared": 1,
        "rollbacks_done": 1,
        "experiment_seconds": 60.0,
    }
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    CHAOS,
    GOOD,
    {
        **common(GOOD),
        "journal": (changed(GOOD, journal_cause="none was written"), Outcome.ERROR),
        "completed": (changed(GOOD, status="aborted"), Outcome.FAIL),
        "hypothesis-before": (
            changed(GOOD, hypothesis_before=None, hypothesis_before_cause="it was not measured"),
            Outcome.FAIL,
        ),
        "method-declared": (changed(GOOD, activities_declared=0, activities_done=0), Outcome.FAIL),
        "method": (changed(GOOD, activities_done=1, activities_cause="stop: exit code 1"), Outcome.FAIL),
        "hypothesis-after": (
            changed(GOOD, hypothesis_after=False, hypothesis_after_cause="it was not met: alive"),
            Outcome.FAIL,
        ),
        "rollbacks": (changed(GOOD, rollbacks_done=0, rollbacks_cause="start: never run"), Outcome.FAIL),
        "version-during": (changed(GOOD, version_during=None), Outcome.FAIL),
        "method-time": (changed(GOOD, experiment_seconds=60.1), Outcome.FAIL),
        "steady-after": (changed(GOOD, steady_after=False, steady_after_cause="HTTP 503"), Outcome.FAIL),
    },
)
