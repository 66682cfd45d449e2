"""Reads a base backup's log record by record with `pg_waldump`, and says of when its newest transaction is."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tasks.drills.programs import Programs, run
from tasks.drills.wal import written
from tasks.drills.wal_folder import Span

# Both end a transaction, and both move the time to which a server says that it has recovered.
_ENDED = re.compile(rb"desc: (?:COMMIT|ABORT)\S* (?:\d+: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC")


@dataclass(frozen=True, slots=True)
class WalReading:
    """The newest transaction of the log, up to an instant if one was given; `cause` says why reading broke off."""

    newest_at: datetime | None
    cause: str | None = None


async def read_log(
    programs: Programs, folder: Path, spans: Sequence[Span], *, seconds: float, until: datetime | None = None
) -> WalReading:
    """Decodes every record, which checks their checksums; stops counting at the first transaction after `until`."""
    ends, deadline = _Ends(until), time.monotonic() + seconds
    for span in spans:
        command = [
            *(programs.path("pg_waldump"), "--rmgr=Transaction", f"--path={folder}", f"--timeline={span.timeline}"),
            *(f"--start={written(span.begin)}", f"--end={written(span.end)}"),
        ]
        ended = await run(command, seconds=max(deadline - time.monotonic(), 0.1), each=ends.hear)
        if not ended.succeeded:
            return WalReading(ends.newest_at, ended.complaint.removeprefix("pg_waldump: error: "))
    return WalReading(ends.newest_at)


class _Ends:
    """Listens for the ends of transactions in what `pg_waldump` prints."""

    def __init__(self, until: datetime | None) -> None:
        self.newest_at: datetime | None = None
        self._until = until
        self._past = False
        self._rest = b""

    def hear(self, piece: bytes) -> None:
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if not self._past and (match := _ENDED.search(line)):
                self._count(datetime.fromisoformat(match[1].decode()).replace(tzinfo=UTC))

    def _count(self, ended_at: datetime) -> None:
        self._past = self._until is not None and ended_at > self._until
        if not self._past:
            self.newest_at = ended_at
