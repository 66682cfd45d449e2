"""Reads from its captures what was seen of a base backup, of its log, and how far its copy recovered."""

from datetime import datetime
from typing import Any

from checks.kinds.backup import BackupCheck
from checks.kinds.backup_forms import BaseBackupForm
from tasks.collectors.backup_captures import (
    BASE,
    FOLDER,
    LOG,
    READING,
    RECOVERED,
    SOURCE,
    Captures,
    RecoveredFacts,
    read,
)
from tasks.drills.backup_folder import BackupFolder
from tasks.drills.base_backups import BaseBackupFacts
from tasks.drills.base_reading import LogFacts
from tasks.drills.inspecting import DatabaseFacts
from tasks.drills.reading import ReadingFacts

_NAMED = 3


def base_columns(check: BackupCheck, captures: Captures) -> dict[str, Any]:
    """Everything about a base backup that no other form has."""
    if not isinstance(check.form, BaseBackupForm):
        return {}
    facts, reading = read(BaseBackupFacts, captures, BASE), read(ReadingFacts, captures, READING)
    source = read(DatabaseFacts, captures, SOURCE)
    columns: dict[str, Any] = {"system_expected": check.form.system or (source.system if source else None)}
    if facts is None:
        folder = read(BackupFolder, captures, FOLDER)
        cause = folder.newest.no_header if folder and folder.newest else None
        return {**columns, "complete": False, "complete_cause": cause}
    columns |= {
        "complete": facts.cause is None,
        "complete_cause": facts.cause,
        "system": facts.system,
        "dumped_from": facts.version,
        "entries": facts.files,
    }
    if reading is not None:
        columns |= {"manifest_good": reading.readable, "manifest_cause": reading.cause}
    return {**columns, **_log(captures), **_recovered(captures)}


def _log(captures: Captures) -> dict[str, Any]:
    log = read(LogFacts, captures, LOG)
    if log is None:
        return {}
    return {
        "wal_timeline_good": log.timeline_cause is None,
        "wal_timeline_cause": log.timeline_cause,
        "wal_segments": log.segments,
        "wal_missing": len(log.missing) if log.timeline_cause is None else None,
        "wal_missing_cause": ", ".join(log.missing[:_NAMED]) or None,
        "wal_packed": len(log.packed) if log.timeline_cause is None else None,
        "wal_packed_cause": "; ".join(log.packed[:_NAMED]) or None,
        "wal_newest": log.newest,
        "wal_foreign": len(log.strange) if log.timeline_cause is None else None,
        "wal_foreign_cause": "; ".join(log.strange[:_NAMED]) or None,
        "wal_readable": log.readable,
        "wal_read_cause": log.read_cause,
        "wal_newest_at": log.newest_at,
    }


def _recovered(captures: Captures) -> dict[str, Any]:
    """How far the copy came, beside how far the log goes; before any transaction it stands where the backup began."""
    folder, log = read(BackupFolder, captures, FOLDER), read(LogFacts, captures, LOG)
    recovered = read(RecoveredFacts, captures, RECOVERED)
    if folder is None or folder.newest is None or log is None or recovered is None:
        return {}
    began: datetime | None = folder.newest.header_time
    replayed = "its last replayed transaction" if recovered.replayed_at else "its start, since nothing was replayed"
    return {
        "recover_to": log.until,
        "recovered_at": recovered.replayed_at or began,
        "recovered_from": replayed,
        "recovery_owed_at": log.owed_at or began,
    }
