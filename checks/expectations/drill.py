"""What is expected of every drill: it was a real one, from the steady state and back to it, with a way to break off."""

from great_expectations.expectations import ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import equal, is_true
from checks.expectations.suite import Rule
from checks.kinds.drill import DrillRow
from checks.outcome import Outcome, Severity

ASKED = "drill_asked"
"""The column that is null on the rows of spans, of which nothing is asked."""


def drill_columns(row: DrillRow) -> dict[str, Scalar]:
    """What the rules below read beside the row itself."""
    is_drill = row.part == "drill"
    return {
        ASKED: True if is_drill else None,
        "is_real": not row.dry_run if row.dry_run is not None else None,
        "could_ask": row.observer_cause is None,
        "cleaned": row.leftovers_cause is None,
        "leftovers_none": row.leftovers is None,
        "kept_on": row.aborted is None,
        "undisturbed": row.interrupted is None,
        "recorded": f"{row.environment}, by {row.executor}" if row.environment and row.executor else None,
        "returned": _returned(row),
    }


def _returned(row: DrillRow) -> str | None:
    """The version after the drill, which stands for no answer too: not to know it is not to have come back."""
    if row.version_before is None:
        return None
    return row.version_after or "nothing that says its version"


GUARDS: dict[str, Rule] = {
    "real": Rule(
        is_true("is_real"),
        because="the drill was carried out",
        otherwise="it was a dry run: nothing was done, so nothing is proved",
        observed="is_real",
        asked=ASKED,
    ),
    "could-ask": Rule(
        is_true("could_ask"),
        because="the observer could always ask",
        otherwise="the observer could not always ask, so nobody knows what the system was like: {observer_cause}",
        observed="could_ask",
        asked=ASKED,
        unmet=Outcome.ERROR,
    ),
    "cleaned-up": Rule(
        is_true("cleaned"),
        because="nothing of an earlier drill is left to undo",
        otherwise="{leftovers}, and that cannot be undone: {leftovers_cause}",
        observed="cleaned",
        asked=ASKED,
    ),
    "steady-before": Rule(
        is_true("steady_before"),
        because="steady before the drill, at version {version_before}",
        otherwise="the drill did not start: {steady_before_cause}",
        observed="steady_before",
        asked=ASKED,
    ),
}
"""Where one of these is not met nothing was tried, so nothing can be said of what would have come."""

DECLARED: dict[str, Rule] = {
    "leftovers": Rule(
        is_true("leftovers_none"),
        because="no earlier drill had left anything",
        otherwise="{leftovers}; all of it is undone",
        observed="leftovers_none",
        asked=ASKED,
        severity=Severity.WARNING,
    ),
    "abort-declared": Rule(
        ExpectColumnValuesToNotBeNull(column="abort_condition"),
        because="it would have broken off after {abort_condition}",
        otherwise="no condition was declared under which the drill breaks off",
        observed="abort_condition",
        asked=ASKED,
    ),
    "recorded": Rule(
        ExpectColumnValuesToNotBeNull(column="recorded"),
        because="in {recorded}",
        otherwise="the environment and who carried the drill out are not both on record",
        observed="recorded",
        asked=ASKED,
    ),
    "not-interrupted": Rule(
        is_true("undisturbed"),
        because="nobody interrupted it",
        otherwise="it was interrupted by {interrupted} and undid itself",
        observed="undisturbed",
        asked=ASKED,
    ),
    "not-aborted": Rule(
        is_true("kept_on"),
        because="its abort condition did not fire",
        otherwise="it broke off and undid itself: {aborted}",
        observed="kept_on",
        asked=ASKED,
    ),
    "all-steps": Rule(
        equal("steps_run", "steps_declared"),
        because="all {steps_declared} declared steps were run",
        otherwise="{steps_run} of {steps_declared} declared steps were run",
        observed="steps_run",
        expected="steps_declared",
    ),
}

RETURNED: dict[str, Rule] = {
    "version-restored": Rule(
        equal("returned", "version_before"),
        because="it runs {version_after} again",
        otherwise="before the drill it ran {version_before}, now it runs {returned}",
        observed="returned",
        expected="version_before",
    ),
    "steady-restored": Rule(
        is_true("steady_restored"),
        because="steady again once everything was undone",
        otherwise="not steady after everything was undone: {steady_restored_cause}",
        observed="steady_restored",
        asked=ASKED,
    ),
}
