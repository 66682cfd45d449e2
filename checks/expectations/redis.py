"""What is expected of a Redis: what it holds is on disk, and memory, streams and queues keep their bounds."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.redis import KeyExpectation, RedisCheck, RedisExpectation, RedisRow
from checks.outcome import Outcome

_CLOCKS_DIFFER_BY = 60
_ASKED = (
    *("asks_server", "loaded", "asks_append", "asks_fsync", "config_good", "fsync_expected", "fsync_good", "saved"),
    *("saved_age", "earliest_age", "asks_memory", "memory_share", "memory", "policy_expected", "policy_good"),
    *("asks_key", "there", "min", "max", "newest", "newest_age", "oldest", "oldest_age", "most_pending", "entry_age"),
)


def _columns(check: RedisCheck, row: RedisRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; a row's part fills its own, and what is null there is not asked of it."""
    own: dict[str, Scalar] = {"answer": row.problem or GOOD}
    if row.part == "server":
        own |= _server(check.expect, row, occasion)
    else:
        key = row.subject.removeprefix(f"{check.database}:")
        own |= _key(check.keys[key], row, occasion)
    return {**dict.fromkeys(_ASKED), **own}


def _server(expect: RedisExpectation, row: RedisRow, occasion: Occasion) -> dict[str, Scalar]:
    asks_fsync = expect.appendonly and bool(expect.fsync)
    return {
        "asks_server": True,
        "loaded": not row.loading if row.loading is not None else None,
        "asks_append": True if expect.appendonly else None,
        "asks_fsync": True if asks_fsync else None,
        "config_good": row.config_cause or GOOD,
        "fsync_expected": " or ".join(expect.fsync) if asks_fsync else None,
        "fsync_good": row.fsync in expect.fsync if row.fsync is not None else None,
        "saved": expect.saved.total_seconds() if expect.saved else None,
        "saved_age": (occasion.now - row.saved_at).total_seconds() if row.saved_at else None,
        "earliest_age": -expect.future.total_seconds() if expect.saved else None,
        "asks_memory": True if expect.memory is not None else None,
        "memory": expect.memory,
        "memory_share": row.used_bytes / row.most_bytes if row.used_bytes is not None and row.most_bytes else None,
        "policy_expected": " or ".join(expect.policy) or None,
        "policy_good": row.policy in expect.policy if row.policy is not None else None,
    }


def _key(expect: KeyExpectation, row: RedisRow, occasion: Occasion) -> dict[str, Scalar]:
    return {
        "asks_key": True,
        "there": row.type != "none" if row.type is not None else None,
        "min": expect.min,
        "max": expect.max,
        "newest": expect.newest.total_seconds() if expect.newest else None,
        "newest_age": (occasion.now - row.newest_at).total_seconds() if row.newest_at else None,
        "oldest": expect.oldest.total_seconds() if expect.oldest else None,
        "oldest_age": (occasion.now - row.oldest_at).total_seconds() if row.oldest_at else None,
        "most_pending": expect.pending,
        "entry_age": -_CLOCKS_DIFFER_BY if expect.newest or expect.oldest else None,
    }


GUARDS = {
    "answers": Rule(
        is_good("answer"),
        because="it answered",
        otherwise="it could not be asked: {answer}",
        observed="answer",
        unmet=Outcome.ERROR,
    ),
    "loaded": Rule(
        is_true("loaded"),
        because="version {version}, and its data are loaded",
        otherwise="it is still loading its data, so nothing it says of them counts",
        observed="loaded",
        asked="asks_server",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "exists": Rule(
        is_true("there"),
        because="there is a {type} of that name",
        otherwise="there is no such key",
        observed="there",
        asked="asks_key",
        unmet=Outcome.MISSING,
    ),
}

DURABLE = {
    "append-only": Rule(
        is_true("appendonly"),
        because="every write goes to its append-only file",
        otherwise="it has no append-only file: what was written since the last snapshot would be lost",
        observed="appendonly",
        asked="asks_append",
    ),
    "append-status": Rule(
        is_true("append_good"),
        because="its last write to that file succeeded",
        otherwise="its last write to the append-only file failed",
        observed="append_good",
        asked="asks_append",
        needs=("append-only",),
    ),
    "configuration": Rule(
        is_good("config_good"),
        because="it tells its settings",
        otherwise="nobody can tell how often it writes to disk: {config_good}",
        observed="config_good",
        asked="asks_fsync",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "fsync": Rule(
        is_true("fsync_good"),
        because="appendfsync is {fsync}; expected {fsync_expected}",
        observed="fsync_good",
        asked="fsync_expected",
        needs=("append-only", "configuration"),
    ),
    "save-status": Rule(
        is_true("save_good"),
        because="its last snapshot succeeded",
        otherwise="its last snapshot failed",
        observed="save_good",
        asked="asks_server",
    ),
    "saved": Rule(
        at_most("saved_age", "saved"),
        because="its last snapshot is {saved_age} s old; it may be {saved} s",
        observed="saved_age",
        expected="saved",
        unmet=Outcome.STALE,
    ),
    "saved-clock": Rule(
        at_least("saved_age", "earliest_age"),
        because="its last snapshot, of {saved_at}, is not from the future",
        otherwise="its last snapshot is of {saved_at}, which is in the future: a clock is wrong",
        observed="saved_age",
        expected="earliest_age",
        unmet=Outcome.STALE,
    ),
}

BOUNDS = {
    "bounded": Rule(
        ExpectColumnValuesToBeBetween(column="most_bytes", min_value=1),
        because="maxmemory is {most_bytes} bytes",
        otherwise="maxmemory is not set, so nothing but the machine bounds it",
        observed="most_bytes",
        asked="asks_memory",
    ),
    "memory": Rule(
        at_most("memory_share", "memory"),
        because="it uses {used_bytes} of {most_bytes} bytes, a share of {memory_share}; expected at most {memory}",
        observed="memory_share",
        expected="memory",
        needs=("bounded",),
    ),
    "policy": Rule(
        is_true("policy_good"),
        because="maxmemory-policy is {policy}; expected {policy_expected}",
        observed="policy_good",
        asked="policy_expected",
    ),
    "longest": Rule(
        at_most("length", "max"),
        because="{length} entries; at most {max} are expected",
        observed="length",
        expected="max",
    ),
    "shortest": Rule(
        at_least("length", "min"),
        because="{length} entries; at least {min} are expected",
        observed="length",
        expected="min",
    ),
    "newest": Rule(
        at_most("newest_age", "newest"),
        because="its newest entry is {newest_age} s old; it may be {newest} s",
        observed="newest_age",
        expected="newest",
        unmet=Outcome.STALE,
    ),
    "entry-clock": Rule(
        at_least("newest_age", "entry_age"),
        because="its newest entry, of {newest_at}, is not from the future",
        otherwise="its newest entry is of {newest_at}, which is in the future: a clock is wrong",
        observed="newest_age",
        expected="entry_age",
        unmet=Outcome.STALE,
    ),
    "oldest": Rule(
        at_most("oldest_age", "oldest"),
        because="its oldest entry is {oldest_age} s old; expected at most {oldest} s",
        observed="oldest_age",
        expected="oldest",
    ),
    "pending": Rule(
        at_most("pending", "most_pending"),
        because="{pending} entries of {groups} groups are not acknowledged; expected at most {most_pending}",
        observed="pending",
        expected="most_pending",
    ),
}

REDIS: Suite[RedisCheck, RedisRow] = Suite(
    kind="redis", columns=_columns, guards=GUARDS, expectations={**DURABLE, **BOUNDS}
)
