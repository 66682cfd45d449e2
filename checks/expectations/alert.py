"""What is expected of an alert drill: accepted and delivered are two facts, and only the second helps anybody."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeInSet, ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, is_true
from checks.expectations.drill import ASKED
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.alert import AlertCheck, AlertRow
from checks.outcome import Outcome, Severity


def _columns(check: AlertCheck, row: AlertRow, _: Occasion) -> Mapping[str, Scalar]:
    is_drill = row.part == "drill"
    return {
        ASKED: True if is_drill else None,
        "recorded": f"{row.environment}, by {row.executor}" if row.environment and row.executor else None,
        "receiver": str(check.receiver),
        "receiver_good": row.read_cause is None if row.asked else None,
        "limit": check.expect.within.total_seconds() if is_drill else None,
    }


ALERT: Suite[AlertCheck, AlertRow] = Suite(
    kind="alert",
    columns=_columns,
    guards={},
    expectations={
        "recorded": Rule(
            ExpectColumnValuesToNotBeNull(column="recorded"),
            because="in {recorded}",
            otherwise="the environment and who carried the drill out are not both on record",
            observed="recorded",
            asked=ASKED,
        ),
        "accepted": Rule(
            is_true("accepted"),
            because="Alertmanager accepted the alert",
            otherwise="Alertmanager did not accept the alert: {accepted_cause}",
            observed="accepted",
            asked=ASKED,
        ),
        "receiver": Rule(
            is_true("receiver_good"),
            because="the receiver could be read",
            otherwise="the receiver could not be read, so nobody knows what arrived: {read_cause}",
            observed="receiver_good",
            asked=ASKED,
            unmet=Outcome.ERROR,
            needs=("accepted",),
        ),
        "no-echo": Rule(
            ExpectColumnValuesToBeInSet(column="echoes", value_set=[False]),
            because="a nonce that was never fired did not stand there",
            otherwise="a nonce that was never fired stood at {receiver} too: it repeats what it is asked, and shows "
            "nothing of what arrived",
            observed="echoes",
            asked=ASKED,
            unmet=Outcome.ERROR,
            needs=("accepted", "receiver"),
        ),
        "delivered": Rule(
            is_true("delivered"),
            because="the nonce {nonce} stood at {receiver}",
            otherwise="Alertmanager accepted the alert, and in {limit} s its nonce {nonce} never stood at {receiver}",
            observed="delivered",
            asked=ASKED,
            needs=("accepted", "receiver", "no-echo"),
        ),
        "delivery-time": Rule(
            at_least("limit", "delivered_seconds"),
            because="{delivered_seconds} s from firing to the receiver; expected at most {limit} s",
            observed="delivered_seconds",
            expected="limit",
            needs=("delivered",),
        ),
        "resolved": Rule(
            is_true("resolved"),
            because="the alert was ended again",
            otherwise="the alert could not be ended: {resolved_cause}; it ends by itself",
            observed="resolved",
            asked=ASKED,
            severity=Severity.WARNING,
            needs=("accepted",),
        ),
    },
)
