"""Archiving the log: tiles, records, catalogues, artefacts and keys go to the archive too, and the checkpoint last."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from checks.evidence.digests import Digest, sha256
from checks.evidence.log_records import RECORDS
from checks.evidence.records import Record, json_bytes
from checks.evidence.tiles import WIDTH, tiles_in
from checks.records import Instant
from tasks.sealing.archive import Archive
from tasks.sealing.attesting import ARTIFACTS
from tasks.sealing.catalogs import CATALOGS
from tasks.sealing.durability import replace_file
from tasks.sealing.log_files import CHECKPOINT, LOG, LogFiles
from tasks.sealing.turn import writing_alone

COPIED = ".archived/log.json"
_TRUST = "trust"
_SPARE = timedelta(days=30)
"""By how much a lock is longer than asked for, so that it need not be made longer with every bundle."""


class CopiedFile(Record):
    """A file whose copy was read back: its digest then, and until when the copy is locked."""

    digest: Digest
    locked_until: Instant


class CopiedLog(Record):
    """What of a log, and of what lies beside it, is in an archive."""

    location: str
    files: dict[str, CopiedFile]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file that the archive has to have, locked until an instant; one that never changes is not read again."""

    path: str
    read: Callable[[], bytes]
    until: datetime
    changes: bool


def copy_log(root: Path, archive: Archive, *, until: datetime, at: datetime) -> int:
    """Copies what the archive does not have as it is now, locked until an instant; returns how many leaves that is.

    The checkpoint goes last, so that an archive whose copying was interrupted holds the log as it was before. A partial
    tile is locked for as long as it takes for the next one to hold all of it.
    """
    size, wanted = _snapshot(root, until=until, soon=at)
    told = _told(root, archive)
    try:
        for one in wanted:
            known = told.get(one.path)
            if known is not None and known.locked_until >= one.until and not one.changes:
                continue
            data, lock = one.read(), one.until + _SPARE
            if known is None or known.digest != sha256(data):
                archive.put(one.path, data, until=lock)
            elif known.locked_until < one.until:
                archive.lock(one.path, until=lock)
            else:
                continue
            told[one.path] = CopiedFile(digest=sha256(data), locked_until=lock)
    finally:
        here = {one.path for one in wanted}
        kept = CopiedLog(location=archive.url, files={path: told[path] for path in sorted(told.keys() & here)})
        replace_file(root / COPIED, json_bytes(kept.model_dump(mode="json")))
    return size


def _snapshot(root: Path, *, until: datetime, soon: datetime) -> tuple[int, list[_Wanted]]:
    """A log at one size, and all that lies beside it; read while nobody writes, where it may change."""
    log = LogFiles(root / LOG)

    def lasting(path: Path) -> _Wanted:
        return _Wanted(path.relative_to(root).as_posix(), path.read_bytes, until, changes=False)

    def now(path: Path, until: datetime) -> _Wanted:
        data = path.read_bytes()
        return _Wanted(path.relative_to(root).as_posix(), lambda: data, until, changes=True)

    with writing_alone(root):
        checkpoint = log.checkpoint()
        size = 0 if checkpoint is None else checkpoint.size
        tiles = [(tile.width == WIDTH, log.folder / tile.path) for tile in tiles_in(size)]
        wanted = [lasting(path) for folder in (ARTIFACTS, CATALOGS, RECORDS) for path in _files(root / folder)]
        wanted += [lasting(path) if full else now(path, soon) for full, path in tiles]
        wanted += [lasting(path) for path in _files(log.folder) if path.name.startswith(f"{CHECKPOINT}.")]
        wanted += [now(path, until) for path in _files(root / _TRUST)]
        if checkpoint is not None:
            wanted.append(now(log.folder / CHECKPOINT, until))
    return size, wanted


def _files(folder: Path) -> Iterator[Path]:
    """The files in a folder that others read, by name."""
    yield from (path for path in sorted(folder.glob("[!.]*")) if path.is_file())


def _told(root: Path, archive: Archive) -> dict[str, CopiedFile]:
    """What was copied before, to this very place."""
    try:
        found = CopiedLog.model_validate_json((root / COPIED).read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}
    return dict(found.files) if found.location == archive.url else {}
