"""Gathers a base backup's log in one folder, under the names that PostgreSQL knows, whatever it is compressed with."""

import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from checks.errors import CollectionError
from tasks.drills.base_backups import tar_file, unpack
from tasks.drills.held_folders import held_folder, why_no_copy
from tasks.drills.packing import DAMAGED, packing_of, unpacked
from tasks.drills.targets import Clearing

_LOG = "pg_wal"
# A segment or a history, and what an archiver may have added to its name; `.partial` and `.….backup` are PostgreSQL's
# own, and the rest of what has one more ending is on its way or was put aside.
_NAMED = re.compile(r"([0-9A-F]{24}|[0-9A-F]{8}\.history)(\.[A-Za-z0-9]+)?")
_NO_SEGMENT = frozenset({".partial", ".new", ".tmp", ".part", ".ready", ".done", ".bad", ".old"})
_PIECE = 1 << 20


class UnreadableLogError(ValueError):
    """The log in a backup cannot be taken out of it; the message says why."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Every file of the log by PostgreSQL's own name for it, all in one folder.

    `archived` names those from the archive. `packed` tells of segments that are there in a form nobody here can read,
    `damaged` of those that should be packed and are no good, each by name.
    """

    folder: Path
    files: dict[str, Path]
    archived: frozenset[str]
    packed: dict[str, str]
    damaged: dict[str, str]


@contextmanager
def gathered_log(backup: Path, archive: Path | None, first: str) -> Iterator[Gathered]:
    """The log from the segment `first` on, in a folder that is gone afterwards, also where this program was killed.

    The archive goes before the backup's own log, whose last segment a server was still writing to. What is packed is
    unpacked, so there has to be room for it; the rest is links. Raises `UnreadableLogError` where the backup's own log
    is a tar file that is no good.
    """
    with held_folder(Clearing()) as folder:
        try:
            gathered = gather(folder / _LOG, _own_log(backup, folder), archive, first)
        except OSError as error:
            raise CollectionError(f"the log could not be gathered: {why_no_copy(error)}") from error
        yield gathered


def gather(folder: Path, own: Path | None, archive: Path | None, first: str) -> Gathered:
    """Fills a new folder with links to the files of a log, and with what is packed of it unpacked."""
    folder.mkdir()
    gathered = Gathered(folder, {}, frozenset(_listed(archive)), {}, {})
    for place in (own, archive):
        for name, found in _listed(place).items():
            _take(gathered, name, found, first)
    return gathered


def is_packed(archive: Path) -> bool:
    """Whether anything of an archive has to be unpacked before a server can read it."""
    return any(path.name != name or packing_of(path) for name, path in _listed(archive).items())


def _own_log(backup: Path, folder: Path) -> Path:
    tar = tar_file(backup, _LOG)
    if tar is None:
        return backup / _LOG
    try:
        unpack(tar, folder / "own")
    except (tarfile.TarError, *DAMAGED) as error:
        if "No space left" in str(error):
            raise
        raise UnreadableLogError(f"its {tar.name} is damaged: {error}") from error
    return folder / "own"


def _listed(place: Path | None) -> dict[str, Path]:
    """The files of the log in a folder, each under PostgreSQL's name; what is not packed goes before what is."""
    found: dict[str, Path] = {}
    paths = [path for path in place.iterdir() if path.is_file()] if place is not None and place.is_dir() else []
    for path in sorted(paths, key=lambda path: (len(path.name), path.name)):
        match = _NAMED.fullmatch(path.name)
        if match and match[2] not in _NO_SEGMENT:
            found.setdefault(match[1], path)
    return found


def _take(gathered: Gathered, name: str, found: Path, first: str) -> None:
    """Puts one file in its place; of what is packed, only what the backup needs."""
    target = gathered.folder / name
    packing = packing_of(found)
    if packing is None and found.name != name:
        gathered.packed[name] = f"{found.name} is compressed or encrypted in a way that is not known here"
        return
    target.unlink(missing_ok=True)
    if packing is None:
        target.symlink_to(found.resolve())
    elif name[8:] >= first[8:] or "." in name:
        if cause := _unpack(found, packing, target):
            gathered.damaged[name] = cause
            target.unlink(missing_ok=True)
            target.symlink_to(found.resolve())
    else:
        return
    gathered.files[name] = target


def _unpack(found: Path, packing: str, target: Path) -> str | None:
    """Why a file cannot be unpacked."""
    with target.open("wb") as file:
        try:
            with unpacked(found, packing) as body:
                shutil.copyfileobj(body, file, _PIECE)
        except DAMAGED as error:
            if "No space left" in str(error):
                raise
            return f"cannot be unpacked as {packing}: {error}"
    return None
