"""Good and bad rows of Redis."""

from datetime import timedelta

from checks.expectations.redis import REDIS
from checks.kinds.redis import RedisCheck, RedisRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = RedisCheck.model_validate(
    {
        "database": "cache",
        "keys": {"orders": {"min": 1, "max": 100, "newest": "5m", "oldest": "1h", "pending": 2}},
        "expect": {"saved": "1h", "memory": 0.9, "policy": ["noeviction"]},
    }
)
SERVER = Example(
    CHECK,
    (
        RedisRow(
            subject="cache",
            part="server",
            read_at=NOW,
            version="7.2.4",
            loading=False,
            appendonly=True,
            fsync="everysec",
            append_good=True,
            save_good=True,
            saved_at=NOW - timedelta(hours=1),
            used_bytes=90,
            most_bytes=100,
            policy="noeviction",
        ),
    ),
)
KEY = Example(
    CHECK,
    (
        RedisRow(
            subject="cache:orders",
            part="key",
            read_at=NOW,
            type="stream",
            length=100,
            newest_at=NOW - timedelta(minutes=5),
            oldest_at=NOW - timedelta(hours=1),
            groups=1,
            pending=2,
        ),
    ),
)
GOOD = Example(CHECK, (*SERVER.rows, *KEY.rows))

CASE = SuiteCase(
    REDIS,
    GOOD,
    {
        "answers": (changed(KEY, problem="the connection was refused"), Outcome.ERROR),
        "loaded": (changed(SERVER, loading=True), Outcome.INCONCLUSIVE),
        "exists": (changed(KEY, type="none", length=None), Outcome.MISSING),
        "append-only": (changed(SERVER, appendonly=False), Outcome.FAIL),
        "append-status": (changed(SERVER, append_good=False), Outcome.FAIL),
        "configuration": (changed(SERVER, fsync=None, config_cause="CONFIG GET is refused"), Outcome.INCONCLUSIVE),
        "fsync": (changed(SERVER, fsync="no"), Outcome.FAIL),
        "save-status": (changed(SERVER, save_good=False), Outcome.FAIL),
        "saved": (changed(SERVER, saved_at=NOW - timedelta(seconds=3601)), Outcome.STALE),
        "saved-clock": (changed(SERVER, saved_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "bounded": (changed(SERVER, most_bytes=0), Outcome.FAIL),
        "memory": (changed(SERVER, used_bytes=91), Outcome.FAIL),
        "policy": (changed(SERVER, policy="allkeys-lru"), Outcome.FAIL),
        "longest": (changed(KEY, length=101), Outcome.FAIL),
        "shortest": (changed(KEY, length=0), Outcome.FAIL),
        "newest": (changed(KEY, newest_at=NOW - timedelta(seconds=301)), Outcome.STALE),
        "entry-clock": (changed(KEY, newest_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "oldest": (changed(KEY, oldest_at=NOW - timedelta(seconds=3601)), Outcome.FAIL),
        "pending": (changed(KEY, pending=3), Outcome.FAIL),
    },
)
