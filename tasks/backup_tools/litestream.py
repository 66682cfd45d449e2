"""litestream: the transactions it keeps (`ltx`, or `snapshots` before version 0.5), its status and a restored copy."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from tasks.backup_tools.printed import Printed, read_printed
from tasks.backup_tools.tool import Answer, Columns, ListedBackup, Listing, Question, Tool
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.yaml_reading import parse_yaml

_SNAPSHOTS = 9
_TABLE = re.compile(r"^replica +generation +index +size +created$")
_ROW = re.compile(r"^(\S+) +([0-9a-f]{16}) +(\d+) +(\d+) +(\S+)$")
_PASSED = "post-restore integrity check passed"

Transaction = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _File(Printed):
    level: int
    min_txid: Transaction
    max_txid: Transaction
    size: int = Field(ge=0)
    timestamp: AwareDatetime


class _Status(Printed):
    database: str
    status: str


class _Snapshot(Printed):
    retention: str | None = None


class _Retention(Printed):
    enabled: bool = True


class _Settings(Printed):
    snapshot: _Snapshot = _Snapshot()
    retention: _Retention = _Retention()


def _read_backups(answer: Answer, _: str) -> Listing:
    first, *rest = answer.body.decode(errors="replace").strip().splitlines() or [""]
    return _read_table(rest) if _TABLE.match(first) else _read_ltx(answer)


def _read_ltx(answer: Answer) -> Listing:
    """Snapshots are the files of the highest level; transactions since may lie in files of any level."""
    files = read_printed(tuple[_File, ...], answer.body)
    snapshots = sorted((one for one in files if one.level == _SNAPSHOTS), key=lambda one: int(one.max_txid, 16))
    backups = tuple(ListedBackup(one.max_txid, "full", one.timestamp, one.size) for one in snapshots)
    return Listing(backups, _log(snapshots[-1], files) if snapshots else {})


def _log(snapshot: _File, files: tuple[_File, ...]) -> Columns:
    """From the snapshot on, each transaction must follow on one before it, in whichever file that lies."""
    reached, gaps = int(snapshot.max_txid, 16), []
    for one in sorted(files, key=lambda one: int(one.min_txid, 16)):
        start, end = int(one.min_txid, 16), int(one.max_txid, 16)
        if start > reached + 1:
            gaps.append(f"{reached + 1:016x} to {start - 1:016x}")
        reached = max(reached, end)
    kept = {"log_first": min(one.min_txid for one in files), "log_last": max(one.max_txid for one in files)}
    cause = f"no file holds {', '.join(gaps[:3])}" if gaps else None
    needed = {"log_from": snapshot.max_txid, "log_to": snapshot.max_txid, "log_covers": True}
    return {**kept, **needed, "log_gaps": len(gaps), "gaps_cause": cause}


def _read_table(lines: list[str]) -> Listing:
    backups = []
    for line in lines:
        row = _ROW.match(line)
        if row is None:
            raise Unreadable(f"has a line that is no snapshot: {line[:80]!r}")
        try:
            created = TypeAdapter(AwareDatetime).validate_python(datetime.fromisoformat(row[5]))
        except ValueError:
            raise Unreadable(f"dates a snapshot {row[5][:40]!r}") from None
        backups.append(ListedBackup(f"{row[2]}/{row[3]}", "full", created, int(row[4])))
    cause = "this version lists no transactions; version 0.5 does"
    return Listing(tuple(sorted(backups, key=lambda one: str(one.ended_at))), {"log_cause": cause})


def _read_status(answer: Answer, _: ListedBackup) -> Columns:
    statuses = read_printed(tuple[_Status, ...], answer.body)
    bad = [f"{one.database} is {one.status}" for one in statuses if one.status != "ok"]
    cause = "; ".join(bad) or (None if statuses else "it knows no such database")
    checked = {"checked": True, "check_good": cause is None, "check_cause": cause}
    return {**checked, "archiving": cause is None, "archiving_cause": cause}


def _read_restored(answer: Answer, _: ListedBackup) -> Columns:
    """It checks the integrity of nothing by itself; a copy is restored and checked on the way."""
    if answer.failed or answer.text.startswith("Error:"):
        return {"data_read": True, "data_good": False, "data_cause": answer.complaint}
    if _PASSED not in answer.text:
        return {"data_read_cause": "a copy was restored without checking its integrity"}
    return {"data_read": True, "data_good": True}


def _read_settings(answer: Answer, _: ListedBackup) -> Columns:
    """Its configuration file; it expands references in it, which stand here as they were written."""
    try:
        settings = _Settings.model_validate(parse_yaml(answer.body) or {})
    except (Unreadable, ValidationError):
        raise Unreadable("is no configuration of litestream") from None
    if not settings.retention.enabled:
        return {"retention_cause": "retention is switched off: old snapshots go only where the storage removes them"}
    return {"retention": settings.snapshot.retention or "24h, its default"}


LITESTREAM = Tool(
    name="litestream",
    version=("version",),
    backups=("ltx", "-json", "-level", "all", "{of}"),
    read_backups=_read_backups,
    questions={
        "check": Question(
            _read_status,
            ("status", "-json", "{of}"),
            {"check_cause": "nobody asked for its status", "archiving_cause": "nobody asked for its status"},
        ),
        "data": Question(
            _read_restored,
            ("restore", "-integrity-check", "full", "-o", "{folder}/copy.db", "{of}"),
            {"data_read_cause": "it checks no integrity by itself, and nobody had it restore a copy"},
            judges=True,
            reads_data=True,
        ),
        "settings": Question(
            _read_settings,
            None,
            {"retention_cause": "it does not print its configuration; name it in reports.settings"},
        ),
    },
)
