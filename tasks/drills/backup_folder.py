"""Looks through a folder of backups: which are there, of when, and which is the newest."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from checks.evidence.records import Instant, Record
from tasks.collectors.sources import FolderAccess
from tasks.drills.archives import ArchiveHeader, UnreadableHeaderError, read_header

CHECKSUM = ".sha256"
SQLITE_LOGS = ("-wal", "-journal")
_BESIDE = (CHECKSUM, "-shm", *SQLITE_LOGS)
_COMPARED = 7
_PIECE = 1 << 20
_DATE = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:[-_.T ]?(\d\d)[-:.h]?(\d\d)(?:[-:.m]?(\d\d))?)?(Z)?(?!\d)"
)


class BackupFile(Record):
    """One backup: what lies in the folder, what its name says and what its own header says.

    `no_header` says why it has none. `file_time` is when the file was last written, which a copy may change.
    """

    path: str
    bytes: int
    file_time: Instant
    named_time: Instant | None = None
    header_time: Instant | None = None
    format: str | None = None
    database: str | None = None
    dumped_from: str | None = None
    dumped_by: str | None = None
    no_header: str | None = None

    @property
    def content_time(self) -> tuple[datetime, str] | None:
        """The instant the backup itself speaks of, and where: its header, else its name."""
        if self.header_time:
            return self.header_time, "its header"
        return (self.named_time, "its name") if self.named_time else None

    @property
    def placed(self) -> datetime:
        """Where it stands among the others: by its own time, else by its file's."""
        return self.content_time[0] if self.content_time else self.file_time


class BackupFolder(Record):
    """Every backup that a pattern finds, newest first."""

    place: str
    files: tuple[BackupFile, ...]

    @property
    def newest(self) -> BackupFile | None:
        return self.files[0] if self.files else None

    @property
    def readable(self) -> tuple[BackupFile, ...]:
        """Those that say what they are; a file that is empty or something else is no backup, whatever its name."""
        return tuple(file for file in self.files if file.bytes and file.format)

    @property
    def widest_gap(self) -> float | None:
        """The longest time between two backups in a row, in seconds; `None` where there are no two."""
        placed = [file.placed for file in self.readable]
        return max(((later - earlier).total_seconds() for later, earlier in pairwise(placed)), default=None)

    @property
    def median_bytes(self) -> float | None:
        """The median size of the seven before the newest; `None` where there is none to compare with."""
        earlier = [file.bytes for file in self.readable if file != self.newest][:_COMPARED]
        return float(median(earlier)) if earlier else None


def list_backups(
    access: FolderAccess, pattern: str, zone: ZoneInfo, header: Callable[[Path], ArchiveHeader] = read_header
) -> BackupFolder:
    """The backups in a folder source, as `header` reads them; a pattern that leaves the folder is refused."""
    root = access.folder.resolve()
    found = [access.path(str(path.relative_to(root))) for path in root.glob(pattern.lstrip("/"))]
    kept = [path for path in found if not path.name.endswith(_BESIDE) and not path.name.startswith(".")]
    files = [_look_at(path, root, zone, header) for path in kept]
    files.sort(key=lambda file: (file.placed, file.path), reverse=True)
    return BackupFolder(place=f"{access.name}:{pattern}", files=tuple(files))


def named_time(name: str, zone: ZoneInfo) -> datetime | None:
    """The instant that a name such as `ledger-20261122T140000Z.dump` speaks of; a date alone is its midnight."""
    match = _DATE.search(name)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if match[7] else zone)
    except ValueError:
        return None


def sha256_of(path: Path) -> str:
    """The digest of a file; of a folder, the digest of the `sha256sum`-style listing of all files in it, by name."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        listing = "".join(f"{sha256_of(file)}  {file.relative_to(path)}\n" for file in files)
        return hashlib.sha256(listing.encode()).hexdigest()
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _look_at(path: Path, root: Path, zone: ZoneInfo, read: Callable[[Path], ArchiveHeader]) -> BackupFile:
    header: ArchiveHeader | None = None
    no_header = None
    try:
        header = read(path)
    except UnreadableHeaderError as error:
        no_header = str(error)
    created = header.created if header else None
    if created is not None and created.tzinfo is None:
        created = created.replace(tzinfo=zone)
    return BackupFile(
        path=str(path.relative_to(root)),
        bytes=size_of(path),
        file_time=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        named_time=named_time(path.name, zone),
        header_time=created,
        format=header.format if header else None,
        database=header.database if header else None,
        dumped_from=header.dumped_from if header else None,
        dumped_by=header.dumped_by if header else None,
        no_header=no_header,
    )
