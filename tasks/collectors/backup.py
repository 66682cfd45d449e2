"""Collects backup evidence: what lies there, whether it is whole, and what came back when it was restored."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture
from checks.kinds.backup import BackupCheck, BackupRow
from tasks.collectors.backup_base import BaseBackupLadder
from tasks.collectors.backup_captures import FOLDER, SOURCE, SPANS
from tasks.collectors.backup_dumps import DumpLadder
from tasks.collectors.backup_ladder import Climb, Ladder, capture
from tasks.collectors.backup_rows import backup_row, worth_restoring
from tasks.collectors.backup_sqlite import SqliteLadder
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.sources import Sources
from tasks.drills.backup_folder import BackupFile, list_backups
from tasks.drills.timeline import Timeline


class BackupCollector:
    """Looks at the newest backup of each check and, where the check says so, restores it in isolation.

    One backup at a time: restoring is work for the disks, and several at once would only blur what each one took.
    A step is taken only when those before it left something to take it with.
    """

    kind: ClassVar[str] = "backup"

    def __init__(self, sources: Sources, now: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._sources = sources
        self._now = now
        self._monotonic = monotonic
        self._turn = asyncio.Semaphore(1)
        self._ladders: dict[str, Ladder] = {
            "pg_dump": DumpLadder(sources, now),
            "pg_basebackup": BaseBackupLadder(sources),
            "sqlite": SqliteLadder(sources),
        }

    async def collect(self, check: BackupCheck) -> Evidence:
        async with self._turn:
            watch = Stopwatch(check, self._now)
            captures = tuple(await self._climb(check))
            return watch.evidence(
                self.rows_from(check, captures),
                captures,
                source=", ".join(dict.fromkeys(check.sources)),
                request=f"the newest of {check.backups}",
                parameters={"restore": bool(check.restore), "timezone": check.timezone},
            )

    @staticmethod
    def rows_from(check: BackupCheck, captures: Sequence[RawCapture]) -> tuple[BackupRow, ...]:
        """The row that captures give; nothing else is needed to make it again."""
        return (backup_row(check, {capture.item: capture for capture in captures}),)

    async def aclose(self) -> None:
        """Holds nothing open between checks."""

    async def _climb(self, check: BackupCheck) -> list[RawCapture]:
        """Step by step, each leaving its captures behind; ends where the next step has nothing to stand on."""
        ladder = self._ladders[check.form.made_by]
        source = capture(SOURCE, await ladder.look_at_source(check))
        folder = self._sources.folder(check.backups.source).folder.resolve()
        climb = Climb(check, folder, Timeline(self._now, self._monotonic), [source])
        try:
            newest = await self._detect(climb, ladder)
            if newest is not None:
                await ladder.fetch(climb, newest)
                if check.restore and _decide(climb):
                    await ladder.rehearse(climb, newest, check.restore)
        finally:
            climb.captures.append(capture(SPANS, climb.timeline.spans()))
        return climb.captures

    async def _detect(self, climb: Climb, ladder: Ladder) -> BackupFile | None:
        check = climb.check
        with climb.timeline.span("detect"):
            access = self._sources.folder(check.backups.source)
            zone = ZoneInfo(check.timezone)
            try:
                folder = await asyncio.to_thread(list_backups, access, check.backups.path, zone, ladder.header)
            except OSError as error:
                raise CollectionError(f"{check.backups}: cannot be read: {error.strerror}") from error
        climb.captures.append(capture(FOLDER, folder))
        return folder.newest


def _decide(climb: Climb) -> bool:
    """Whether this archive is the one to restore, by everything that was read of it."""
    with climb.timeline.span("decide"):
        return worth_restoring(climb.check, climb.by_item)
