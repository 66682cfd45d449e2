"""restic: `snapshots`, `stats` of the newest, and a `check` that counts for as much as it read."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from tasks.backup_tools.printed import Printed, read_printed
from tasks.backup_tools.tool import Answer, Columns, ListedBackup, Listing, Question, Tool
from tasks.collectors.strict_json import Unreadable

_NANOSECONDS = re.compile(r"(\.\d{6})\d+")
_OPTION = re.compile(r" --read-data(?:-subset=(\S+))?(?= |$)")
_READ = re.compile(r"^read (all data|[\d.]+% of data packs|group #\d+ of .*|.*subset.*)$", re.MULTILINE)


def _to_microseconds(value: object) -> object:
    """Go prints nanoseconds; Python's instants have microseconds."""
    return datetime.fromisoformat(_NANOSECONDS.sub(r"\1", value)) if isinstance(value, str) else value


class _Summary(Printed):
    total_bytes_processed: int = Field(ge=0)


class _Snapshot(Printed):
    id: str = Field(pattern=r"^[0-9a-f]{64}$")
    time: Annotated[AwareDatetime, BeforeValidator(_to_microseconds)]
    tags: tuple[str, ...] = ()
    summary: _Summary | None = None

    @property
    def listed(self) -> ListedBackup:
        return ListedBackup(self.id, "full", self.time, self.summary.total_bytes_processed if self.summary else None)


class _Stats(Printed):
    total_size: int = Field(ge=0)


class _CheckSummary(Printed):
    message_type: str
    num_errors: int = 0
    broken_packs: tuple[str, ...] | None = None


def _read_snapshots(answer: Answer, of: str) -> Listing:
    """Snapshots of the tag; restic writes one only when it is complete, and each stands for itself."""
    snapshots = read_printed(tuple[_Snapshot, ...], answer.body)
    ours = sorted((one for one in snapshots if of in one.tags), key=lambda one: one.time)
    return Listing(tuple(snapshot.listed for snapshot in ours))


def _read_stats(answer: Answer, newest: ListedBackup) -> Columns:
    """The newest snapshot's size; old versions do not tell it with the list."""
    size = read_printed(_Stats, answer.body).total_size
    return {"bytes": size if newest.bytes is None else newest.bytes}


def _read_check(answer: Answer, _: ListedBackup) -> Columns:
    """Without `--read-data` its check opens no pack of data, and is as content as with it."""
    read, troubles = _how_much_was_read(answer), _troubles(answer)
    if troubles is None:
        raise Unreadable("says neither that errors were found nor that none were")
    unread = None if read else "its check read no data: it looked at the repository's structure only"
    return {
        "data_read": read is not None,
        "data_read_cause": read or unread,
        "data_good": not troubles,
        "data_cause": troubles or None,
    }


def _how_much_was_read(answer: Answer) -> str | None:
    if answer.asked is not None:
        option = _OPTION.search(answer.asked)
        return (f"it read {option[1]} of the data" if option[1] else "it read all data") if option else None
    said = _READ.search(answer.text)
    return f"it read {said[1]}" if said else None


def _troubles(answer: Answer) -> str | None:
    """What the check complains of, empty where it does not; newer versions print JSON, older ones text."""
    if answer.failed:
        return answer.complaint
    if "no errors were found" in answer.text:
        return ""
    last = answer.body.strip().rpartition(b"\n")[2]
    if not last.startswith(b"{"):
        return None
    summary = read_printed(_CheckSummary, last)
    if summary.message_type != "summary":
        return None
    return f"{summary.num_errors} errors" if summary.num_errors or summary.broken_packs else ""


RESTIC = Tool(
    name="restic",
    version=("version",),
    backups=("snapshots", "--json", "--tag={of}"),
    read_backups=_read_snapshots,
    questions={
        "backup": Question(_read_stats, ("stats", "--json", "{label}")),
        "data": Question(
            _read_check,
            ("check", "--json", "{read_data}"),
            {"data_read_cause": "nobody ran its check"},
            judges=True,
            reads_data=True,
        ),
        "settings": Question(
            lambda _, __: {}, None, {"retention_cause": "restic keeps no such rule; whoever runs `forget` says it then"}
        ),
    },
)
