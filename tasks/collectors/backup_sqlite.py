"""Climbs the ladder on a copy of a SQLite file: examined where it lies, brought back and questioned in a folder."""

import asyncio
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from checks.errors import CollectionError
from checks.evidence.records import RawCapture
from checks.kinds.backup import BackupCheck, Restore
from tasks.collectors.backup_captures import DIGEST, REHEARSAL, SQLITE, STDERR
from tasks.collectors.backup_ladder import Climb, capture, digest, questions
from tasks.collectors.sources import Sources
from tasks.drills.archives import ArchiveHeader
from tasks.drills.backup_folder import BackupFile
from tasks.drills.inspecting import DatabaseFacts, Questions
from tasks.drills.sqlite_files import examine, inspect_sqlite, read_sqlite_header
from tasks.drills.sqlite_rehearsal import rehearse_sqlite

_EXAMINING_SECONDS = 3600.0


class SqliteLadder:
    """What each step is for a SQLite file."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def header(self, path: Path) -> ArchiveHeader:
        """What the file says of itself."""
        return read_sqlite_header(path)

    async def look_at_source(self, check: BackupCheck) -> DatabaseFacts:
        """What the application's own file holds now, where a copy will be compared with it."""
        if check.of is None:
            return DatabaseFacts(database="")
        access = self._sources.database(check.of)
        path = _file(access.name, access.url)
        if check.restore is None:
            return DatabaseFacts(database=path.name)
        asked: dict[str, str | None] = dict.fromkeys(check.tables)
        return await inspect_sqlite(path, Questions(asked, seconds=access.statement_timeout))

    async def fetch(self, climb: Climb, newest: BackupFile) -> None:
        """Its digest, its copies, its header, and what SQLite's own checks find."""
        path = climb.path(newest)
        with climb.timeline.span("fetch"):
            if path.is_file():
                facts = await asyncio.to_thread(digest, climb.check, path, self._sources)
                climb.captures.append(capture(DIGEST, facts))
            if newest.format is None:
                return
            climb.captures.append(capture(SQLITE, await examine(path, seconds=_EXAMINING_SECONDS)))

    async def rehearse(self, climb: Climb, newest: BackupFile, restore: Restore) -> None:
        """Copies it into a folder of its own and questions it there."""
        asked = questions(climb.check, restore, restore.within.total_seconds())
        facts = await rehearse_sqlite(climb.path(newest), asked, climb.timeline)
        climb.captures.append(capture(REHEARSAL, facts))
        climb.captures.append(RawCapture(STDERR, b""))


def _file(name: str, url: str) -> Path:
    """The file behind a URL such as `sqlite:////srv/app.db`."""
    try:
        told = make_url(url)
    except ArgumentError as error:
        raise CollectionError(f"sources.{name}: unreadable address; write sqlite:////path") from error
    if told.get_backend_name() != "sqlite" or not told.database:
        raise CollectionError(f"sources.{name} is no SQLite file; this check's backups are of one")
    return Path(told.database)
