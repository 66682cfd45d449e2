"""Reads what a base backup says of itself, plain or tar: its label, its manifest, its version and its cluster."""

import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from checks.evidence.records import Record
from tasks.drills.archives import ArchiveHeader, UnreadableHeaderError
from tasks.drills.packing import DAMAGED, unpacked
from tasks.drills.wal import position

MANIFEST = "backup_manifest"
_LABEL, _VERSION, _CONTROL = "backup_label", "PG_VERSION", "global/pg_control"
_COMPRESSIONS = {".tar": None, ".tar.gz": "gzip", ".tar.lz4": "lz4", ".tar.zst": "zstd"}
_PIECE = 1 << 20
_START = re.compile(r"^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) \(file ([0-9A-F]{24})\)", re.MULTILINE)
_TIMELINE = re.compile(r"^START TIMELINE: (\d+)", re.MULTILINE)
_TIME = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+)", re.MULTILINE)


class BaseBackupFacts(Record):
    """What a base backup says of itself; `cause` says why it is none that is finished, and then the rest is unknown.

    `start` and `end` are positions in the log, between which the backup was made; `files` counts those in the manifest.
    """

    cause: str | None = None
    version: str | None = None
    system: str | None = None
    timeline: int = 1
    start: int = 0
    end: int = 0
    first: str = ""
    files: int = 0


def read_base_header(path: Path) -> ArchiveHeader:
    """Form and time of a base backup, from its label; a time whose zone has no offset stays without one."""
    form = "base plain" if (path / _LABEL).is_file() else "base tar"
    label = _read(path, _LABEL).get(_LABEL)
    if label is None:
        raise UnreadableHeaderError("it is no base backup: it holds neither a backup_label nor a base.tar with one")
    return ArchiveHeader(form, created=_time(label.decode(errors="replace")))


def read_base_backup(path: Path) -> BaseBackupFacts:
    """What label and manifest say; of a cluster before PostgreSQL 17 its control file names the system."""
    if not (path / MANIFEST).is_file():
        begun = "its manifest is only begun" if (path / f"{MANIFEST}.tmp").exists() else "it has no backup_manifest"
        return BaseBackupFacts(cause=f"{begun}, which pg_basebackup writes last: it still runs, or was broken off")
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
        last = manifest["WAL-Ranges"][-1]
        end, files, system = position(last["End-LSN"]), len(manifest["Files"]), manifest.get("System-Identifier")
    except (ValueError, LookupError, TypeError) as error:
        return BaseBackupFacts(cause=f"its manifest cannot be read: {type(error).__name__} {error}"[:200])
    held = _read(path, _LABEL, _VERSION, *(() if system else (_CONTROL,)))
    label = held.get(_LABEL, b"").decode(errors="replace")
    start, timeline = _START.search(label), _TIMELINE.search(label)
    if start is None or timeline is None or _VERSION not in held:
        return BaseBackupFacts(cause="its backup_label or PG_VERSION is not there or damaged")
    if not system and _CONTROL in held:
        system = int.from_bytes(held[_CONTROL][:8], "little")
    return BaseBackupFacts(
        version=held[_VERSION].decode(errors="replace").strip(),
        system=str(system) if system else None,
        timeline=int(timeline[1]),
        start=position(start[1]),
        end=end,
        first=start[2],
        files=files,
    )


def tar_file(path: Path, stem: str) -> Path | None:
    """The tar file of that stem in a backup, compressed or not."""
    return next((found for ending in _COMPRESSIONS if (found := path / f"{stem}{ending}").is_file()), None)


def tablespaces(path: Path) -> tuple[Path, ...]:
    """The tar files of tablespaces, which are named by number."""
    return tuple(sorted(file for file in path.iterdir() if re.fullmatch(r"\d+\.tar(\.\w+)?", file.name)))


@contextmanager
def opened_tar(path: Path) -> Iterator[tarfile.TarFile]:
    """A tar file as `pg_basebackup` writes it, whatever it is compressed with."""
    compression = next(kind for ending, kind in _COMPRESSIONS.items() if path.name.endswith(ending))
    if compression is None:
        with tarfile.open(path) as archive:
            yield archive
        return
    with unpacked(path, compression) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        yield archive


def unpack(tar: Path, place: Path) -> None:
    """Writes the files and folders of a tar file into a folder; anything else in it, or a way out of it, is refused.

    `tarfile`'s own filters do the same from Python 3.11.4 on.
    """
    inside = place.resolve()
    inside.mkdir(parents=True, exist_ok=True)
    with opened_tar(tar) as opened:
        for member in opened:
            target = (inside / member.name).resolve()
            body = opened.extractfile(member) if member.isreg() else None
            if not target.is_relative_to(inside) or (body is None and not member.isdir()):
                raise tarfile.TarError(f"{tar.name} holds {member.name}, which is no file or folder of a backup's")
            (target.parent if body else target).mkdir(parents=True, exist_ok=True)
            if body:
                with target.open("wb") as file:
                    shutil.copyfileobj(body, file, _PIECE)


def _read(path: Path, *names: str) -> dict[str, bytes]:
    """Some small files of a backup; those that are not there are left out."""
    archive = tar_file(path, "base")
    if archive is None:
        return {name: (path / name).read_bytes() for name in names if (path / name).is_file()}
    held: dict[str, bytes] = {}
    try:
        with opened_tar(archive) as opened:
            for member in opened:
                if member.name in names and (file := opened.extractfile(member)):
                    held[member.name] = file.read()
                if len(held) == len(names):
                    break
    except (tarfile.TarError, *DAMAGED) as error:
        raise UnreadableHeaderError(f"its {archive.name} is damaged: {error}") from error
    return held


def _time(label: str) -> datetime | None:
    """The label's time; zones other than UTC and offsets are abbreviations, which many zones share."""
    match = _TIME.search(label)
    if match is None:
        return None
    told = datetime.fromisoformat(match[1])
    offset = re.fullmatch(r"([+-]\d\d)(?::?(\d\d))?", match[2])
    if offset:
        minutes = int(offset[1]) * 60 + int(f"{offset[1][0]}{offset[2] or 0}")
        return told.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    return told.replace(tzinfo=UTC) if match[2] in ("UTC", "GMT") else told
