"""What is expected of a rollback drill: the old version answered in time, and the new one came back."""

from collections.abc import Mapping

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, is_true
from checks.expectations.drill import ASKED, DECLARED, GUARDS, RETURNED, drill_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.rollback import RollbackCheck, RollbackRow


def _columns(check: RollbackCheck, row: RollbackRow, _: Occasion) -> Mapping[str, Scalar]:
    return {
        **drill_columns(row),
        "meant": check.to or f"another version than {row.version_before}",
        "rolled_back": row.rollback_seconds is not None if row.answers is not None else None,
        "back_limit": check.expect.within.total_seconds() if row.part == "drill" else None,
    }


ROLLBACK: Suite[RollbackCheck, RollbackRow] = Suite(
    kind="rollback",
    columns=_columns,
    guards=GUARDS,
    expectations={
        **DECLARED,
        "back-ended": Rule(
            is_true("back_ended"),
            because="the rollback command came to its end",
            otherwise="the rollback command hangs: {back_cause}",
            observed="back_ended",
            asked=ASKED,
        ),
        "back-succeeded": Rule(
            is_true("back_succeeded"),
            because="the rollback command said that it succeeded",
            otherwise="the rollback command failed: {back_cause}",
            observed="back_succeeded",
            asked=ASKED,
            needs=("back-ended",),
        ),
        "had-effect": Rule(
            is_true("disturbed"),
            because="the system showed that something happened to it",
            otherwise="the rollback command said that it succeeded and did nothing: all {answers} answers after it "
            "were healthy ones from {version_before}, as before",
            observed="disturbed",
            asked=ASKED,
            needs=("back-succeeded",),
        ),
        "rolled-back": Rule(
            is_true("rolled_back"),
            because="healthy answers from {version_during}, where {version_before} had run",
            otherwise="expected healthy answers from {meant}: {rolled_back_cause}",
            observed="rolled_back",
            asked=ASKED,
            needs=("had-effect",),
        ),
        "rollback-time": Rule(
            at_least("back_limit", "rollback_seconds"),
            because="{rollback_seconds} s from the trigger to the first healthy answer of the old version; "
            "expected at most {back_limit} s",
            observed="rollback_seconds",
            expected="back_limit",
            needs=("rolled-back",),
        ),
        "steady-after": Rule(
            is_true("steady_after"),
            because="steady on the old version",
            otherwise="not steady on the old version: {steady_after_cause}",
            observed="steady_after",
            asked=ASKED,
            needs=("rolled-back",),
        ),
        "forward-ended": Rule(
            is_true("forward_ended"),
            because="the command that rolls forward came to its end",
            otherwise="the command that rolls forward hangs: {forward_cause}",
            observed="forward_ended",
            asked=ASKED,
        ),
        "forward-succeeded": Rule(
            is_true("forward_succeeded"),
            because="the command that rolls forward said that it succeeded",
            otherwise="the command that rolls forward failed: {forward_cause}",
            observed="forward_succeeded",
            asked=ASKED,
            needs=("forward-ended",),
        ),
        **RETURNED,
    },
)
