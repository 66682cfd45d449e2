"""Climbs the ladder on a base backup: held against its manifest, followed by its log, recovered and questioned."""

import asyncio
from dataclasses import replace
from pathlib import Path

from checks.evidence.records import RawCapture
from checks.kinds.backup import BackupCheck, Restore
from checks.kinds.backup_forms import BaseBackupForm
from tasks.collectors.backup_captures import (
    BASE,
    DIGEST,
    LOG,
    READING,
    RECOVERED,
    REHEARSAL,
    STDERR,
    DigestFacts,
    RecoveredFacts,
    read,
)
from tasks.collectors.backup_ladder import Climb, capture, digest, made_at, programs, questions, source_address
from tasks.collectors.sources import Sources
from tasks.drills.archives import ArchiveHeader, UnreadableHeaderError
from tasks.drills.backup_folder import BackupFile, sha256_of
from tasks.drills.base_backups import MANIFEST, BaseBackupFacts, read_base_backup, read_base_header
from tasks.drills.base_reading import LogFacts, read_whole_log, verify_manifest, why_not_these
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.inspecting import DatabaseFacts, Questions, inspect, system_of
from tasks.drills.reading import ReadingFacts
from tasks.drills.recovery import RecoveryPlan, recover

_READING_SECONDS = 3600.0


class BaseBackupLadder:
    """What each step is for a base backup."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def header(self, path: Path) -> ArchiveHeader:
        """What its label says."""
        return read_base_header(path)

    async def look_at_source(self, check: BackupCheck) -> DatabaseFacts:
        """Which cluster the source is, and what it holds now where a copy will be compared with it."""
        if check.of is None:
            return DatabaseFacts(database="")
        access = self._sources.database(check.of)
        address = DatabaseAddress.of(access.name, access.url)
        seconds = access.statement_timeout
        facts = DatabaseFacts(database=address.database)
        if check.restore is not None:
            asked: dict[str, str | None] = dict.fromkeys(check.tables)
            facts = await inspect(address, Questions(asked, check.restore.schemas, seconds=seconds))
        return facts.model_copy(update={"system": await system_of(address, seconds=seconds)})

    async def fetch(self, climb: Climb, newest: BackupFile) -> None:
        """Holds it against its manifest and its copies, and reads its log from its start to the newest segment."""
        path = climb.path(newest)
        with climb.timeline.span("fetch"):
            if newest.format is None:
                return
            facts = await asyncio.to_thread(_facts, path)
            climb.captures.append(capture(BASE, facts))
            if facts.version is None:
                return
            climb.captures.append(capture(DIGEST, await asyncio.to_thread(self._digest, climb.check, path)))
            own = programs(climb.check, self._sources)
            program, unfit = await why_not_these(own, facts.version)
            reading = ReadingFacts(program=program, programs_cause=unfit)
            if unfit is None:
                reading = await verify_manifest(path, own, seconds=_READING_SECONDS)
            climb.captures.append(capture(READING, reading))
            recovery = _form(climb.check).recover
            log = await read_whole_log(
                path,
                self._archive(climb.check),
                facts,
                own if unfit is None else None,
                until=recovery.until or recovery.back,
                seconds=_READING_SECONDS,
            )
            climb.captures.append(capture(LOG, log))

    async def rehearse(self, climb: Climb, newest: BackupFile, restore: Restore) -> None:
        """Recovers a copy of it on a server of its own, which is questioned and removed."""
        check, form = climb.check, _form(climb.check)
        facts, log = read(BaseBackupFacts, climb.by_item, BASE), read(LogFacts, climb.by_item, LOG)
        if facts is None or log is None:
            return
        seconds = restore.within.total_seconds()
        plan = RecoveryPlan(
            programs=programs(check, self._sources),
            backup=climb.path(newest),
            archive=self._archive(check),
            version=facts.version or "",
            first=facts.first,
            until=log.until,
            database=form.database or self._database(check),
            role=form.role,
            questions=replace(
                questions(check, restore, seconds, made_at=made_at(check, newest)),
                source=source_address(check, self._sources),
            ),
            seconds=seconds,
        )
        recovery = await recover(plan, climb.timeline)
        climb.captures.append(capture(REHEARSAL, recovery.rehearsal.facts))
        climb.captures.append(capture(RECOVERED, RecoveredFacts(replayed_at=recovery.replayed_at)))
        climb.captures.append(RawCapture(STDERR, recovery.rehearsal.stderr))

    def _digest(self, check: BackupCheck, path: Path) -> DigestFacts:
        """The manifest commits to every file, so all of them are read for a digest only where copies are compared."""
        return digest(check, path, self._sources) if check.copies else DigestFacts(sha256=sha256_of(path / MANIFEST))

    def _archive(self, check: BackupCheck) -> Path | None:
        wal = _form(check).wal
        return self._sources.folder(wal.source).path(wal.path) if wal else None

    def _database(self, check: BackupCheck) -> str:
        if check.of is None:
            return "postgres"
        access = self._sources.database(check.of)
        return DatabaseAddress.of(access.name, access.url).database


def _form(check: BackupCheck) -> BaseBackupForm:
    if not isinstance(check.form, BaseBackupForm):
        raise TypeError(check.form.made_by)
    return check.form


def _facts(path: Path) -> BaseBackupFacts:
    try:
        return read_base_backup(path)
    except UnreadableHeaderError as error:
        return BaseBackupFacts(cause=str(error))
