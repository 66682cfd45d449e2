"""Reads an archive without restoring it: its table of contents, and on request every byte to the end."""

import asyncio
from dataclasses import dataclass

from checks.errors import CollectionError
from checks.evidence.records import Record
from tasks.drills.archives import ends_whole
from tasks.drills.backup_folder import BackupFile
from tasks.drills.plain_dumps import read_plain_dump
from tasks.drills.programs import ProgramRun, Programs, run
from tasks.drills.restore import Archive, cause_of
from tasks.drills.versions import major

_CONTENTS_KEPT = 64_000_000


class ReadingFacts(Record):
    """Whether an archive could be read, and why not; `to_the_end` says that all data was, not the contents alone.

    `programs_cause` says that the observer's programs are of no use here, which tells nothing about the archive.
    """

    program: str | None = None
    programs_cause: str | None = None
    readable: bool | None = None
    to_the_end: bool = False
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading came to; `contents` is the table of contents as `pg_restore --list` prints it."""

    facts: ReadingFacts
    contents: bytes = b""
    stderr: bytes = b""


async def read_archive(
    archive: Archive, told: BackupFile, programs: Programs, *, seconds: float, whole: bool
) -> Reading:
    """Reads the contents, and with `whole` all data too."""
    if archive.format == "plain":
        return await asyncio.to_thread(_read_plain, archive)
    try:
        version = await programs.version("pg_restore")
    except CollectionError as error:
        return Reading(ReadingFacts(programs_cause=str(error)))
    if told.dumped_by and major(version) < major(told.dumped_by):
        older = f"pg_restore {version} is older than pg_dump {told.dumped_by}, which wrote the archive"
        cause = f"{older}; point `programs` at PostgreSQL {major(told.dumped_by)} or later"
        return Reading(ReadingFacts(program=version, programs_cause=cause))
    listed = await _pg_restore(archive, programs, "--list", seconds=seconds)
    ended = await _pg_restore(archive, programs, "--file=/dev/null", seconds=seconds) if whole else listed
    ended = ended if listed.succeeded else listed
    broken = None if ended.succeeded else cause_of(ended)
    facts = ReadingFacts(program=version, readable=broken is None, to_the_end=whole and broken is None, cause=broken)
    return Reading(facts, listed.stdout, ended.stderr)


async def _pg_restore(archive: Archive, programs: Programs, what: str, *, seconds: float) -> ProgramRun:
    command = [programs.path("pg_restore"), what, str(archive.path)]
    return await run(command, seconds=seconds, kept=_CONTENTS_KEPT)


def _read_plain(archive: Archive) -> Reading:
    """A script is its own table of contents: the tables it fills, as `pg_restore --list` would call them."""
    dump = read_plain_dump(archive.path)
    contents = "".join(f"TABLE DATA {table.replace('.', ' ', 1)} -\n" for table in dump.tables)
    whole = ends_whole(archive.path)
    cause = None if whole else "it is truncated or damaged: pg_dump's last line is not there"
    return Reading(ReadingFacts(readable=whole, to_the_end=whole, cause=cause), contents.encode())
