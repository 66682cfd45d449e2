"""Good and bad rows of restart drills."""

from checks.expectations.restart import RESTART
from checks.kinds.restart import RestartCheck, RestartRow
from checks.outcome import Outcome
from tests.checks.expectations.case_rollback import DRILL, common
from tests.checks.expectations.judging import Example, SuiteCase, changed

CHECK = RestartCheck.model_validate(
    {
        "id": "check-0",
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "stop": {"process": "files:service.pid"},
        "start": {"run": "starter"},
        "load": {"requests": ["api:/slow"]},
        "writes": {"post": "api:/notes", "database": "ledger", "counted": "select key, count(*) from notes group by 1"},
        "sessions": {"database": "ledger", "application": "service"},
        "expect": {"within": "30s", "in_flight": 2},
    }
)
ROW = RestartRow.model_validate(
    {
        **DRILL,
        "subject": "check-0",
        "version_during": "v2",
        "stop_ended": True,
        "stop_succeeded": True,
        "disturbed": True,
        "start_succeeded": True,
        "requests": 80,
        "in_flight": 2,
        "completed": 2,
        "idle_closed": True,
        "sessions_before": 1,
        "sessions_left": 0,
        "writes": 9,
        "repeats": 9,
        "doubled": 0,
        "lost": 0,
        "exit_seconds": 30.0,
    }
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    RESTART,
    GOOD,
    {
        **common(GOOD),
        "in-flight": (changed(GOOD, in_flight=1, completed=1), Outcome.INCONCLUSIVE),
        "completed": (changed(GOOD, completed=1, broken_cause="api:/slow: reset"), Outcome.FAIL),
        "ended": (changed(GOOD, stop_ended=False, stop_cause="process 7 still runs"), Outcome.FAIL),
        "asked-to-end": (changed(GOOD, stop_succeeded=False, stop_cause="no process 7 is running"), Outcome.FAIL),
        "had-effect": (changed(GOOD, disturbed=False), Outcome.INCONCLUSIVE),
        "exit-time": (changed(GOOD, exit_seconds=30.1), Outcome.FAIL),
        "drained": (changed(GOOD, idle_closed=False, idle_cause="a connection is still open"), Outcome.FAIL),
        "sessions-seen": (changed(GOOD, sessions_before=0), Outcome.INCONCLUSIVE),
        "sessions-closed": (changed(GOOD, sessions_left=1), Outcome.FAIL),
        "started": (changed(GOOD, start_succeeded=False, start_cause="exit code 1"), Outcome.FAIL),
        "steady-after": (changed(GOOD, steady_after=False, steady_after_cause="HTTP 503"), Outcome.FAIL),
        "repeated": (changed(GOOD, repeats=0), Outcome.INCONCLUSIVE),
        "not-doubled": (changed(GOOD, doubled=1, writes_cause="a 2 times"), Outcome.FAIL),
        "not-lost": (changed(GOOD, lost=1, writes_cause="a not at all"), Outcome.FAIL),
    },
)
