"""What is expected of a restart drill: work in flight is finished, everything is let go of, nothing is done twice."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, equal, is_true
from checks.expectations.drill import ASKED, DECLARED, GUARDS, RETURNED, drill_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.restart import RestartCheck, RestartRow
from checks.outcome import Outcome


def _columns(check: RestartCheck, row: RestartRow, _: Occasion) -> Mapping[str, Scalar]:
    is_drill = row.part == "drill"
    return {
        **drill_columns(row),
        "start_asked": True if is_drill and check.start else None,
        "sessions_asked": True if is_drill and check.sessions else None,
        "writes_asked": True if is_drill and check.writes else None,
        "in_flight_least": check.expect.in_flight if is_drill else None,
        "completed_asked": row.in_flight or None,
        "exit_limit": check.expect.within.total_seconds() if is_drill else None,
        "sessions_readable": row.sessions_before is not None and row.sessions_before > 0,
    }


_NONE = [0]

RESTART: Suite[RestartCheck, RestartRow] = Suite(
    kind="restart",
    columns=_columns,
    guards=GUARDS,
    expectations={
        **DECLARED,
        "in-flight": Rule(
            at_least("in_flight", "in_flight_least"),
            because="{in_flight} requests were in flight when it was asked to end",
            otherwise="{in_flight} requests were in flight when it was asked to end and {in_flight_least} are needed, "
            "so nothing is shown of them",
            observed="in_flight",
            expected="in_flight_least",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "completed": Rule(
            equal("completed", "completed_asked"),
            because="all {completed} requests in flight were answered",
            otherwise="{completed} of {in_flight} requests in flight were answered; the first of the others: "
            "{broken_cause}",
            observed="completed",
            expected="completed_asked",
            needs=("in-flight",),
        ),
        "ended": Rule(
            is_true("stop_ended"),
            because="it ended",
            otherwise="it did not end: {stop_cause}",
            observed="stop_ended",
            asked=ASKED,
        ),
        "asked-to-end": Rule(
            is_true("stop_succeeded"),
            because="it was asked to end and did",
            otherwise="it could not be asked to end: {stop_cause}",
            observed="stop_succeeded",
            asked=ASKED,
            needs=("ended",),
        ),
        "had-effect": Rule(
            is_true("disturbed"),
            because="the service showed that it ended",
            otherwise="the command said that it succeeded, and nothing shows that the service ended: no request was "
            "turned away or broken off, no endpoint was unwell, no session was closed",
            observed="disturbed",
            asked=ASKED,
            unmet=Outcome.INCONCLUSIVE,
            needs=("asked-to-end",),
        ),
        "exit-time": Rule(
            at_least("exit_limit", "exit_seconds"),
            because="it took {exit_seconds} s to end; expected at most {exit_limit} s",
            observed="exit_seconds",
            expected="exit_limit",
            needs=("had-effect",),
        ),
        "drained": Rule(
            is_true("idle_closed"),
            because="it closed a connection on which nothing went on",
            otherwise="{idle_cause}",
            observed="idle_closed",
            asked=ASKED,
            needs=("had-effect",),
        ),
        "sessions-seen": Rule(
            is_true("sessions_readable"),
            because="it had {sessions_before} database sessions before",
            otherwise="none of its database sessions could be seen before, so nothing is shown of them",
            observed="sessions_readable",
            asked="sessions_asked",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "sessions-closed": Rule(
            ExpectColumnValuesToBeInSet(column="sessions_left", value_set=_NONE),
            because="its {sessions_before} database sessions are closed",
            otherwise="{sessions_left} of its {sessions_before} database sessions are still open",
            observed="sessions_left",
            asked="sessions_asked",
            needs=("asked-to-end", "sessions-seen"),
        ),
        "started": Rule(
            is_true("start_succeeded"),
            because="it was started again",
            otherwise="it could not be started again: {start_cause}",
            observed="start_succeeded",
            asked="start_asked",
            needs=("asked-to-end",),
        ),
        "steady-after": Rule(
            is_true("steady_after"),
            because="steady after the restart, at version {version_during}",
            otherwise="not steady after the restart: {steady_after_cause}",
            observed="steady_after",
            asked=ASKED,
            needs=("had-effect",),
        ),
        "repeated": Rule(
            ExpectColumnValuesToBeBetween(column="repeats", min_value=1),
            because="{writes} writes were acknowledged, {repeats} were sent again",
            otherwise="no write was repeated, so nothing is shown of repetitions",
            observed="repeats",
            asked="writes_asked",
            unmet=Outcome.INCONCLUSIVE,
            needs=("asked-to-end",),
        ),
        "not-doubled": Rule(
            ExpectColumnValuesToBeInSet(column="doubled", value_set=_NONE),
            because="no write was done twice",
            otherwise="{doubled} writes were done more than once: {writes_cause}",
            observed="doubled",
            asked="writes_asked",
            needs=("repeated",),
        ),
        "not-lost": Rule(
            ExpectColumnValuesToBeInSet(column="lost", value_set=_NONE),
            because="every acknowledged write is there",
            otherwise="{lost} acknowledged writes are not there: {writes_cause}",
            observed="lost",
            asked="writes_asked",
            needs=("repeated",),
        ),
        **RETURNED,
    },
)
