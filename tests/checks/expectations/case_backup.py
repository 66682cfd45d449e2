"""Good and bad rows of backups."""

from datetime import timedelta

from checks.expectations.backup import BACKUP
from checks.kinds.backup import BackupCheck, BackupRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = BackupCheck.model_validate(
    {
        "id": "check-0",
        "backups": "backups:*.dump",
        "copies": ["offsite:."],
        "of": "ledger",
        "tables": {"public.entries": {"newest": "booked_at"}},
        "restore": {"canary": "select true", "smoke": ["select 1"]},
        "expect": {"kept": 2},
    }
)
ROW = BackupRow(
    subject=CHECK.id,
    place="backups:*.dump",
    found=8,
    archive="ledger.dump",
    format="custom",
    created_at=NOW - timedelta(hours=1),
    created_from="its header",
    bytes=1000,
    median_bytes=1100,
    copies_good=1,
    sha256="0" * 64,
    checksum="matches",
    database="ledger",
    database_expected="ledger",
    dumped_from="18.6",
    dumped_by="18.6",
    programs_good=True,
    readable=True,
    entries=19,
    tables_listed=1,
    target_good=True,
    restored=True,
    restore_warnings=0,
    leftovers=0,
    cleared=True,
    opened=True,
    in_recovery=False,
    source_good=True,
    schema_differences=0,
    rows_restored=4000,
    tables_short=0,
    least_share=0.99,
    least_share_of="public.entries",
    canary=True,
    newest_at=NOW - timedelta(hours=2),
    declared_at=NOW,
    smoke=True,
    restore_seconds=3.5,
    rto_seconds=5.0,
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    BACKUP,
    GOOD,
    {
        "B0-found": (Example(CHECK, (BackupRow(subject=CHECK.id, place="backups:*.dump", found=0),)), Outcome.FAIL),
        "B1-content": (changed(GOOD, bytes=0), Outcome.FAIL),
        "B1-clock": (changed(GOOD, created_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "B1-age": (changed(GOOD, created_at=NOW - timedelta(hours=27)), Outcome.STALE),
        "B1-size": (changed(GOOD, bytes=549), Outcome.FAIL),
        "B1-kept": (changed(GOOD, found=1), Outcome.FAIL),
        "B1-redundancy": (changed(GOOD, copies_good=0, copies_cause="offsite:. lacks it"), Outcome.FAIL),
        "B2-checksum": (changed(GOOD, checksum="differs"), Outcome.FAIL),
        "B2-programs": (changed(GOOD, programs_good=False, programs_cause="too old"), Outcome.ERROR),
        "B2-readable": (changed(GOOD, readable=False, read_cause="it is truncated"), Outcome.FAIL),
        "B2-database": (changed(GOOD, database="inventory"), Outcome.FAIL),
        "B2-tables": (changed(GOOD, tables_listed=0, tables_absent="public.entries"), Outcome.FAIL),
        "B4-target": (changed(GOOD, target_good=False, target_cause="no answer"), Outcome.ERROR),
        "B4-restored": (changed(GOOD, restored=False, restore_cause="no space left"), Outcome.FAIL),
        "B4-clean": (changed(GOOD, restore_warnings=1), Outcome.WARN),
        "B4-cleared": (changed(GOOD, cleared=False, clear_cause="it could not be dropped"), Outcome.FAIL),
        "B4-leftovers": (changed(GOOD, leftovers=1, leftovers_named="readiness_restore_1"), Outcome.WARN),
        "B5-opens": (changed(GOOD, opened=False, open_cause="no answer"), Outcome.FAIL),
        "B5-primary": (changed(GOOD, in_recovery=True), Outcome.FAIL),
        "B5-source": (changed(GOOD, source_good=False, source_cause="no answer"), Outcome.ERROR),
        "B5-schema": (changed(GOOD, schema_differences=1, schema_cause="lacks a column"), Outcome.FAIL),
        "B6-rows": (changed(GOOD, tables_short=1, rows_cause="public.entries 0 rows"), Outcome.FAIL),
        "B6-any": (changed(GOOD, rows_restored=0), Outcome.FAIL),
        "B6-share": (changed(GOOD, least_share=0.89), Outcome.FAIL),
        "B6-canary": (changed(GOOD, canary=False, canary_cause="its query is not true"), Outcome.FAIL),
        "B6-newest": (changed(GOOD, newest_at=NOW + timedelta(seconds=61)), Outcome.STALE),
        "B6-RPO": (changed(GOOD, newest_at=NOW - timedelta(hours=25)), Outcome.FAIL),
        "B7-smoke": (changed(GOOD, smoke=False, smoke_cause="select 1: no row"), Outcome.FAIL),
        "B7-RTO": (changed(GOOD, rto_seconds=900.001), Outcome.FAIL),
    },
)
