"""pgBackRest: `info`, `check`, `verify`, and the settings that its newest backup was made with."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from tasks.backup_tools.printed import LATEST, Printed, read_printed
from tasks.backup_tools.tool import Answer, Columns, ListedBackup, Listing, Question, Tool
from tasks.backup_tools.wal import is_wal_name, missing_after
from tasks.collectors.strict_json import Unreadable

_ARCHIVED = re.compile(r"WAL segment ([0-9A-F]{24}) successfully archived")
_RETENTION = re.compile(r"^\s*(?:repo\d+: |current: )(.+)$", re.MULTILINE)
_SEGMENT = re.compile(r"/([0-9A-F]{24})-[0-9a-f]{40}")
_WAL_CHECKED = re.compile(r"archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)")
_FILES_CHECKED = re.compile(r"backup: (\S+), status: ([^,]+), total files checked: (\d+), total valid files: (\d+)")


class _Status(Printed):
    code: int
    message: str


class _Repository(Printed):
    key: int
    status: _Status


class _Range(Printed):
    start: str | None
    stop: str | None


class _Archive(Printed):
    id: str
    min: str | None
    max: str | None


class _Sizes(Printed):
    size: int = Field(ge=0)


class _Times(Printed):
    start: int
    stop: Annotated[int, Field(ge=0, lt=LATEST)]


class _Backup(Printed):
    label: str
    type: str
    error: bool | None = None
    archive: _Range
    info: _Sizes
    timestamp: _Times

    @property
    def listed(self) -> ListedBackup:
        trouble = "pages with wrong checksums were found while it was made" if self.error else None
        if self.error is None:
            trouble = "nothing says whether errors were found while it was made"
        ended_at = datetime.fromtimestamp(self.timestamp.stop, UTC)
        return ListedBackup(self.label, self.type, ended_at, self.info.size, trouble, log_from=self.archive.start)


class _Stanza(Printed):
    name: str
    status: _Status
    repo: tuple[_Repository, ...]
    archive: tuple[_Archive, ...]
    backup: tuple[_Backup, ...]


def _read_info(answer: Answer, of: str) -> Listing:
    stanzas = read_printed(tuple[_Stanza, ...], answer.body)
    stanza = next((stanza for stanza in stanzas if stanza.name == of), None)
    if stanza is None:
        raise Unreadable(f"says nothing of the stanza {of!r}")
    backups = tuple(sorted(stanza.backup, key=lambda backup: backup.timestamp.stop))
    listing = Listing(tuple(backup.listed for backup in backups))
    newest = next((backup for backup in backups if listing.newest and backup.label == listing.newest.label), None)
    return Listing(listing.backups, {**_status(stanza), **(_log(stanza, newest) if newest else {})})


def _status(stanza: _Stanza) -> Columns:
    bad = [f"repository {each.key}: {each.status.message}" for each in stanza.repo if each.status.code]
    own = [f"the stanza: {stanza.status.message}"] if stanza.status.code and not bad else []
    cause = "; ".join([*own, *bad]) or None
    return {"well": cause is None, "well_cause": cause}


def _log(stanza: _Stanza, newest: _Backup) -> Columns:
    """Whether one archive holds the log from the backup's start to its end; names of one timeline sort by time."""
    start, stop = newest.archive.start, newest.archive.stop
    if start is None or stop is None:
        return {"log_covers": False, "log_cause": "the backup names no log that it needs"}
    for archive in stanza.archive:
        if archive.min and archive.max and archive.min[8:] <= start[8:] and stop[8:] <= archive.max[8:]:
            kept = {"log_first": archive.min, "log_last": archive.max}
            return {**kept, "log_from": start, "log_to": stop, "log_covers": True}
    kept_ranges = ", ".join(f"{archive.id} from {archive.min} to {archive.max}" for archive in stanza.archive)
    cause = f"{start} to {stop} is needed and only {kept_ranges or 'nothing'} is kept"
    return {"log_from": start, "log_to": stop, "log_covers": False, "log_cause": cause}


def _read_check(answer: Answer, _: ListedBackup) -> Columns:
    """Its check archives a log file and waits for it, unless that was switched off."""
    if answer.failed or " ERROR: [" in f" {answer.text}":
        off = "archive_mode" in answer.complaint or "archive_command" in answer.complaint
        archiving = {"archiving": False, "archiving_cause": answer.complaint} if off else {}
        return {"checked": True, "check_good": False, "check_cause": answer.complaint, **archiving}
    if "check command end: completed successfully" not in answer.text:
        return {"check_cause": "its report does not say that the check came to its end"}
    archived = _ARCHIVED.search(answer.text)
    cause = None if archived else "its check archived no log file: archive-check is off, or it saw no primary"
    return {"checked": True, "check_good": True, "archiving": archived is not None, "archiving_cause": cause}


def _read_verify(answer: Answer, newest: ListedBackup) -> Columns:
    """`verify` reads every file of the repository; it is only worth something if it got to the newest backup."""
    files = {match[1]: match for match in _FILES_CHECKED.finditer(answer.text)}
    wal = _WAL_CHECKED.findall(answer.text)
    if newest.label not in files:
        said = answer.complaint if answer.failed else f"its verification says nothing of {newest.label}"
        return {"data_read_cause": said}
    bad = [f"{label} is {match[2]}" for label, match in files.items() if match[2] != "valid" or match[3] != match[4]]
    bad += [f"{int(all_) - int(valid)} log files of {name} are damaged" for name, all_, valid in wal if all_ != valid]
    if not bad and (answer.failed or int(files[newest.label][3]) == 0):
        bad = [answer.complaint]
    return {"data_read": True, "data_good": not bad, "data_cause": "; ".join(bad) or None}


def _read_log(answer: Answer, newest: ListedBackup) -> Columns:
    """Which log files the repository lacks since the newest backup; neither `info` nor `verify` looks for gaps."""
    files = read_printed(dict[str, dict[str, Any]], answer.body)
    names = [match[1] for path in files if (match := _SEGMENT.search(path))]
    if newest.log_from is None or not names:
        return {"gaps_cause": "it lists no log files"}
    if strange := next((name for name in (newest.log_from, *names) if not is_wal_name(name)), None):
        raise Unreadable(f"names the log file {strange}, which does not hold 16 MiB")
    missing = missing_after(newest.log_from, names)
    return {"log_gaps": len(missing), "gaps_cause": f"no {', '.join(missing[:3])}" if missing else None}


def _read_manifest(answer: Answer, newest: ListedBackup) -> Columns:
    """The options that a backup was made with, from the head of its manifest; the list of files is left alone."""
    lines = answer.body.decode(errors="replace").splitlines()
    if f'backup-label="{newest.label}"' not in lines:
        raise Unreadable(f"is not the manifest of {newest.label}")
    return {"page_checksums": "option-checksum-page=true" in lines}


def _read_retention(answer: Answer, _: ListedBackup) -> Columns:
    """The help for an option also tells what it is set to, wherever that was done."""
    if "repo-retention-full" not in answer.text:
        raise Unreadable("is not what `help expire repo-retention-full` prints")
    set_to = _RETENTION.findall(answer.text)
    if not set_to:
        return {"retention_cause": "repo-retention-full is not set, so no backup ever expires"}
    return {"retention": f"repo-retention-full = {', '.join(set_to)}"}


PGBACKREST = Tool(
    name="pgBackRest",
    version=("version",),
    backups=("--stanza={of}", "--output=json", "info"),
    read_backups=_read_info,
    questions={
        "backup": Question(
            _read_manifest, ("--stanza={of}", "repo-get", "backup/{of}/{label}/backup.manifest"), kept=64_000
        ),
        "check": Question(
            _read_check,
            ("--stanza={of}", "--log-level-console=info", "check"),
            {"check_cause": "nobody ran its check", "archiving_cause": "nobody ran its check"},
            judges=True,
        ),
        "log": Question(
            _read_log,
            ("--stanza={of}", "--output=json", "repo-ls", "--recurse", "archive/{of}"),
            {"gaps_cause": "nobody asked for the list of its log files"},
            kept=64_000_000,
        ),
        "data": Question(
            _read_verify,
            ("--stanza={of}", "--output=text", "--verbose", "verify"),
            {"data_read_cause": "nobody had it verify its repository"},
            judges=True,
            reads_data=True,
        ),
        "settings": Question(
            _read_retention,
            ("--stanza={of}", "help", "expire", "repo-retention-full"),
            {"retention_cause": "nobody asked for its settings"},
        ),
    },
)
