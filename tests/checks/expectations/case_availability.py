"""Good and bad rows of availability."""

from datetime import timedelta

from checks.deploys import DeployWindow
from checks.epoch import milliseconds_of
from checks.expectations.availability import AVAILABILITY
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

MINUTE = 60_000
HOUR = 60 * MINUTE
END = milliseconds_of(NOW)
START = END - 30 * 24 * HOUR
CHECK = AvailabilityCheck.model_validate(
    {"id": "check-0", "of": "api-up", "each": ["api:/health"], "target": "99.9%", "exclude": {"cap": "2h"}}
)


def window(name: str, start: int, minutes: int | None, **fields: object) -> DeployWindow:
    end = None if minutes is None else START + start + minutes * MINUTE
    asked = {"id": name, "kind": "deploy", "start": START + start, "end": end, "by": "ci", "reason": "v2", **fields}
    return DeployWindow.model_validate(asked)


ROW = AvailabilityRow.model_validate(
    {
        "subject": "api:/health",
        "start": NOW - timedelta(days=30),
        "end": NOW,
        "looks": 43_200,
        "unseen": 0,
        "down": [(START + HOUR, START + HOUR + 40 * MINUTE), (START + 5 * HOUR, START + 5 * HOUR + 20 * MINUTE)],
        "unknown": [(START + 9 * HOUR, START + 10 * HOUR)],
        "windows": [window("d-1", 5 * HOUR, 30)],
        "versions": [
            {"version": "v1", "first": START, "last": START + 5 * HOUR},
            {"version": "v2", "first": START + 6 * HOUR, "last": END},
        ],
        "ledger_size": 10,
        "boundaries": [(0, "aa"), (10, "bb")],
    }
)
GOOD = Example(CHECK, (ROW,), {ROW.subject: (f"10 bb {END - HOUR}",)})
PLAIN = Example(CHECK, (ROW,))
OWED = Example(CHECK, (ROW, ROW.model_copy(update={"subject": CHECK.id})), GOOD.earlier)

CASE = SuiteCase(
    AVAILABILITY,
    OWED,
    {
        "looked-at": (changed(GOOD, looks=0), Outcome.MISSING),
        "ledger": (changed(GOOD, problems=("line 3: it is no JSON",)), Outcome.ERROR),
        "append-only": (changed(GOOD, boundaries=((0, "aa"), (10, "cc"))), Outcome.ERROR),
        "possible": (changed(GOOD, down=((START, START + HOUR),)), Outcome.FAIL),
        "covered": (changed(GOOD, unknown=((START, START + 8 * HOUR),)), Outcome.INCONCLUSIVE),
        "resolved": (changed(GOOD, looks=720), Outcome.INCONCLUSIVE),
        "uptime": (changed(GOOD, down=((START, START + 44 * MINUTE),)), Outcome.FAIL),
        "capped": (
            changed(GOOD, windows=[window(f"d-{hour}", hour * HOUR, 50) for hour in (5, 7, 9)]),
            Outcome.FAIL,
        ),
        "closed": (changed(GOOD, windows=[window("d-1", 5 * HOUR, None)]), Outcome.MISSING),
        "begun": (
            changed(GOOD, windows=[window("d-1", 5 * HOUR, 30), window("d-2", END - START + HOUR, 5)]),
            Outcome.STALE,
        ),
        "timely": (
            changed(GOOD, windows=[window("d-1", 5 * HOUR, 30), window("d-2", HOUR, 40, offset=10)]),
            Outcome.FAIL,
        ),
        "apart": (
            changed(GOOD, windows=[window("d-1", 5 * HOUR, 30), window("d-2", 5 * HOUR + 10 * MINUTE, 5)]),
            Outcome.WARN,
        ),
        "announced": (changed(GOOD, windows=()), Outcome.WARN),
    },
)
