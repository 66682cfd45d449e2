"""Good and bad rows of what backup tools say."""

from datetime import timedelta

from checks.expectations.backup_tool import BACKUP_TOOL
from checks.kinds.backup_tool import BackupToolCheck, BackupToolRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = BackupToolCheck.model_validate(
    {
        "id": "check-0",
        "tool": "barman",
        "of": "main",
        "program": "barman",
        "expect": {"kept": 2, "full_age": "8d"},
    }
)
ROW = BackupToolRow(
    subject=CHECK.id,
    tool="Barman",
    of="main",
    version="3.4.0",
    found=8,
    good=8,
    bad=0,
    label="20261122T130533",
    form="full",
    ended_at=NOW - timedelta(hours=1),
    full_ended_at=NOW - timedelta(hours=1),
    bytes=1000,
    median_bytes=1100,
    well=True,
    retention="RECOVERY WINDOW OF 7 DAYS",
    checked=True,
    check_good=True,
    rules_unarmed=0,
    page_checksums=True,
    data_read=True,
    data_good=True,
    archiving=True,
    log_first="000000010000000000000008",
    log_last="00000001000000000000000A",
    log_from="000000010000000000000008",
    log_to="000000010000000000000009",
    log_covers=True,
    log_gaps=0,
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    BACKUP_TOOL,
    GOOD,
    {
        "B0-answered": (changed(GOOD, unanswered="barman cannot be run"), Outcome.ERROR),
        "B0-readable": (changed(GOOD, unreadable="its list of backups is empty"), Outcome.ERROR),
        "B0-found": (changed(GOOD, good=0), Outcome.FAIL),
        "B0-status": (changed(GOOD, well=False, well_cause="repository 1: no path"), Outcome.FAIL),
        "B0-failed": (changed(GOOD, bad=1, bad_cause="20261122T140000: its status is FAILED"), Outcome.FAIL),
        "B1-content": (changed(GOOD, bytes=0), Outcome.FAIL),
        "B1-clock": (changed(GOOD, ended_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "B1-age": (changed(GOOD, ended_at=NOW - timedelta(hours=27)), Outcome.STALE),
        "B1-full": (changed(GOOD, full_ended_at=NOW - timedelta(days=9)), Outcome.STALE),
        "B1-size": (changed(GOOD, bytes=549), Outcome.FAIL),
        "B1-kept": (changed(GOOD, good=1), Outcome.FAIL),
        "B1-retention": (changed(GOOD, retention=None, retention_cause="it is not set"), Outcome.FAIL),
        "B2-checked": (changed(GOOD, checked=False, check_cause="nobody ran its check"), Outcome.INCONCLUSIVE),
        "B2-check": (changed(GOOD, check_good=False, check_cause="postgresql: FAILED"), Outcome.FAIL),
        "B2-rules": (changed(GOOD, rules_unarmed=1, rules_cause="last_backup_maximum_age"), Outcome.WARN),
        "B2-pages": (changed(GOOD, page_checksums=False), Outcome.FAIL),
        "B2-read": (changed(GOOD, data_read=False, data_read_cause="nobody did"), Outcome.INCONCLUSIVE),
        "B2-data": (changed(GOOD, data_good=False, data_cause="a checksum differs"), Outcome.FAIL),
        "B3-archiving": (changed(GOOD, archiving=False, archiving_cause="archive_mode is off"), Outcome.FAIL),
        "B3-range": (changed(GOOD, log_covers=False, log_cause="too little is kept"), Outcome.FAIL),
        "B3-gaps": (changed(GOOD, log_gaps=1, gaps_cause="no 000000010000000000000009"), Outcome.FAIL),
    },
)
