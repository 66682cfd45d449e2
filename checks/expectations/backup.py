"""What is expected of a backup, from B0 (there is one) to B7 (it answers): each step stands on those before it."""

from collections.abc import Mapping

from great_expectations.expectations import (
    ExpectColumnPairValuesAToBeGreaterThanB,
    ExpectColumnPairValuesToBeEqual,
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
)

from checks.evidence.records import Scalar
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.backup import BackupCheck, BackupRow
from checks.outcome import Outcome, Severity

_CLOCKS_DIFFER_BY = 60


def _columns(check: BackupCheck, row: BackupRow, occasion: Occasion) -> Mapping[str, Scalar]:
    return {**_asked_of_archive(check, row), **_asked_of_copy(check), **_ages(row, occasion)}


def _asked_of_archive(check: BackupCheck, row: BackupRow) -> dict[str, Scalar]:
    """The limits for B0 to B2; a program is needed for anything but a plain script that nobody restores."""
    expect = check.expect
    program = check.restore is not None or row.format != "plain"
    return {
        "age_limit": expect.age.total_seconds(),
        "smallest": expect.size,
        "size_share": row.bytes / row.median_bytes if row.bytes is not None and row.median_bytes else None,
        "kept_expected": expect.kept,
        "copies_expected": len(check.copies) or None,
        "checksum_expected": "matches" if expect.checksum else None,
        "programs_asked": True if program and row.programs_good is not None else None,
        "database_asked": row.database_expected if row.database is not None else None,
        "tables_expected": len(check.tables) or None,
    }


def _asked_of_copy(check: BackupCheck) -> dict[str, Scalar]:
    """The limits for B4 to B7; without a restore none of them is asked."""
    restore, expect = check.restore, check.expect
    if restore is None:
        return {}
    dated = any(table.newest for table in check.tables.values())
    return {
        "restore_asked": True,
        "source_asked": True if check.of else None,
        "schema_asked": True if check.of else None,
        "share_expected": expect.rows if check.of and check.tables else None,
        "canary_asked": True if restore.canary else None,
        "rpo_limit": expect.rpo.total_seconds() if dated else None,
        "rto_limit": expect.rto.total_seconds(),
    }


def _ages(row: BackupRow, occasion: Occasion) -> dict[str, Scalar]:
    """What follows from the instants: the backup's age now, and how old its newest record was when disaster struck."""
    restorable = row.newest_at is not None and row.declared_at is not None
    return {
        "age_seconds": (occasion.now - row.created_at).total_seconds() if row.created_at else None,
        "rpo_seconds": (row.declared_at - row.newest_at).total_seconds() if restorable else None,  # type: ignore[operator]
    }


def _true(column: str) -> ExpectColumnValuesToBeInSet:
    return ExpectColumnValuesToBeInSet(column=column, value_set=[True])


def _at_least(column: str, limit: str) -> ExpectColumnPairValuesAToBeGreaterThanB:
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=column, column_B=limit, or_equal=True, ignore_row_if="either_value_is_missing"
    )


def _equal(column: str, other: str) -> ExpectColumnPairValuesToBeEqual:
    return ExpectColumnPairValuesToBeEqual(column_A=column, column_B=other, ignore_row_if="either_value_is_missing")


_ARCHIVE = {
    "B1-content": Rule(
        ExpectColumnValuesToBeBetween(column="bytes", min_value=1),
        because="{archive} holds {bytes} bytes",
        otherwise="{archive} is empty: the job left a file and nothing in it",
        observed="bytes",
    ),
    "B1-clock": Rule(
        ExpectColumnValuesToBeBetween(column="age_seconds", min_value=-_CLOCKS_DIFFER_BY),
        because="made at {created_at}, says {created_from}",
        otherwise="made in the future, at {created_at}, says {created_from}: a clock is wrong",
        observed="created_at",
        unmet=Outcome.STALE,
    ),
    "B1-age": Rule(
        _at_least("age_limit", "age_seconds"),
        because="made {age_seconds} s ago, says {created_from}; expected at most {age_limit} s",
        observed="age_seconds",
        expected="age_limit",
        unmet=Outcome.STALE,
        needs=("B1-clock",),
    ),
    "B1-size": Rule(
        _at_least("size_share", "smallest"),
        because="{bytes} bytes, {size_share} of the median of those before it; expected at least {smallest}",
        observed="size_share",
        expected="smallest",
        needs=("B1-content",),
    ),
    "B1-kept": Rule(
        _at_least("found", "kept_expected"),
        because="{found} backups are kept; expected at least {kept_expected}",
        observed="found",
        expected="kept_expected",
    ),
    "B1-redundancy": Rule(
        _equal("copies_good", "copies_expected"),
        because="the same bytes lie in {copies_good} other places",
        otherwise="{copies_good} of {copies_expected} copies are good: {copies_cause}",
        observed="copies_good",
        expected="copies_expected",
        needs=("B1-content",),
    ),
    "B2-checksum": Rule(
        _equal("checksum", "checksum_expected"),
        because="its SHA-256 is the one written beside it, {sha256}",
        otherwise="the checksum beside it {checksum}: its SHA-256 is {sha256}",
        observed="checksum",
        expected="checksum_expected",
    ),
    "B2-programs": Rule(
        _true("programs_good"),
        because="the programs here can read it",
        otherwise="the programs here cannot tell: {programs_cause}",
        observed="programs_good",
        asked="programs_asked",
        unmet=Outcome.ERROR,
        needs=("B1-content",),
    ),
    "B2-readable": Rule(
        _true("readable"),
        because="{format} archive with {entries} entries, written by pg_dump {dumped_by}",
        otherwise="{archive} cannot be read: {read_cause}",
        observed="readable",
        needs=("B1-content", "B2-programs"),
    ),
    "B2-database": Rule(
        _equal("database", "database_asked"),
        because="a backup of the database {database}",
        otherwise="a backup of the database {database}, not of {database_asked}",
        observed="database",
        expected="database_asked",
        needs=("B1-content",),
    ),
    "B2-tables": Rule(
        _equal("tables_listed", "tables_expected"),
        because="it holds rows of all {tables_expected} tables that must come back",
        otherwise="it holds no rows of {tables_absent}",
        observed="tables_listed",
        expected="tables_expected",
        needs=("B2-readable",),
    ),
}

_COPY = {
    "B4-target": Rule(
        _true("target_good"),
        because="a new, empty, isolated database was there to restore into",
        otherwise="the restore target cannot be used: {target_cause}",
        observed="target_good",
        asked="restore_asked",
        unmet=Outcome.ERROR,
        needs=("B2-checksum", "B2-readable", "B2-database", "B2-tables"),
    ),
    "B4-restored": Rule(
        _true("restored"),
        because="restored without an error in {restore_seconds} s",
        otherwise="the restore failed: {restore_cause}",
        observed="restored",
        asked="restore_asked",
        needs=("B4-target",),
    ),
    "B4-clean": Rule(
        ExpectColumnValuesToBeInSet(column="restore_warnings", value_set=[0]),
        because="restored without a warning",
        otherwise="restored with {restore_warnings} warnings; they stand in the capture of its output",
        observed="restore_warnings",
        asked="restore_asked",
        severity=Severity.WARNING,
        needs=("B4-restored",),
    ),
    "B4-cleared": Rule(
        _true("cleared"),
        because="the isolated database is gone again",
        otherwise="{clear_cause}",
        observed="cleared",
        asked="restore_asked",
        needs=("B4-target",),
    ),
    "B4-leftovers": Rule(
        ExpectColumnValuesToBeInSet(column="leftovers", value_set=[0]),
        because="nothing was left by earlier runs",
        otherwise="earlier runs were killed; what they left was removed: {leftovers_named}",
        observed="leftovers",
        asked="restore_asked",
        severity=Severity.WARNING,
        needs=("B4-target",),
    ),
    "B5-opens": Rule(
        _true("opened"),
        because="the copy opens",
        otherwise="the copy does not open: {open_cause}",
        observed="opened",
        asked="restore_asked",
        needs=("B4-restored",),
    ),
    "B5-primary": Rule(
        ExpectColumnValuesToBeInSet(column="in_recovery", value_set=[False]),
        because="the copy is not in recovery",
        otherwise="the copy is still in recovery",
        observed="in_recovery",
        asked="restore_asked",
        needs=("B5-opens",),
    ),
    "B5-source": Rule(
        _true("source_good"),
        because="the source answered, so the copy can be compared with it",
        otherwise="the source cannot be compared with: {source_cause}",
        observed="source_good",
        asked="source_asked",
        unmet=Outcome.ERROR,
    ),
    "B5-schema": Rule(
        ExpectColumnValuesToBeInSet(column="schema_differences", value_set=[0]),
        because="its schema is the source's",
        otherwise="its schema differs from the source's in {schema_differences} places: it {schema_cause}",
        observed="schema_differences",
        asked="schema_asked",
        needs=("B5-opens", "B5-source"),
    ),
    "B6-rows": Rule(
        ExpectColumnValuesToBeInSet(column="tables_short", value_set=[0]),
        because="every table came back with rows, {rows_restored} in all",
        otherwise="too few rows came back: {rows_cause}",
        observed="tables_short",
        asked="restore_asked",
        needs=("B5-opens",),
    ),
    "B6-any": Rule(
        ExpectColumnValuesToBeBetween(column="rows_restored", min_value=1),
        because="{rows_restored} rows came back",
        otherwise="not a single row came back",
        observed="rows_restored",
        asked="restore_asked",
        needs=("B5-opens",),
    ),
    "B6-share": Rule(
        _at_least("least_share", "share_expected"),
        because="{least_share_of} holds {least_share} of the source's rows; expected at least {share_expected}",
        observed="least_share",
        expected="share_expected",
        needs=("B5-opens", "B5-source"),
    ),
    "B6-canary": Rule(
        _true("canary"),
        because="the canary row came back",
        otherwise="the canary row did not come back: {canary_cause}",
        observed="canary",
        asked="canary_asked",
        needs=("B5-opens",),
    ),
    "B6-newest": Rule(
        ExpectColumnValuesToBeBetween(column="rpo_seconds", min_value=-_CLOCKS_DIFFER_BY),
        because="the newest restored record is of {newest_at}",
        otherwise="the newest restored record is of the future, {newest_at}: a clock is wrong",
        observed="newest_at",
        asked="rpo_limit",
        unmet=Outcome.STALE,
        needs=("B5-opens",),
    ),
    "B6-RPO": Rule(
        _at_least("rpo_limit", "rpo_seconds"),
        because="a disaster at {declared_at} would have lost {rpo_seconds} s; expected at most {rpo_limit} s",
        observed="rpo_seconds",
        expected="rpo_limit",
        needs=("B6-newest",),
    ),
    "B7-smoke": Rule(
        _true("smoke"),
        because="the copy answers what the application asks",
        otherwise="the copy does not answer: {smoke_cause}",
        observed="smoke",
        asked="restore_asked",
        needs=("B5-opens",),
    ),
    "B7-RTO": Rule(
        _at_least("rto_limit", "rto_seconds"),
        because="declared to answering took {rto_seconds} s; expected at most {rto_limit} s",
        observed="rto_seconds",
        expected="rto_limit",
        needs=("B7-smoke",),
    ),
}

BACKUP: Suite[BackupCheck, BackupRow] = Suite(
    kind="backup",
    columns=_columns,
    guards={
        "B0-found": Rule(
            ExpectColumnValuesToBeBetween(column="found", min_value=1),
            because="{found} backups at {place}; the newest is {archive}",
            otherwise="no backup at {place}",
            observed="found",
        ),
    },
    expectations={**_ARCHIVE, **_COPY},
)
