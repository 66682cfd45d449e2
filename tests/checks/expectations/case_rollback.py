"""Good and bad rows of rollback drills."""

from checks.expectations.rollback import ROLLBACK
from checks.kinds.rollback import RollbackCheck, RollbackRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

DRILL = {
    "environment": "staging",
    "executor": "ops@host, process 7",
    "declared_at": NOW,
    "dry_run": False,
    "abort_condition": "30 s without a healthy answer, or 300 s in all",
    "steps_declared": 2,
    "steps_run": 2,
    "steady_before": True,
    "steady_after": True,
    "steady_restored": True,
    "version_before": "v2",
    "version_during": "v1",
    "version_after": "v2",
}
CHECK = RollbackCheck.model_validate(
    {
        "id": "check-0",
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "back": {"run": "deployer", "arguments": ["v1"]},
        "forward": {"run": "deployer", "arguments": ["v2"]},
    }
)
ROW = RollbackRow.model_validate(
    {
        **DRILL,
        "subject": "check-0",
        "back_ended": True,
        "back_succeeded": True,
        "forward_ended": True,
        "forward_succeeded": True,
        "disturbed": True,
        "answers": 12,
        "rollback_seconds": 60.0,
        "forward_seconds": 4.5,
    }
)
GOOD = Example(CHECK, (ROW,))


def common(good: Example) -> dict[str, tuple[Example, Outcome]]:
    """Bad rows for the rules that every drill has."""
    left = changed(good, leftovers="the run of 2026-11-15T00:41:00Z was killed")
    return {
        "real": (changed(good, dry_run=True), Outcome.FAIL),
        "could-ask": (changed(good, observer_cause="no port"), Outcome.ERROR),
        "cleaned-up": (changed(left, leftovers_cause="exit code 1"), Outcome.FAIL),
        "steady-before": (changed(good, steady_before=False, steady_before_cause="HTTP 503"), Outcome.FAIL),
        "leftovers": (left, Outcome.WARN),
        "abort-declared": (changed(good, abort_condition=None), Outcome.FAIL),
        "recorded": (changed(good, executor=None), Outcome.FAIL),
        "not-interrupted": (changed(good, interrupted="SIGTERM"), Outcome.FAIL),
        "not-aborted": (changed(good, aborted="no healthy answer for 30 s"), Outcome.FAIL),
        "all-steps": (changed(good, steps_run=1), Outcome.FAIL),
        "version-restored": (changed(good, version_after="v1"), Outcome.FAIL),
        "steady-restored": (changed(good, steady_restored=False, steady_restored_cause="HTTP 503"), Outcome.FAIL),
    }


CASE = SuiteCase(
    ROLLBACK,
    GOOD,
    {
        **common(GOOD),
        "back-ended": (changed(GOOD, back_ended=False, back_cause="it was stopped after 60 s"), Outcome.FAIL),
        "back-succeeded": (changed(GOOD, back_succeeded=False, back_cause="exit code 1"), Outcome.FAIL),
        "had-effect": (changed(GOOD, disturbed=False), Outcome.FAIL),
        "rolled-back": (
            changed(GOOD, rollback_seconds=None, version_during=None, rolled_back_cause="12 answers came from v2"),
            Outcome.FAIL,
        ),
        "rollback-time": (changed(GOOD, rollback_seconds=60.1), Outcome.FAIL),
        "steady-after": (changed(GOOD, steady_after=False, steady_after_cause="HTTP 503"), Outcome.FAIL),
        "forward-ended": (changed(GOOD, forward_ended=False, forward_cause="it was stopped"), Outcome.FAIL),
        "forward-succeeded": (changed(GOOD, forward_succeeded=False, forward_cause="exit code 1"), Outcome.FAIL),
    },
)
