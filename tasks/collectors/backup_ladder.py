"""The ladder that every form of backup climbs: what each form says of its steps, and what the forms share."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from checks.evidence.records import RawCapture, Record
from checks.kinds.backup import BackupCheck, Restore
from tasks.collectors.backup_captures import DigestFacts
from tasks.collectors.sources import Sources
from tasks.drills.archives import ArchiveHeader
from tasks.drills.backup_folder import BackupFile
from tasks.drills.checksums import compare_checksum
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.copies import compare_copies
from tasks.drills.inspecting import DatabaseFacts, Questions
from tasks.drills.programs import Programs
from tasks.drills.settled import Settled
from tasks.drills.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Climb:
    """One climb: the check, the folder its backups lie in, its clock, and the captures that each step leaves."""

    check: BackupCheck
    folder: Path
    timeline: Timeline
    captures: list[RawCapture] = field(default_factory=list)

    def path(self, backup: BackupFile) -> Path:
        """Where a backup lies."""
        return self.folder / backup.path

    @property
    def by_item(self) -> dict[str, RawCapture]:
        """The captures so far, by name."""
        return {capture.item: capture for capture in self.captures}


class Ladder(Protocol):
    """What the steps are for backups of one form; each adds its captures to the climb."""

    def header(self, path: Path) -> ArchiveHeader:
        """What a backup says of itself; raises `UnreadableHeaderError` where it is none of this form."""
        ...

    async def look_at_source(self, check: BackupCheck) -> DatabaseFacts:
        """What the source holds now, before the clock starts: in a real disaster there would be none to ask."""
        ...

    async def fetch(self, climb: Climb, newest: BackupFile) -> None:
        """Reads the backup where it lies, and changes nothing."""
        ...

    async def rehearse(self, climb: Climb, newest: BackupFile, restore: Restore) -> None:
        """Brings a copy of it back in isolation, questions it, and clears it away."""
        ...


def digest(check: BackupCheck, path: Path, sources: Sources) -> DigestFacts:
    """The backup's digest, beside the checksum that lies there and the copies elsewhere; reads all of them whole."""
    answer = compare_checksum(path)
    places = [(str(place), sources.folder(place.source).path(place.path)) for place in check.copies]
    copies = compare_copies(path, places, sha256=answer.sha256)
    return DigestFacts(sha256=answer.sha256, checksum=answer.answer, copies=copies)


def programs(check: BackupCheck, sources: Sources) -> Programs:
    """PostgreSQL's programs, where the check says."""
    return Programs(sources.folder(check.programs).folder if check.programs else None)


def questions(check: BackupCheck, restore: Restore, seconds: float, *, made_at: datetime | None = None) -> Questions:
    """What a copy is asked; `seconds` bounds each query. Rows settled before the backup was `made_at`."""
    tables = {name: table.newest for name, table in check.tables.items()}
    settled = tuple(
        Settled(name, table.newest, made_at - table.equal_before if made_at else None)
        for name, table in check.tables.items()
        if table.newest and table.equal_before is not None
    )
    return Questions(tables, restore.schemas, restore.canary, restore.smoke, seconds, settled)


def made_at(check: BackupCheck, backup: BackupFile) -> datetime | None:
    """When a backup was made, as it says itself; the time of its file counts where the check trusts it."""
    told = backup.content_time
    return told[0] if told else backup.file_time if check.trust_file_time else None


def source_address(check: BackupCheck, sources: Sources) -> DatabaseAddress | None:
    """Where the source of a check that compares values is reached."""
    if check.of is None or not check.compares:
        return None
    access = sources.database(check.of)
    return DatabaseAddress.of(access.name, access.url)


def capture(item: str, facts: Record) -> RawCapture:
    """Facts as a file of the bundle."""
    return RawCapture(item, facts.model_dump_json(indent=2).encode() + b"\n")
