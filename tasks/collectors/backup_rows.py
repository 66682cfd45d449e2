"""Reads the row of a backup check from its captures, and whether a restore has anything to stand on."""

from typing import Any

from checks.kinds.backup import BackedUpTable, BackupCheck, BackupRow
from tasks.collectors.backup_base_rows import base_columns
from tasks.collectors.backup_captures import (
    CONTENTS,
    DIGEST,
    FOLDER,
    LOG,
    READING,
    REHEARSAL,
    SOURCE,
    SPANS,
    STDERR,
    Captures,
    DigestFacts,
    read,
)
from tasks.collectors.backup_sqlite_rows import sqlite_columns
from tasks.drills.backup_folder import BackupFile, BackupFolder
from tasks.drills.base_reading import LogFacts
from tasks.drills.inspecting import DatabaseFacts, TableFacts
from tasks.drills.reading import ReadingFacts
from tasks.drills.restore import RehearsalFacts
from tasks.drills.schema import shown
from tasks.drills.timeline import Spans

_NAMED = 3


def backup_row(check: BackupCheck, captures: Captures) -> BackupRow:
    """Everything the captures say, in one row."""
    folder = read(BackupFolder, captures, FOLDER)
    columns: dict[str, Any] = {
        "place": str(check.backups),
        "made_by": check.form.made_by,
        "found": len(folder.files) if folder else 0,
        "kept": len(folder.readable) if folder else 0,
        "widest_gap": folder.widest_gap if folder else None,
    }
    if folder and folder.newest:
        columns |= {**_newest(check, folder, folder.newest), **_whole(check, captures)}
        columns |= {**_rehearsal(captures), **_leftovers(captures), **_data(check, captures), **_times(captures)}
        columns |= {**sqlite_columns(check, captures), **base_columns(check, captures)}
        # What was replayed last dates a cluster whose tables say no times of their own.
        columns["newest_at"] = columns.get("newest_at") or columns.get("recovered_at")
    return BackupRow(subject=check.id, **columns)


def worth_restoring(check: BackupCheck, captures: Captures) -> bool:
    """Whether the backup is whole and ours as far as one can know without restoring it."""
    row = backup_row(check, captures)
    ours = all(
        seen is None or expected in (None, seen)
        for seen, expected in (
            (row.database, row.database_expected),
            (row.system, row.system_expected),
            (row.application_id, row.application_expected),
            (row.user_version, row.user_version_expected),
        )
    )
    if row.made_by == "pg_basebackup":
        return ours and bool(row.manifest_good and row.wal_readable)
    whole = bool(row.readable) and row.checksum in (None, "matches") and row.integrity is not False
    return whole and ours and not row.tables_absent


def _newest(check: BackupCheck, folder: BackupFolder, newest: BackupFile) -> dict[str, Any]:
    fallback = (newest.file_time, "its file") if check.trust_file_time else (None, None)
    created_at, created_from = newest.content_time or fallback
    return {
        "archive": newest.path,
        "format": newest.format,
        "created_at": created_at,
        "created_from": created_from,
        "file_time": newest.file_time,
        "bytes": newest.bytes,
        "median_bytes": folder.median_bytes,
        "database": newest.database,
        "dumped_from": newest.dumped_from,
        "dumped_by": newest.dumped_by,
        "readable": None if newest.format else False,
        "read_cause": newest.no_header,
    }


def _whole(check: BackupCheck, captures: Captures) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if check.of and (source := read(DatabaseFacts, captures, SOURCE)):
        columns["database_expected"] = source.database
    if digest := read(DigestFacts, captures, DIGEST):
        bad = [f"{copy.place}: {copy.cause}" for copy in digest.copies if copy.cause]
        columns |= {"sha256": digest.sha256, "checksum": digest.checksum}
        columns |= {"copies_good": len(digest.copies) - len(bad), "copies_cause": "; ".join(bad) or None}
    if reading := read(ReadingFacts, captures, READING):
        columns |= {"programs_good": reading.programs_cause is None, "programs_cause": reading.programs_cause}
        columns |= {"readable": reading.readable, "read_cause": reading.cause}
        if reading.readable and CONTENTS in captures:
            columns |= _contents(check, captures[CONTENTS].body.decode(errors="replace"))
    return columns


def _contents(check: BackupCheck, text: str) -> dict[str, Any]:
    """How many entries the table of contents has, and which of the check's tables it holds no rows of."""
    entries = [line for line in text.splitlines() if line.strip() and not line.startswith(";")]
    filled = [line for line in entries if "TABLE DATA " in line]
    absent = [name for name in check.tables if not any(_speaks_of(line, name) for line in filled)]
    listed = len(check.tables) - len(absent) if check.tables else None
    return {"entries": len(entries), "tables_listed": listed, "tables_absent": ", ".join(absent) or None}


def _speaks_of(line: str, table: str) -> bool:
    schema, _, name = table.partition(".")
    return f"TABLE DATA {schema} {name} " in line


def _rehearsal(captures: Captures) -> dict[str, Any]:
    facts = read(RehearsalFacts, captures, REHEARSAL)
    if facts is None:
        return {}
    said = captures[STDERR].body.decode(errors="replace").splitlines()
    copy = facts.copy_facts
    smoke = [answer for answer in facts.smoke if answer.cause or not answer.rows]
    return {
        "target_good": facts.target_cause is None,
        "target_cause": facts.target_cause,
        "restored": facts.restored,
        "restore_cause": facts.refused or facts.complaint,
        "restore_warnings": sum("warning:" in line.lower() for line in said) if facts.restored else None,
        "cleared": facts.left is None if facts.target_cause is None else None,
        "clear_cause": facts.left,
        "opened": copy.cause is None if copy else None,
        "open_cause": copy.cause if copy else None,
        "in_recovery": copy.in_recovery if copy else None,
        "canary": facts.canary.is_true if facts.canary else None,
        "canary_cause": (facts.canary.cause or "its query is not true") if facts.canary else None,
        "smoke": not smoke if facts.smoke else None,
        "smoke_cause": f"{smoke[0].query}: {smoke[0].cause or 'no row'}" if smoke else None,
    }


def _leftovers(captures: Captures) -> dict[str, Any]:
    """What killed runs had left, as the reading of a log and the rehearsal found it; both remove it."""
    log, facts = read(LogFacts, captures, LOG), read(RehearsalFacts, captures, REHEARSAL)
    removed = (*(log.removed if log else ()), *(facts.removed if facts else ()))
    was_looked_for = facts is not None and facts.target_cause is None
    return {
        "leftovers": len(removed) if removed or was_looked_for else None,
        "leftovers_named": ", ".join(removed) or None,
    }


def _data(check: BackupCheck, captures: Captures) -> dict[str, Any]:
    """What the copy holds, beside what was asked for and what the source holds now."""
    facts = read(RehearsalFacts, captures, REHEARSAL)
    source = read(DatabaseFacts, captures, SOURCE) if check.of and check.restore else None
    columns: dict[str, Any] = {}
    if source:
        cause = source.cause or source.schema_cause or _uncounted(check, source)
        columns |= {"source_good": cause is None, "source_cause": cause}
    if facts is None or facts.copy_facts is None or facts.copy_facts.cause:
        return columns
    copy = facts.copy_facts
    short = [f"{table.table} {cause}" for table in copy.tables if (cause := _lacks(check, table))]
    newest = [table.newest for table in copy.tables if table.newest]
    columns |= {
        "rows_restored": sum(table.rows or 0 for table in copy.tables),
        "tables_short": len(short),
        "rows_cause": "; ".join(short[:_NAMED]) or None,
        "newest_at": max(newest) if newest else None,
    }
    if source and source.cause is None:
        columns |= {**_against(source, copy), **_shares(source, copy), **_compared(facts)}
    return columns


def _lacks(check: BackupCheck, table: TableFacts) -> str | None:
    """What a table does not have that was asked for: rows, or a time among them."""
    asked = check.tables.get(table.table, BackedUpTable(rows=0))
    if table.cause or (table.rows or 0) < asked.rows:
        return table.cause or f"{table.rows} rows"
    return f"has no time in {asked.newest}" if asked.newest and table.rows and table.newest is None else None


def _uncounted(check: BackupCheck, source: DatabaseFacts) -> str | None:
    """Why a table that shares are asked of has no count at the source: it would be left out of them unnoticed."""
    return next((f"{table.table}: {table.cause}" for table in source.tables if check.tables and table.cause), None)


def _against(source: DatabaseFacts, copy: DatabaseFacts) -> dict[str, Any]:
    if source.tables_schema is None or copy.tables_schema is None:
        return {"schema_cause": source.schema_cause or copy.schema_cause}
    differences = source.tables_schema.differences(copy.tables_schema)
    return {"schema_differences": len(differences), "schema_cause": shown(differences) or None}


def _shares(source: DatabaseFacts, copy: DatabaseFacts) -> dict[str, Any]:
    """The table that came back with the least share of what the source holds now; an empty table lacks nothing."""
    held = {table.table: table.rows for table in source.tables if table.rows}
    shares = [((table.rows or 0) / rows, table.table) for table in copy.tables if (rows := held.get(table.table))]
    share, table = min(shares, default=(None, None))
    return {"least_share": share, "least_share_of": table}


def _compared(facts: RehearsalFacts) -> dict[str, Any]:
    """Settled rows against the source's; a table that could not be compared leaves it open how many differ."""
    if not facts.settled:
        return {}
    causes = [f"{one.table}: {one.cause}" for one in facts.settled if one.cause]
    differing = [one for one in facts.settled if one.differences]
    told = [
        f"{one.table}: {one.missing} are missing, {one.extra} are not the source's, {one.changed} are changed"
        for one in differing
    ]
    return {
        "rows_compared": sum(one.source_rows for one in facts.settled),
        "tables_differing": None if causes and not differing else len(differing),
        "compared_cause": "; ".join([*told, *causes][:_NAMED]) or None,
    }


def _times(captures: Captures) -> dict[str, Any]:
    spans = read(Spans, captures, SPANS)
    if spans is None:
        return {}
    named = ("fetch", "restore", "verify", "smoke", "teardown")
    durations: dict[str, Any] = {f"{name}_seconds": spans.seconds(name) for name in named}  # type: ignore[arg-type]
    return {**durations, "declared_at": spans.declared_at, "rto_seconds": spans.recovered}
