"""What is expected of a chaos experiment: its hypothesis held, and everything that it declares was really done."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, equal, is_true
from checks.expectations.drill import ASKED, DECLARED, GUARDS, RETURNED, drill_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.chaos import ChaosCheck, ChaosRow
from checks.outcome import Outcome


def _columns(check: ChaosCheck, row: ChaosRow, _: Occasion) -> Mapping[str, Scalar]:
    limit = check.expect.within.total_seconds() if check.expect.within and row.part == "drill" else None
    return {
        **drill_columns(row),
        "journal_good": row.journal_cause is None,
        "went_well": row.status == "completed" and row.deviated is False if row.status else None,
        "before_met": row.hypothesis_before is True,
        "after_met": row.hypothesis_after is True,
        "version_seen": row.version_during is not None,
        "limit": limit,
    }


CHAOS: Suite[ChaosCheck, ChaosRow] = Suite(
    kind="chaos",
    columns=_columns,
    guards={
        **GUARDS,
        "journal": Rule(
            is_true("journal_good"),
            because="Chaos Toolkit wrote its journal",
            otherwise="Chaos Toolkit left no journal to judge: {journal_cause}",
            observed="journal_good",
            asked=ASKED,
            unmet=Outcome.ERROR,
        ),
    },
    expectations={
        **DECLARED,
        "completed": Rule(
            is_true("went_well"),
            because="the journal says that it completed and did not deviate",
            otherwise="the journal says {status}, deviated: {deviated}",
            observed="went_well",
            asked=ASKED,
        ),
        "hypothesis-before": Rule(
            is_true("before_met"),
            because="its hypothesis was measured before the method, and met",
            otherwise="its hypothesis before the method: {hypothesis_before_cause}",
            observed="before_met",
            asked=ASKED,
        ),
        "method-declared": Rule(
            ExpectColumnValuesToBeBetween(column="activities_declared", min_value=1),
            because="its method has {activities_declared} activities",
            otherwise="its method is empty, so nothing was tried",
            observed="activities_declared",
            asked=ASKED,
        ),
        "method": Rule(
            equal("activities_done", "activities_declared"),
            because="all {activities_declared} activities of its method were done",
            otherwise="{activities_done} of {activities_declared} activities of its method were done: "
            "{activities_cause}",
            observed="activities_done",
            expected="activities_declared",
        ),
        "hypothesis-after": Rule(
            is_true("after_met"),
            because="its hypothesis was measured after the method, and met",
            otherwise="its hypothesis after the method: {hypothesis_after_cause}",
            observed="after_met",
            asked=ASKED,
        ),
        "rollbacks": Rule(
            equal("rollbacks_done", "rollbacks_declared"),
            because="all {rollbacks_declared} declared rollbacks were done",
            otherwise="{rollbacks_done} of {rollbacks_declared} declared rollbacks were done: {rollbacks_cause}",
            observed="rollbacks_done",
            expected="rollbacks_declared",
        ),
        "version-during": Rule(
            is_true("version_seen"),
            because="meanwhile {version_during} was running",
            otherwise="meanwhile nothing said which version was running",
            observed="version_seen",
            asked=ASKED,
        ),
        "method-time": Rule(
            at_least("limit", "experiment_seconds"),
            because="the experiment took {experiment_seconds} s; expected at most {limit} s",
            observed="experiment_seconds",
            expected="limit",
        ),
        "steady-after": Rule(
            is_true("steady_after"),
            because="steady after the experiment",
            otherwise="not steady after the experiment: {steady_after_cause}",
            observed="steady_after",
            asked=ASKED,
        ),
        **RETURNED,
    },
)
