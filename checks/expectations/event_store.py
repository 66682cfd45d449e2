"""What is expected of an event store: whole, unique, in order, linked, young, within its bounds, and durable."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar, rfc3339
from checks.expectations.conditions import GOOD, at_least, at_most, equal, is_good, is_true
from checks.expectations.dated import DATED, FOUND, FRESH, NOT_FROM_THE_FUTURE, readable
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.event_store import EventStoreCheck, EventStoreRow
from checks.outcome import Outcome

_DAY = 86_400
_SEEN = re.compile(r"(\d+) bytes, (\d+) events from (.*) at (\S+)")
_ASKED = (
    *("asks_events", "wholeness", "asks_correlation", "asks_chain", "asks_hashes", "file_size", "size", "growth"),
    *("grown", "grown_bytes", "grown_seconds", "fewest", "asks_durability", "written_asked", "asks_age"),
)


def _columns(check: EventStoreCheck, row: EventStoreRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; a row's part fills its own, and what is null there is not asked of it."""
    expect, is_store = check.expect, row.part == "events"
    limit = expect.max_age if is_store else expect.durability_age
    age = (occasion.now - row.content_time).total_seconds() if row.content_time and limit else None
    own: dict[str, Scalar] = {
        "document": row.missing or GOOD,
        "content": row.unreadable or GOOD,
        "dating": row.undated or "says nothing",
        "age": age,
        "ahead": max(0.0, -age) if age is not None else None,
        "future": expect.future.total_seconds(),
        "earliest_age": -expect.future.total_seconds() if limit else None,
        "max_age": limit.total_seconds() if limit else None,
    }
    return {**dict.fromkeys(_ASKED), **own, **(_store(check, row, occasion) if is_store else _durability(row))}


def _store(check: EventStoreCheck, row: EventStoreRow, occasion: Occasion) -> dict[str, Scalar]:
    expect = check.expect
    return {
        "asks_events": True,
        "wholeness": row.cut or GOOD,
        "asks_correlation": ", ".join(check.correlation) or None,
        "asks_chain": True if check.chain else None,
        "asks_hashes": True if check.chain and check.chain.recomputed else None,
        "file_size": expect.file_size,
        "size": expect.size,
        **_since(row, occasion.earlier.get((check.id, row.subject), ()), expect.growth),
    }


def _since(row: EventStoreRow, earlier: tuple[str, ...], growth: int | None) -> dict[str, Scalar]:
    """What was added since the slot before, for a day; of a store that still begins where it began, nothing may go."""
    before = next((seen for each in earlier if (seen := _SEEN.fullmatch(each))), None)
    if before is None or row.bytes is None or row.read_at is None:
        return {}
    seconds = (row.read_at - datetime.fromisoformat(before[4])).total_seconds()
    grown = row.bytes - int(before[1])
    return {
        "growth": growth,
        "grown_bytes": grown,
        "grown_seconds": seconds,
        "grown": grown * _DAY / seconds if seconds > 0 else None,
        "fewest": int(before[2]) if before[3] == row.first else None,
    }


def _fingerprint(row: EventStoreRow) -> str | None:
    """The store's size, for the next slot to be held against."""
    if row.part != "events" or row.bytes is None or row.read_at is None:
        return None
    return f"{row.bytes} bytes, {row.events} events from {row.first} at {rfc3339(row.read_at)}"


def _durability(row: EventStoreRow) -> dict[str, Scalar]:
    return {"asks_durability": True, "written_asked": row.written}


def _none(column: str) -> ExpectColumnValuesToBeInSet:
    return ExpectColumnValuesToBeInSet(column=column, value_set=[0])


EVENT_STORE: Suite[EventStoreCheck, EventStoreRow] = Suite(
    kind="event-store",
    columns=_columns,
    fingerprint=_fingerprint,
    guards={
        "found": FOUND,
        "readable": replace(readable("a JSON document"), asked="asks_durability"),
        "some": Rule(
            ExpectColumnValuesToBeBetween(column="events", min_value=1),
            because="{events} events in {files} files",
            otherwise="there is no event in it",
            observed="events",
            asked="asks_events",
            unmet=Outcome.MISSING,
        ),
        "read-whole": Rule(
            is_good("wholeness"),
            because="it was read from its first event to its last",
            otherwise="not all of it was read: {wholeness}",
            observed="wholeness",
            asked="asks_events",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        "parseable": Rule(
            _none("broken"),
            because="every line is a JSON object",
            otherwise="{broken} lines are no JSON objects; {broken_cause}",
            observed="broken",
            asked="asks_events",
        ),
        "named": Rule(
            _none("nameless"),
            because="every event has a key",
            otherwise="{nameless} events have no key; {nameless_cause}",
            observed="nameless",
            asked="asks_events",
        ),
        "unique": Rule(
            _none("repeated"),
            because="no key stands there twice",
            otherwise="{repeated} keys stand there again; {repeated_cause}",
            observed="repeated",
            asked="asks_events",
        ),
        "ordered": Rule(
            _none("disordered"),
            because="every event is dated, and none is before the one before it",
            otherwise="{disordered} events are out of order; {disordered_cause}",
            observed="disordered",
            asked="asks_events",
        ),
        "correlated": Rule(
            _none("uncorrelated"),
            because="every event has {asks_correlation}",
            otherwise="{uncorrelated} events lack {asks_correlation}; {uncorrelated_cause}",
            observed="uncorrelated",
            asked="asks_correlation",
        ),
        "linked": Rule(
            _none("unlinked"),
            because="every event names the hash of the one before it",
            otherwise="{unlinked} events break the chain; {unlinked_cause}",
            observed="unlinked",
            asked="asks_chain",
        ),
        "hashed": Rule(
            _none("forged"),
            because="every event has the hash that it names",
            otherwise="{forged} events are not what their hashes say; {forged_cause}",
            observed="forged",
            asked="asks_hashes",
        ),
        "file-size": Rule(
            at_most("bytes_largest", "file_size"),
            because="the largest file, {largest}, has {bytes_largest} bytes; expected at most {file_size}",
            observed="bytes_largest",
            expected="file_size",
        ),
        "size": Rule(
            at_most("bytes", "size"),
            because="{bytes} bytes in {files} files; expected at most {size}",
            observed="bytes",
            expected="size",
        ),
        "growth": Rule(
            at_most("grown", "growth"),
            because="{grown_bytes} bytes in {grown_seconds} s, {grown} a day; expected at most {growth}",
            observed="grown",
            expected="growth",
        ),
        "kept": Rule(
            at_least("events", "fewest"),
            because="{events} events; there were {fewest}",
            otherwise="{events} events, where there were {fewest}, and it still begins with {first}: events are lost",
            observed="events",
            expected="fewest",
        ),
        "dated": replace(DATED, asked="max_age"),
        "not-from-the-future": replace(NOT_FROM_THE_FUTURE, needs=("dated",)),
        "fresh": replace(FRESH, needs=("dated",)),
        "killed": Rule(
            is_true("killed"),
            because="the program was killed between writing and reading",
            otherwise="the program was not killed between writing and reading, so nothing is shown",
            observed="killed",
            asked="asks_durability",
        ),
        "tried": Rule(
            ExpectColumnValuesToBeBetween(column="written", min_value=1),
            because="{written} events were written",
            otherwise="no event was written, so nothing could be lost",
            observed="written",
            asked="asks_durability",
        ),
        "survived": Rule(
            equal("survived", "written_asked"),
            because="all {written} events were read again",
            otherwise="{survived} of {written} events were read again",
            observed="survived",
            asked="asks_durability",
        ),
        "unchanged": Rule(
            is_true("same_hash"),
            because="what was read has the hash of what was written",
            otherwise="what was read has another hash than what was written",
            observed="same_hash",
            asked="asks_durability",
        ),
    },
)
