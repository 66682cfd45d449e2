"""Reads a base backup where it lies: `pg_verifybackup` against its manifest, and its log from end to end."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

from checks.errors import CollectionError
from checks.evidence.records import Instant, Record
from tasks.drills.base_backups import BaseBackupFacts, tar_file
from tasks.drills.finishing import to_the_end
from tasks.drills.held_folders import remove_files
from tasks.drills.programs import Programs, run
from tasks.drills.reading import ReadingFacts
from tasks.drills.versions import major
from tasks.drills.wal_folder import Log, Needed, look_through
from tasks.drills.wal_gathering import UnreadableLogError, gathered_log
from tasks.drills.wal_reading import read_log

_NAMED = 3
_ERROR = "pg_verifybackup: error: "


class LogFacts(Record):
    """What is there of a backup's log, how far it can be read, and of when the newest transaction in it is.

    `until` is the instant to recover to, where one is asked for; `owed_at` the newest transaction up to it. `removed`
    names folders that killed readings had left.
    """

    segments: int
    missing: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    newest: str | None = None
    timeline_cause: str | None = None
    readable: bool | None = None
    read_cause: str | None = None
    newest_at: Instant | None = None
    until: Instant | None = None
    owed_at: Instant | None = None
    removed: tuple[str, ...] = ()


async def why_not_these(programs: Programs, version: str) -> tuple[str | None, str | None]:
    """The version of the programs, and why they cannot read a cluster of PostgreSQL `version`; else `None`."""
    try:
        told = await programs.version("pg_verifybackup")
        programs.path("pg_waldump")
    except CollectionError as error:
        return None, str(error)
    if major(told) == major(version):
        return told, None
    than = "older" if major(told) < major(version) else "newer"
    cause = f"pg_verifybackup {told} is {than} than the backup, which is of PostgreSQL {version}"
    return told, f"{cause}; point `programs` at PostgreSQL {major(version)}"


async def verify_manifest(path: Path, programs: Programs, *, seconds: float) -> ReadingFacts:
    """Reads every file against the manifest; the log is read apart, since `pg_verifybackup` reads none in tar files."""
    program = await programs.version("pg_verifybackup")
    # Before PostgreSQL 18 it knows plain backups alone, and not the option either.
    form = [f"--format={'tar' if tar_file(path, 'base') else 'plain'}"] if major(program) >= 18 else []
    ended = await run([programs.path("pg_verifybackup"), "--no-parse-wal", *form, str(path)], seconds=seconds)
    if ended.succeeded:
        return ReadingFacts(program=program, readable=True, to_the_end=True)
    lines = ended.stderr.decode(errors="replace").splitlines()
    told = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    return ReadingFacts(program=program, readable=False, cause="; ".join(told[:_NAMED]) or ended.complaint)


async def read_whole_log(
    path: Path,
    archive: Path | None,
    facts: BaseBackupFacts,
    programs: Programs | None,
    *,
    until: datetime | timedelta | None,
    seconds: float,
) -> LogFacts:
    """Looks through the log and, where there are programs for it and nothing is missing, decodes all of it.

    `until` is the instant to recover to, or how long before the newest transaction that is.
    """
    needed = Needed(facts.system, facts.timeline, facts.start, facts.end, facts.first)
    removed = await asyncio.to_thread(remove_files)
    async with AsyncExitStack() as stack:
        gathering = gathered_log(path, archive, facts.first)
        try:
            gathered = await to_the_end(asyncio.to_thread(stack.enter_context, gathering))
        except UnreadableLogError as error:
            return LogFacts(segments=0, timeline_cause=str(error), removed=removed)
        log = await asyncio.to_thread(look_through, gathered, needed)
        seen = LogFacts(
            segments=log.segments,
            missing=log.missing,
            packed=log.packed,
            strange=log.strange,
            newest=log.newest,
            timeline_cause=log.timeline_cause,
            removed=removed,
        )
        if programs is None or log.missing or log.packed or log.strange or log.timeline_cause:
            return seen
        return seen.model_copy(update=await _decode(log, gathered.folder, programs, until, seconds))


async def _decode(
    log: Log, folder: Path, programs: Programs, until: datetime | timedelta | None, seconds: float
) -> dict[str, object]:
    """The log once whole, and once more up to the instant to recover to: the server must come to the same."""
    deadline = time.monotonic() + seconds
    whole = await read_log(programs, folder, log.spans, seconds=seconds)
    instant = until if not isinstance(until, timedelta) else whole.newest_at and whole.newest_at - until
    owed = whole
    if instant is not None and whole.cause is None:
        owed = await read_log(programs, folder, log.spans, seconds=deadline - time.monotonic(), until=instant)
    return {
        "readable": whole.cause is None,
        "read_cause": whole.cause,
        "newest_at": whole.newest_at,
        "until": instant,
        "owed_at": owed.newest_at,
    }
