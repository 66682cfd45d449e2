"""Collects backup evidence: what lies there, whether it is whole, and what came back when it was restored."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, Record
from checks.kinds.backup import BackupCheck, BackupRow, Restore
from tasks.collectors.backup_rows import (
    CONTENTS,
    DIGEST,
    FOLDER,
    READING,
    REHEARSAL,
    SOURCE,
    SPANS,
    DigestFacts,
    backup_row,
    worth_restoring,
)
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.sources import Sources
from tasks.drills.backup_folder import BackupFile, list_backups
from tasks.drills.checksums import compare_checksum
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.copies import compare_copies
from tasks.drills.inspecting import DatabaseFacts, Questions, inspect
from tasks.drills.programs import Programs
from tasks.drills.reading import read_archive
from tasks.drills.restore import Archive, RestorePlan, RestoreTarget, rehearse
from tasks.drills.targets import ServerTarget
from tasks.drills.temporary_server import TemporaryServer
from tasks.drills.timeline import Timeline

_READING_SECONDS = 3600.0


class BackupCollector:
    """Looks at the newest backup of each check and, where the check says so, restores it into an isolated database.

    One backup at a time: restoring is work for the disks, and several at once would only blur what each one took.
    A step is taken only when those before it left something to take it with.
    """

    kind: ClassVar[str] = "backup"

    def __init__(self, sources: Sources, now: Clock, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._sources = sources
        self._now = now
        self._monotonic = monotonic
        self._turn = asyncio.Semaphore(1)

    async def collect(self, check: BackupCheck) -> Evidence:
        async with self._turn:
            watch = Stopwatch(check, self._now)
            captures: list[RawCapture] = []
            await self._climb(check, captures)
            return watch.evidence(
                self.rows_from(check, captures),
                tuple(captures),
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

    async def _climb(self, check: BackupCheck, captures: list[RawCapture]) -> None:
        """Step by step, each leaving its captures behind; ends where the next step has nothing to stand on."""
        captures.append(_capture(SOURCE, await self._look_at_source(check)))
        timeline = Timeline(self._now, self._monotonic)
        try:
            newest = await self._detect(check, captures, timeline)
            if newest is not None:
                await self._fetch(check, newest, captures, timeline)
                if check.restore and worth_restoring(check, {capture.item: capture for capture in captures}):
                    await self._rehearse(check, newest, captures, timeline)
        finally:
            captures.append(_capture(SPANS, timeline.spans()))

    async def _look_at_source(self, check: BackupCheck) -> DatabaseFacts:
        """What the source holds now, before the clock starts: in a real disaster there would be none to ask."""
        if check.of is None:
            return DatabaseFacts(database="")
        access = self._sources.database(check.of)
        address = DatabaseAddress.of(access.name, access.url)
        if check.restore is None:
            return DatabaseFacts(database=address.database)
        tables: dict[str, str | None] = dict.fromkeys(check.tables)
        questions = Questions(tables, check.restore.schemas, seconds=access.statement_timeout)
        return await inspect(address, questions)

    async def _detect(self, check: BackupCheck, captures: list[RawCapture], timeline: Timeline) -> BackupFile | None:
        with timeline.span("detect"):
            access = self._sources.folder(check.backups.source)
            zone = ZoneInfo(check.timezone)
            try:
                folder = await asyncio.to_thread(list_backups, access, check.backups.path, zone)
            except OSError as error:
                raise CollectionError(f"{check.backups}: cannot be read: {error.strerror}") from error
        captures.append(_capture(FOLDER, folder))
        return folder.newest

    async def _fetch(
        self, check: BackupCheck, newest: BackupFile, captures: list[RawCapture], timeline: Timeline
    ) -> None:
        """Reads the archive: its digest, its copies, its contents; all its data only where nothing restores it."""
        path = self._sources.folder(check.backups.source).path(newest.path)
        with timeline.span("fetch"):
            digest = await asyncio.to_thread(compare_checksum, path)
            places = [(str(place), self._sources.folder(place.source).path(place.path)) for place in check.copies]
            copies = await asyncio.to_thread(compare_copies, path, places, sha256=digest.sha256)
            captures.append(_capture(DIGEST, DigestFacts(sha256=digest.sha256, checksum=digest.answer, copies=copies)))
            if newest.format is None:
                return
            archive = Archive(path, newest.format, newest.dumped_from)
            whole = check.restore is None
            reading = await read_archive(archive, newest, self._programs(check), seconds=_READING_SECONDS, whole=whole)
        captures.append(_capture(READING, reading.facts))
        captures.append(RawCapture(CONTENTS, reading.contents, {"stderr": reading.stderr.decode(errors="replace")}))

    async def _rehearse(
        self, check: BackupCheck, newest: BackupFile, captures: list[RawCapture], timeline: Timeline
    ) -> None:
        assert check.restore is not None  # noqa: S101 (the caller asked; the type does not say so)
        path = self._sources.folder(check.backups.source).path(newest.path)
        archive = Archive(path, newest.format or "", newest.dumped_from)
        programs = self._programs(check)
        target, seconds = self._target(check.restore, programs)
        plan = RestorePlan(
            programs,
            _questions(check, check.restore, seconds),
            check.restore.jobs,
            check.restore.within.total_seconds(),
        )
        rehearsal = await rehearse(archive, target, plan, timeline)
        captures.append(_capture(REHEARSAL, rehearsal.facts))
        captures.append(RawCapture("restore.stderr.txt", rehearsal.stderr))

    def _target(self, restore: Restore, programs: Programs) -> tuple[RestoreTarget, float]:
        if restore.into is None:
            return TemporaryServer(programs, self._now), restore.within.total_seconds()
        access = self._sources.database(restore.into)
        address = DatabaseAddress.of(access.name, access.url)
        return ServerTarget(address, isolated=restore.isolated, now=self._now), access.statement_timeout

    def _programs(self, check: BackupCheck) -> Programs:
        return Programs(self._sources.folder(check.programs).folder if check.programs else None)


def _questions(check: BackupCheck, restore: Restore, seconds: float) -> Questions:
    tables = {name: table.newest for name, table in check.tables.items()}
    return Questions(tables, restore.schemas, restore.canary, restore.smoke, seconds)


def _capture(item: str, facts: Record) -> RawCapture:
    return RawCapture(item, facts.model_dump_json(indent=2).encode() + b"\n")
