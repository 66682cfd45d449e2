"""What is expected of a backup, from B0 (there is one) to B7 (it answers): each step stands on those before it."""

from collections.abc import Mapping
from datetime import datetime

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.backup_archive import ARCHIVE, TABLES
from checks.expectations.backup_base import BASE, RECOVERY
from checks.expectations.backup_copy import COPY
from checks.expectations.backup_sqlite import SQLITE
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.backup import BackupCheck, BackupRow


def _columns(check: BackupCheck, row: BackupRow, occasion: Occasion) -> Mapping[str, Scalar]:
    return {
        **_asked_of_archive(check, row),
        **_asked_of_form(check, row),
        **_asked_of_copy(check, row),
        "leftovers_asked": True if check.restore or row.leftovers else None,
        **_ages(row, occasion),
        **_recovery(row),
    }


def _asked_of_archive(check: BackupCheck, row: BackupRow) -> dict[str, Scalar]:
    """The limits for B1 to B3, whatever made the backup."""
    expect = check.expect
    return {
        "age_limit": expect.age.total_seconds(),
        "smallest": expect.size,
        "size_share": row.bytes / row.median_bytes if row.bytes is not None and row.median_bytes else None,
        "kept_expected": expect.kept,
        "gap_limit": expect.gap.total_seconds() if expect.gap else None,
        "copies_expected": len(check.copies) or None,
        "database_asked": row.database_expected if row.database is not None else None,
    }


def _asked_of_form(check: BackupCheck, row: BackupRow) -> dict[str, Scalar]:
    """What is asked of one form only; a program is needed for anything but a SQLite file and a script nobody runs.

    A base backup holds whole clusters under a manifest, so neither a checksum beside it nor a list of tables is asked.
    """
    dump, base, sqlite = (row.made_by == form for form in ("pg_dump", "pg_basebackup", "sqlite"))
    program = dump and (check.restore is not None or row.format != "plain") and row.programs_good is not None
    return {
        "dump_asked": dump or None,
        "base_asked": base or None,
        "sqlite_asked": sqlite or None,
        "programs_asked": program or (base and row.complete is not False) or None,
        "checksum_expected": "matches" if check.expect.checksum and not base else None,
        "tables_expected": len(check.tables) or None if not base else None,
        "system_asked": (base and (row.system_expected or check.of) is not None) or None,
        "system_seen": row.system if row.system_expected else None,
    }


def _asked_of_copy(check: BackupCheck, row: BackupRow) -> dict[str, Scalar]:
    """The limits for B4 to B7; without a restore none of them is asked, nor an RPO of a chosen instant."""
    restore, expect = check.restore, check.expect
    if restore is None:
        return {}
    base = row.made_by == "pg_basebackup"
    dated = base or any(table.newest for table in check.tables.values())
    return {
        "restore_asked": True,
        "recovery_asked": base or None,
        "primary_asked": row.made_by != "sqlite" or None,
        "source_asked": True if check.of else None,
        "schema_asked": True if check.of else None,
        "share_expected": expect.rows if check.of and check.tables else None,
        "equal_asked": check.compares or None,
        "canary_asked": True if restore.canary else None,
        "rpo_limit": expect.rpo.total_seconds() if dated and row.recover_to is None else None,
        "rto_limit": expect.rto.total_seconds(),
    }


def _ages(row: BackupRow, occasion: Occasion) -> dict[str, Scalar]:
    """What follows from the instants: the backup's age now, and how old its newest record was when disaster struck."""
    return {
        "age_seconds": _seconds(row.created_at, occasion.now),
        "rpo_seconds": _seconds(row.newest_at, row.declared_at),
    }


def _recovery(row: BackupRow) -> dict[str, Scalar]:
    """How far recovery stayed behind what was owed, and how far it went past its target; seconds, none above zero."""
    return {
        "recovery_lacks": _seconds(row.recovered_at, row.recovery_owed_at),
        "recovery_overshoot": _seconds(row.recover_to, row.recovered_at),
    }


def _seconds(earlier: datetime | None, later: datetime | None) -> float | None:
    return (later - earlier).total_seconds() if earlier and later else None


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
    expectations={**ARCHIVE, **BASE, **SQLITE, **TABLES, **COPY, **RECOVERY},
)
