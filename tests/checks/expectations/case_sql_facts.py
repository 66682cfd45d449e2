"""Good and bad rows of SQL facts."""

from datetime import timedelta
from typing import Any

from checks.expectations.sql_facts import SQL_FACTS
from checks.kinds.sql_facts import SqlFactsCheck, SqlFactsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = SqlFactsCheck.model_validate(
    {
        "database": "ledger",
        "facts": {
            "keys": {"unique": "public.notes", "columns": ["tenant", "key"]},
            "depth": {"query": "select count(*) from queue", "min": 0, "max": 10},
            "total": {"query": "select sum(amount) from entries", "equals": 12.5},
            "newest": {"query": "select max(at) from entries", "max_age": "10m"},
            "stuck": {"no_rows": "select id from jobs where state = 'stuck'"},
            "fills": {"rows": "public.fills"},
            "pool": {"connections": 0.8},
        },
    }
)


def row(subject: str, part: str, **fields: Any) -> Example:
    return Example(CHECK, (SqlFactsRow.model_validate({"subject": subject, "part": part, "asked": "it", **fields}),))


KEYS = row("keys", "unique", constraint="notes_pkey", duplicates=0)
DEPTH = row("depth", "query", value=10, number=10)
TOTAL = row("total", "query", value="12.50", number=12.5)
NEWEST = row("newest", "query", value="2026-11-22T14:00:00+00:00", instant=NOW - timedelta(minutes=10))
STUCK = row("stuck", "no_rows", found=0, found_shown="0: ")
FILLS = row("fills", "rows", value=1, number=1)
POOL = row("pool", "connections", value=8, of=10, share=0.8)
GOOD = Example(CHECK, tuple(each.rows[0] for each in (KEYS, DEPTH, TOTAL, NEWEST, STUCK, FILLS, POOL)))

CASE = SuiteCase(
    SQL_FACTS,
    GOOD,
    {
        "answers": (changed(KEYS, problem="ledger: permission denied for table notes"), Outcome.ERROR),
        "single": (
            changed(DEPTH, value=None, number=None, shape_cause="it answers 2 rows, not one value"),
            Outcome.ERROR,
        ),
        "present": (changed(DEPTH, value=None, number=None), Outcome.MISSING),
        "constraint": (changed(KEYS, constraint=None, constraint_cause="there is no table"), Outcome.FAIL),
        "no-nulls": (changed(KEYS, nullable="key"), Outcome.WARN),
        "duplicates": (changed(KEYS, duplicates=1), Outcome.FAIL),
        "nothing-found": (changed(STUCK, found=1, found_shown="1: 7"), Outcome.FAIL),
        "number": (changed(DEPTH, value="many", number=None), Outcome.FAIL),
        "minimum": (changed(FILLS, value=0, number=0), Outcome.FAIL),
        "maximum": (changed(DEPTH, value=10.001, number=10.001), Outcome.FAIL),
        "equal": (changed(TOTAL, value="12.51", number=12.51), Outcome.FAIL),
        "dated": (
            changed(NEWEST, instant=None, instant_cause="dates itself value = 'noon', which is no instant"),
            Outcome.MISSING,
        ),
        "not-from-the-future": (changed(NEWEST, instant=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(NEWEST, instant=NOW - timedelta(seconds=601)), Outcome.STALE),
        "connections": (changed(POOL, value=9, share=0.9), Outcome.FAIL),
    },
)
