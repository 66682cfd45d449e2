"""Good and bad rows of event stores."""

from datetime import timedelta

from checks.expectations.event_store import EVENT_STORE
from checks.kinds.event_store import EventStoreCheck, EventStoreRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

PLACE, REPORT = "files:events/*.jsonl", "files:durability.json"
CHECK = EventStoreCheck.model_validate(
    {
        "events": PLACE,
        "correlation": ["trace"],
        "chain": {"recomputed": True},
        "durability": REPORT,
        "expect": {"max_age": "10m", "file_size": "1MB", "size": "5MB", "growth": "24MB"},
    }
)
EARLIER = {PLACE: ("1000000 bytes, 990 events from e-1 at 2026-11-22T13:04:00Z",)}
STORE = Example(
    CHECK,
    (
        EventStoreRow(
            subject=PLACE,
            part="events",
            where=PLACE,
            read_at=NOW - timedelta(minutes=1),
            files=2,
            bytes=2_000_000,
            bytes_largest=1_000_000,
            largest="events/2.jsonl",
            events=1_000,
            first="e-1",
            broken=0,
            nameless=0,
            repeated=0,
            disordered=0,
            uncorrelated=0,
            unlinked=0,
            forged=0,
            content_time=NOW - timedelta(minutes=10),
        ),
    ),
    EARLIER,
)
DURABLE = Example(
    CHECK,
    (
        EventStoreRow(
            subject=REPORT,
            part="durability",
            where="durability.json",
            content_time=NOW - timedelta(days=7),
            killed=True,
            written=50,
            survived=50,
            same_hash=True,
        ),
    ),
)
GOOD = Example(CHECK, (*STORE.rows, *DURABLE.rows), EARLIER)

CASE = SuiteCase(
    EVENT_STORE,
    GOOD,
    {
        "found": (changed(STORE, missing="does not exist"), Outcome.MISSING),
        "readable": (changed(DURABLE, unreadable="is empty"), Outcome.MISSING),
        "some": (changed(STORE, events=0), Outcome.MISSING),
        "read-whole": (changed(STORE, cut="a.jsonl was read up to line 7"), Outcome.INCONCLUSIVE),
        "parseable": (changed(STORE, broken=1, broken_cause="a.jsonl:7 is not JSON"), Outcome.FAIL),
        "named": (changed(STORE, nameless=1, nameless_cause="a.jsonl:7 has no id"), Outcome.FAIL),
        "unique": (changed(STORE, repeated=1, repeated_cause="a.jsonl:7 has the id of an earlier event"), Outcome.FAIL),
        "ordered": (changed(STORE, disordered=1, disordered_cause="a.jsonl:7 is before"), Outcome.FAIL),
        "correlated": (changed(STORE, uncorrelated=1, uncorrelated_cause="a.jsonl:7 has no trace"), Outcome.FAIL),
        "linked": (changed(STORE, unlinked=1, unlinked_cause="a.jsonl:7 names another"), Outcome.FAIL),
        "hashed": (changed(STORE, forged=1, forged_cause="a.jsonl:7 has not the hash"), Outcome.FAIL),
        "file-size": (changed(STORE, bytes_largest=1_000_001), Outcome.FAIL),
        "size": (changed(STORE, bytes=5_000_001), Outcome.FAIL),
        "growth": (changed(STORE, bytes=2_000_001), Outcome.FAIL),
        "kept": (changed(STORE, events=989), Outcome.FAIL),
        "dated": (changed(STORE, content_time=None, undated="holds an event that says nothing"), Outcome.MISSING),
        "not-from-the-future": (changed(STORE, content_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(DURABLE, content_time=NOW - timedelta(days=7, seconds=1)), Outcome.STALE),
        "killed": (changed(DURABLE, killed=False), Outcome.FAIL),
        "tried": (changed(DURABLE, written=0, survived=0), Outcome.FAIL),
        "survived": (changed(DURABLE, survived=49), Outcome.FAIL),
        "unchanged": (changed(DURABLE, same_hash=False), Outcome.FAIL),
    },
)
