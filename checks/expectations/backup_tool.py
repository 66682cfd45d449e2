"""What is expected of a backup tool: young, whole backups, and rules of its own that were armed when it said OK."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.backup_archive import CLOCKS_DIFFER_BY
from checks.expectations.conditions import at_least, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.backup_tool import BackupToolCheck, BackupToolRow
from checks.outcome import Outcome, Severity

_OF_POSTGRESQL = ("pgbackrest", "barman")
_WITH_LOG = ("pgbackrest", "barman", "litestream")


def _columns(check: BackupToolCheck, row: BackupToolRow, occasion: Occasion) -> Mapping[str, Scalar]:
    return {**_limits(check), **_seen(row, occasion), **_asked(check, row)}


def _limits(check: BackupToolCheck) -> dict[str, Scalar]:
    expect = check.expect
    return {
        "age_limit": expect.age.total_seconds(),
        "full_age_limit": expect.full_age.total_seconds() if expect.full_age else None,
        "smallest": expect.size,
        "kept_expected": expect.kept,
    }


def _seen(row: BackupToolRow, occasion: Occasion) -> dict[str, Scalar]:
    """What follows from the row and the instant."""
    now, full = occasion.now, row.full_ended_at
    return {
        "answered": row.unanswered is None,
        "readable": row.unreadable is None,
        "age_seconds": (now - row.ended_at).total_seconds() if row.ended_at else None,
        "full_age_seconds": (now - full).total_seconds() if full else None,
        "size_share": row.bytes / row.median_bytes if row.bytes is not None and row.median_bytes else None,
        "retention_set": row.retention is not None,
        "none_cause": row.bad_cause or "none that has ended is listed",
        "data_depth": row.data_read_cause or "all data",
    }


def _asked(check: BackupToolCheck, row: BackupToolRow) -> dict[str, Scalar]:
    """Which rules there are for this tool: a database's log and pages are not every tool's business."""
    tool, expect = check.tool, check.expect
    logged = True if tool in _WITH_LOG else None
    return {
        "status_asked": True if row.well is not None else None,
        "retention_asked": True if expect.retention else None,
        "check_asked": logged,
        "rules_asked": True if row.rules_unarmed is not None else None,
        "pages_asked": True if expect.page_checksums and tool in _OF_POSTGRESQL else None,
        "read_asked": True if expect.data else None,
        "data_asked": True if expect.data or row.data_good is not None else None,
        "log_asked": logged,
    }


_BACKUPS = {
    "B0-status": Rule(
        is_true("well"),
        because="{tool} calls {of} well",
        otherwise="{tool} says of {of}: {well_cause}",
        observed="well",
        asked="status_asked",
    ),
    "B0-failed": Rule(
        ExpectColumnValuesToBeInSet(column="bad", value_set=[0]),
        because="no backup failed since",
        otherwise="{bad} backups came to nothing since: {bad_cause}",
        observed="bad",
    ),
    "B1-content": Rule(
        ExpectColumnValuesToBeBetween(column="bytes", min_value=1),
        because="{label} holds {bytes} bytes",
        otherwise="{label} is empty",
        observed="bytes",
    ),
    "B1-clock": Rule(
        ExpectColumnValuesToBeBetween(column="age_seconds", min_value=-CLOCKS_DIFFER_BY),
        because="made at {ended_at}",
        otherwise="made in the future, at {ended_at}: a clock is wrong",
        observed="ended_at",
        unmet=Outcome.STALE,
    ),
    "B1-age": Rule(
        at_least("age_limit", "age_seconds"),
        because="{label} was made {age_seconds} s ago; expected at most {age_limit} s",
        observed="age_seconds",
        expected="age_limit",
        unmet=Outcome.STALE,
        needs=("B1-clock",),
    ),
    "B1-full": Rule(
        at_least("full_age_limit", "full_age_seconds"),
        because="the newest full backup was made {full_age_seconds} s ago; expected at most {full_age_limit} s",
        observed="full_age_seconds",
        expected="full_age_limit",
        unmet=Outcome.STALE,
        needs=("B1-clock",),
    ),
    "B1-size": Rule(
        at_least("size_share", "smallest"),
        because="{bytes} bytes, {size_share} of the median of those before it; expected at least {smallest}",
        observed="size_share",
        expected="smallest",
        needs=("B1-content",),
    ),
    "B1-kept": Rule(
        at_least("good", "kept_expected"),
        because="{good} good backups are kept; expected at least {kept_expected}",
        observed="good",
        expected="kept_expected",
    ),
    "B1-retention": Rule(
        is_true("retention_set"),
        because="old backups go by a rule: {retention}",
        otherwise="no rule says when backups go: {retention_cause}",
        observed="retention_set",
        asked="retention_asked",
    ),
}

_WHOLE = {
    "B2-checked": Rule(
        is_true("checked"),
        because="its own check was run",
        otherwise="its own check says nothing: {check_cause}",
        observed="checked",
        asked="check_asked",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "B2-check": Rule(
        is_true("check_good"),
        because="its own check finds nothing wrong",
        otherwise="its own check says: {check_cause}",
        observed="check_good",
        asked="check_asked",
        needs=("B2-checked",),
    ),
    "B2-rules": Rule(
        ExpectColumnValuesToBeInSet(column="rules_unarmed", value_set=[0]),
        because="every rule of its check was armed",
        otherwise="its check says OK to {rules_unarmed} rules that are not armed: {rules_cause}",
        observed="rules_unarmed",
        asked="rules_asked",
        severity=Severity.WARNING,
        needs=("B2-checked",),
    ),
    "B2-pages": Rule(
        is_true("page_checksums"),
        because="page checksums were on, so a damaged page would have been noticed",
        otherwise="page checksums are off: a damaged page is backed up unnoticed",
        observed="page_checksums",
        asked="pages_asked",
    ),
    "B2-read": Rule(
        is_true("data_read"),
        because="what is stored was read back: {data_depth}",
        otherwise="what is stored was not read back: {data_read_cause}",
        observed="data_read",
        asked="read_asked",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "B2-data": Rule(
        is_true("data_good"),
        because="what was read is whole",
        otherwise="what is stored is not whole: {data_cause}",
        observed="data_good",
        asked="data_asked",
    ),
}

_LOG = {
    "B3-archiving": Rule(
        is_true("archiving"),
        because="the database's log is being kept",
        otherwise="the database's log is not being kept: {archiving_cause}",
        observed="archiving",
        asked="log_asked",
    ),
    "B3-range": Rule(
        is_true("log_covers"),
        because="the log that the backup needs, {log_from} to {log_to}, is kept; there is {log_first} to {log_last}",
        otherwise="the log that the backup needs is not kept: {log_cause}",
        observed="log_covers",
        asked="log_asked",
    ),
    "B3-gaps": Rule(
        ExpectColumnValuesToBeInSet(column="log_gaps", value_set=[0]),
        because="nothing is missing from the log up to {log_last}",
        otherwise="{log_gaps} pieces are missing from the log up to {log_last}: {gaps_cause}",
        observed="log_gaps",
        asked="log_asked",
    ),
}

BACKUP_TOOL: Suite[BackupToolCheck, BackupToolRow] = Suite(
    kind="backup-tool",
    columns=_columns,
    guards={
        "B0-answered": Rule(
            is_true("answered"),
            because="{tool} answered",
            otherwise="{tool} could not be asked: {unanswered}",
            observed="answered",
            unmet=Outcome.ERROR,
        ),
        "B0-readable": Rule(
            is_true("readable"),
            because="what {tool} printed can be read",
            otherwise="what {tool} printed cannot be read: {unreadable}",
            observed="readable",
            unmet=Outcome.ERROR,
        ),
        "B0-found": Rule(
            ExpectColumnValuesToBeBetween(column="good", min_value=1),
            because="{good} of {found} backups of {of} are good; the newest is {label}",
            otherwise="no good backup of {of}: {none_cause}",
            observed="good",
        ),
    },
    expectations={**_BACKUPS, **_WHOLE, **_LOG},
)
