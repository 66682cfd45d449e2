"""Barman: `list-backups`, `show-backup`, `check`, `verify-backup`, and its settings from `show-servers`."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from tasks.backup_tools.printed import Printed, read_printed
from tasks.backup_tools.tool import Answer, Columns, ListedBackup, Listing, Question, Tool
from tasks.backup_tools.wal import is_wal_name, segments_between
from tasks.collectors.strict_json import Unreadable

_UNARMED = re.compile(r"^no (\w+) provided")
_ENDED = ("DONE", "FAILED", "EMPTY", "WAITING_FOR_WALS")
_SHOWN = 5

Epoch = Annotated[str, Field(pattern=r"^[0-9]{1,11}$")]


class _Listed(Printed):
    backup_id: str
    status: str
    backup_type: str = "full"
    end_time_timestamp: Epoch | None = None
    size_bytes: Annotated[int, Field(ge=0)] | None = None

    @property
    def listed(self) -> ListedBackup:
        ended_at = datetime.fromtimestamp(int(self.end_time_timestamp), UTC) if self.end_time_timestamp else None
        trouble = None if self.status == "DONE" else f"its status is {self.status}"
        if trouble is None and ended_at is None:
            trouble = "nothing says when it ended"
        running = self.status not in _ENDED
        return ListedBackup(self.backup_id, self.backup_type, ended_at, self.size_bytes, trouble, running)


class _Base(Printed):
    begin_wal: str
    end_wal: str


class _Wal(Printed):
    last_available: str | None
    no_of_files: int


class _Backup(Printed):
    backup_id: str
    base_backup_information: _Base
    wal_information: _Wal


class _Said(Printed):
    status: str
    hint: str


class _Settings(Printed):
    archiver: bool
    streaming_archiver: bool
    archive_mode: str | None = None
    data_checksums: str | None = None
    retention_policy: str | None


def _of_server(answer: Answer, of: str | None, model: Any) -> Any:
    """What is printed below the server's name; Barman prints what went wrong below a name of its own."""
    errors = read_printed(dict[str, Any], answer.body).get("_ERROR")
    if errors:
        raise Unreadable(f"is an error: {'; '.join(map(str, errors))}")
    printed = read_printed(dict[str, model], answer.body)
    if of is None and len(printed) == 1:
        return next(iter(printed.values()))
    if of not in printed:
        raise Unreadable(f"says nothing of the server {of!r}" if of else "is not about one server")
    return printed[of]


def _read_list(answer: Answer, of: str) -> Listing:
    listed = _of_server(answer, of, tuple[_Listed, ...])
    return Listing(tuple(each.listed for each in sorted(listed, key=lambda each: each.backup_id)))


def _read_backup(answer: Answer, newest: ListedBackup) -> Columns:
    """The log that a backup needs and the log there is since; Barman counts the files it has after the backup."""
    backup = _of_server(answer, None, _Backup)
    if backup.backup_id != newest.label:
        raise Unreadable(f"is about {backup.backup_id}, not about {newest.label}")
    needed, kept = backup.base_backup_information, backup.wal_information
    named = [needed.begin_wal, needed.end_wal, *filter(None, [kept.last_available])]
    if wrong := next((name for name in named if not is_wal_name(name)), None):
        raise Unreadable(f"calls {wrong!r} a log file")
    columns = {"log_from": needed.begin_wal, "log_to": needed.end_wal, "log_last": kept.last_available}
    columns["log_first"] = needed.begin_wal if kept.last_available else None
    if kept.last_available is None or kept.last_available[8:] < needed.end_wal[8:]:
        cause = f"{needed.end_wal} is needed and the last that is kept is {kept.last_available or 'none'}"
        return {**columns, "log_covers": False, "log_cause": cause}
    follow = segments_between(needed.end_wal, kept.last_available)
    gaps = max(0, follow - kept.no_of_files)
    told = f"{follow} files follow {needed.end_wal}, and {kept.no_of_files} of them are there"
    return {**columns, "log_covers": True, "log_gaps": gaps, "gaps_cause": told if gaps else None}


def _read_check(answer: Answer, _: ListedBackup) -> Columns:
    """Barman says OK to an age or a size that nobody set a limit for; only its hint tells."""
    said: dict[str, _Said] = _of_server(answer, None, dict[str, _Said])
    bad = [f"{name}: {each.hint or each.status}" for name, each in said.items() if each.status != "OK"]
    unarmed = [match[1] for each in said.values() if each.status == "OK" and (match := _UNARMED.match(each.hint))]
    if not bad and answer.failed:
        bad = [answer.complaint]
    return {
        "checked": bool(said),
        "check_good": not bad,
        "check_cause": "; ".join(bad[:_SHOWN]) or None,
        "rules_unarmed": len(unarmed),
        "rules_cause": ", ".join(unarmed) or None,
    }


def _read_verify(answer: Answer, newest: ListedBackup) -> Columns:
    """`verify-backup` runs pg_verifybackup, which reads every file that the backup's manifest names."""
    if newest.label not in answer.text:
        return {"data_read_cause": answer.complaint}
    good = not answer.failed and "backup successfully verified" in answer.text
    return {"data_read": True, "data_good": good, "data_cause": None if good else answer.complaint}


def _read_settings(answer: Answer, _: ListedBackup) -> Columns:
    settings = _of_server(answer, None, _Settings)
    return {
        **_retention(settings),
        **_archiving(settings),
        "page_checksums": settings.data_checksums == "on" if settings.data_checksums else None,
    }


def _retention(settings: _Settings) -> Columns:
    if not settings.retention_policy:
        return {"retention_cause": "retention_policy is not set, so no backup ever expires"}
    return {"retention": settings.retention_policy}


def _archiving(settings: _Settings) -> Columns:
    """Log files come by a stream or by the server's archive command; the latter needs `archive_mode`."""
    if settings.streaming_archiver:
        return {"archiving": True}
    if not settings.archiver:
        return {"archiving": False, "archiving_cause": "archiver and streaming_archiver are both off"}
    on = settings.archive_mode in ("on", "always")
    return {"archiving": on, "archiving_cause": None if on else f"archive_mode is {settings.archive_mode}"}


BARMAN = Tool(
    name="Barman",
    version=("--version",),
    backups=("--format", "json", "list-backups", "{of}"),
    read_backups=_read_list,
    questions={
        "backup": Question(
            _read_backup,
            ("--format", "json", "show-backup", "{of}", "{label}"),
            {"log_cause": "nobody asked for the newest backup's log"},
        ),
        "check": Question(
            _read_check,
            ("--format", "json", "check", "{of}"),
            {"check_cause": "nobody ran its check"},
            judges=True,
        ),
        "data": Question(
            _read_verify,
            ("--format", "json", "verify-backup", "{of}", "{label}"),
            {"data_read_cause": "nobody had it verify its newest backup"},
            judges=True,
            reads_data=True,
        ),
        "settings": Question(
            _read_settings,
            ("--format", "json", "show-servers", "{of}"),
            {"retention_cause": "nobody asked for its settings", "archiving_cause": "nobody asked for its settings"},
        ),
    },
)
