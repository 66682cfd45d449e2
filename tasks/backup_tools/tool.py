"""What every backup tool is to the collector: questions to ask it, and readers of its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checks.kinds.backup_tool import BackupQuestion

KEPT = 4_000_000
"""How many bytes of a program's output are kept."""

Columns = Mapping[str, Any]
"""Columns of `BackupToolRow`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool printed, or a report holds.

    `asked`, the command line, and `exit_code` are `None` where it was read from a report, which does not tell how it
    came about.
    """

    body: bytes
    asked: str | None = None
    exit_code: int | None = None
    stderr: str = ""

    @property
    def text(self) -> str:
        """All that was printed, as text; log lines may stand on either stream."""
        return "\n".join(filter(None, (self.body.decode(errors="replace"), self.stderr)))

    @property
    def failed(self) -> bool:
        return self.exit_code not in (None, 0)

    @property
    def complaint(self) -> str:
        """The first line that tells of an error, else the last that tells of anything."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
        return (telling[:1] or lines[-1:] or [f"it ended with {self.exit_code}"])[0][:300]


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """One backup as its tool lists it; `trouble` says why it is not good, `running` that it has not ended yet.

    `log_from` is the first piece of the database's log that it needs."""

    label: str
    form: str
    ended_at: datetime | None = None
    bytes: int | None = None
    trouble: str | None = None
    running: bool = False
    log_from: str | None = None

    @property
    def good(self) -> bool:
        return self.trouble is None and not self.running


@dataclass(frozen=True, slots=True)
class Listing:
    """A tool's backups, oldest first, and what else it says in the same breath."""

    backups: tuple[ListedBackup, ...]
    columns: Columns = field(default_factory=dict)

    @property
    def newest(self) -> ListedBackup | None:
        """The newest good backup."""
        return next((backup for backup in reversed(self.backups) if backup.good), None)


@dataclass(frozen=True, slots=True)
class Question:
    """A question beside the list of backups: its arguments, and which columns an answer gives.

    In arguments `{of}`, `{label}` (the newest good backup's), `{folder}` (an empty one) and `{read_data}` are filled
    in; without arguments it can only be read from a report. `unasked` are the columns where nobody asked. An answer
    with another exit code than 0 is none, unless the question `judges`: then that is how the tool says no. One that
    `reads_data` takes as long as that takes.
    """

    read: Callable[[Answer, ListedBackup], Columns]
    arguments: tuple[str, ...] | None = None
    unasked: Columns = field(default_factory=dict)
    judges: bool = False
    reads_data: bool = False
    kept: int = KEPT


@dataclass(frozen=True, slots=True)
class Tool:
    """A backup tool: how its backups are listed, and what else it is asked."""

    name: str
    version: tuple[str, ...]
    backups: tuple[str, ...]
    read_backups: Callable[[Answer, str], Listing]
    questions: Mapping[BackupQuestion, Question]
