"""Climbs the ladder on an archive of `pg_dump`: read by its own programs, restored into an isolated database."""

import asyncio
from dataclasses import replace
from pathlib import Path

from checks.evidence.records import RawCapture
from checks.kinds.backup import BackupCheck, Restore
from tasks.collectors.backup_captures import CONTENTS, DIGEST, READING, REHEARSAL, STDERR
from tasks.collectors.backup_ladder import Climb, capture, digest, made_at, programs, questions, source_address
from tasks.collectors.collector import Clock
from tasks.collectors.sources import Sources
from tasks.drills.archives import ArchiveHeader, read_header
from tasks.drills.backup_folder import BackupFile
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.inspecting import DatabaseFacts, Questions, inspect
from tasks.drills.programs import Programs
from tasks.drills.reading import read_archive
from tasks.drills.restore import Archive, RestorePlan, RestoreTarget, rehearse
from tasks.drills.targets import ServerTarget
from tasks.drills.temporary_server import TemporaryServer

READING_SECONDS = 3600.0


class DumpLadder:
    """What each step is for an archive of `pg_dump`."""

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now

    def header(self, path: Path) -> ArchiveHeader:
        """What the archive says of itself."""
        return read_header(path)

    async def look_at_source(self, check: BackupCheck) -> DatabaseFacts:
        """The source's name, and what it holds now where a copy will be compared with it."""
        if check.of is None:
            return DatabaseFacts(database="")
        access = self._sources.database(check.of)
        address = DatabaseAddress.of(access.name, access.url)
        if check.restore is None:
            return DatabaseFacts(database=address.database)
        tables: dict[str, str | None] = dict.fromkeys(check.tables)
        return await inspect(address, Questions(tables, check.restore.schemas, seconds=access.statement_timeout))

    async def fetch(self, climb: Climb, newest: BackupFile) -> None:
        """Reads the archive: its digest, its copies, its contents; all its data only where nothing restores it."""
        check, path = climb.check, climb.path(newest)
        with climb.timeline.span("fetch"):
            climb.captures.append(capture(DIGEST, await asyncio.to_thread(digest, check, path, self._sources)))
            if newest.format is None:
                return
            archive = Archive(path, newest.format, newest.dumped_from)
            own, whole = programs(check, self._sources), check.restore is None
            reading = await read_archive(archive, newest, own, seconds=READING_SECONDS, whole=whole)
        climb.captures.append(capture(READING, reading.facts))
        said = reading.stderr.decode(errors="replace")
        climb.captures.append(RawCapture(CONTENTS, reading.contents, {"stderr": said}))

    async def rehearse(self, climb: Climb, newest: BackupFile, restore: Restore) -> None:
        """Restores it into a database made for that, which is questioned and dropped."""
        archive = Archive(climb.path(newest), newest.format or "", newest.dumped_from)
        own = programs(climb.check, self._sources)
        target, seconds = self._target(restore, own, newest.bytes)
        limit = restore.within.total_seconds()
        asked = questions(climb.check, restore, seconds, made_at=made_at(climb.check, newest))
        asked = replace(asked, source=source_address(climb.check, self._sources))
        plan = RestorePlan(own, asked, restore.jobs, limit)
        rehearsal = await rehearse(archive, target, plan, climb.timeline)
        climb.captures.append(capture(REHEARSAL, rehearsal.facts))
        climb.captures.append(RawCapture(STDERR, rehearsal.stderr))

    def _target(self, restore: Restore, own: Programs, needed: int) -> tuple[RestoreTarget, float]:
        """The target, and how many seconds a query may take there; a database is no smaller than its archive."""
        if restore.into is None:
            return TemporaryServer(own, self._now, needed), restore.within.total_seconds()
        access = self._sources.database(restore.into)
        address = DatabaseAddress.of(access.name, access.url)
        return ServerTarget(address, isolated=restore.isolated, now=self._now), access.statement_timeout
