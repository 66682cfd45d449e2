"""Reads one file of a folder source, within its limits; whatever is wrong with the file is told, not raised."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime

from checks.errors import CollectionError
from tasks.collectors.sources import FolderAccess


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file's bytes and its own time, or why it could not be read."""

    relative: str
    body: bytes = b""
    file_time: datetime | None = None
    trouble: str | None = None


def read_file(access: FolderAccess, relative: str) -> FileRead:
    """Reads a regular file as it is now; pipes and devices are refused, since reading one may never end."""
    demand_folder(access)
    try:
        descriptor = os.open(access.path(relative), os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return FileRead(relative, trouble="does not exist")
    except PermissionError:
        return FileRead(relative, trouble="may not be read")
    except RuntimeError:  # so pathlib tells of a loop
        return FileRead(relative, trouble="is a link to itself")
    except (OSError, ValueError) as error:
        return FileRead(relative, trouble=_why(error))
    try:
        return _read(descriptor, relative, access.limit)
    except OSError as error:
        return FileRead(relative, trouble=_why(error))
    finally:
        os.close(descriptor)


def _read(descriptor: int, relative: str, limit: int) -> FileRead:
    facts = os.fstat(descriptor)
    time = datetime.fromtimestamp(facts.st_mtime, UTC)
    if not stat.S_ISREG(facts.st_mode):
        return FileRead(relative, file_time=time, trouble="is no regular file")
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        body = file.read(limit + 1)
    if len(body) > limit:
        return FileRead(relative, body[:limit], time, f"is larger than {limit} bytes")
    return FileRead(relative, body, time)


def _why(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def demand_folder(access: FolderAccess) -> None:
    """Without its folder a source cannot be asked at all."""
    if not access.folder.is_dir():
        raise CollectionError(f"sources.{access.name}: there is no folder {access.folder}; create it or mount it")
