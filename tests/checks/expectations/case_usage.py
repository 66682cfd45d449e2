"""Good and bad rows of usage."""

from typing import Any

from checks.expectations.usage import USAGE
from checks.kinds.usage import UsageCheck, UsageRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import Example, SuiteCase, changed

CHECK = UsageCheck.model_validate(
    {
        "id": "check-0",
        "database": "ledger",
        "snapshots": "public.usage",
        "figures": {"throughput": "requests"},
        "tenants": ["acme"],
        "totals": {"throughput": "select day, requests from totals"},
    }
)
NOTHING_WRONG = {"missing": 0, "doubled": 0, "odd": 0, "ahead": 0}


def row(part: str, **fields: Any) -> UsageRow:
    days = {"first": "2026-11-08", "last": "2026-11-21", "newest": "2026-11-21", "newest_owed": "2026-11-21"}
    subject = CHECK.id if part == "all" else "tenant=acme"
    counted = {"owed": 14, "found": 14, **NOTHING_WRONG}
    return UsageRow.model_validate({"subject": subject, "part": part, **days, **counted, **fields})


EVERY = Example(CHECK, (row("all", strangers=0, totalled=14, untotalled=0, unequal=0),))
GOOD = Example(CHECK, (*EVERY.rows, row("tenant")))

CASE = SuiteCase(
    USAGE,
    GOOD,
    {
        "answers": (changed(EVERY, problem="ledger: permission denied for table usage"), Outcome.ERROR),
        "whole": (
            changed(EVERY, cut="snapshots has more than 200,000 lines"),
            Outcome.INCONCLUSIVE,
        ),
        "owed": (changed(EVERY, owed=0), Outcome.MISSING),
        "present": (changed(EVERY, found=0, newest=None), Outcome.MISSING),
        "fresh": (changed(EVERY, newest="2026-11-20"), Outcome.STALE),
        "not-from-the-future": (changed(EVERY, ahead=1, ahead_shown="2026-11-24 acme"), Outcome.STALE),
        "no-gaps": (changed(EVERY, missing=1, missing_shown="2026-11-12 acme"), Outcome.FAIL),
        "no-doubles": (changed(EVERY, doubled=1, doubled_shown="2026-11-12 acme 2 times"), Outcome.FAIL),
        "counted": (changed(EVERY, odd=1, odd_shown="2026-11-12 acme: throughput is -1"), Outcome.FAIL),
        "known": (changed(EVERY, strangers=1, strangers_shown="nobody"), Outcome.WARN),
        "totalled": (changed(EVERY, untotalled=1, untotalled_shown="throughput of 2026-11-12"), Outcome.INCONCLUSIVE),
        "totals": (
            changed(EVERY, unequal=1, unequal_shown="throughput of 2026-11-12 adds up to 9, and the total is 10"),
            Outcome.FAIL,
        ),
    },
)
