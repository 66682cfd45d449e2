"""Reads from its captures what was seen of a SQLite file."""

from typing import Any

from checks.kinds.backup import BackupCheck
from checks.kinds.backup_forms import SqliteForm
from tasks.collectors.backup_captures import SQLITE, Captures, read
from tasks.drills.sqlite_files import SqliteFacts

_NAMED = 3


def sqlite_columns(check: BackupCheck, captures: Captures) -> dict[str, Any]:
    """What was seen of a SQLite file, beside what the check declares of it."""
    facts = read(SqliteFacts, captures, SQLITE)
    if facts is None or not isinstance(check.form, SqliteForm):
        return {}
    absent = [table for table in check.tables if table not in facts.tables]
    return {
        "readable": True,
        "integrity": not facts.cause and not facts.complaints,
        "integrity_cause": facts.cause or "; ".join(facts.complaints[:_NAMED]) or None,
        "foreign_keys_broken": facts.broken_keys if facts.cause is None else None,
        "foreign_keys_cause": ", ".join(facts.foreign_keys) or None,
        "application_id": facts.application_id,
        "application_expected": check.form.application_id,
        "user_version": facts.user_version,
        "user_version_expected": check.form.user_version,
        "log_bytes": facts.log_bytes,
        "entries": len(facts.tables),
        "tables_listed": len(check.tables) - len(absent) if check.tables and facts.cause is None else None,
        "tables_absent": ", ".join(absent) or None,
    }
