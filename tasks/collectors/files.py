"""Reads one file of a folder source, within its limits; whatever is wrong with the file is told, not raised."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from checks.errors import CollectionError
from tasks.collectors.sources import FolderAccess


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file's bytes and its own time, or why it could not be read."""

    relative: str
    body: bytes = b""
    file_time: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class TailRead:
    """The end of a file, which begins at the byte `start`, and the file's own time; or why it could not be read."""

    relative: str
    body: bytes = b""
    start: int = 0
    file_time: datetime | None = None
    trouble: str | None = None

    @property
    def size(self) -> int:
        """The whole file's bytes."""
        return self.start + len(self.body)


class Trouble(Exception):  # noqa: N818 (it says what the file is)
    """Why a file cannot be read, and its own time if that is known."""

    def __init__(self, said: str, file_time: datetime | None = None) -> None:
        super().__init__(said)
        self.file_time = file_time


def read_file(access: FolderAccess, relative: str) -> FileRead:
    """Reads a regular file as it is now; pipes and devices are refused, since reading one may never end."""
    try:
        with opened(access, relative) as (file, facts):
            time, body = _time(facts), file.read(access.limit + 1)
    except Trouble as error:
        return FileRead(relative, file_time=error.file_time, trouble=str(error))
    if len(body) > access.limit:
        return FileRead(relative, body[: access.limit], time, f"is larger than {access.limit} bytes")
    return FileRead(relative, body, time)


def read_tail(access: FolderAccess, relative: str, most: int) -> TailRead:
    """Reads the last `most` bytes of a regular file as it is now, which may be all of it."""
    try:
        with opened(access, relative) as (file, facts):
            start = max(0, facts.st_size - most)
            file.seek(start)
            return TailRead(relative, file.read(most), start, _time(facts))
    except Trouble as error:
        return TailRead(relative, file_time=error.file_time, trouble=str(error))


@contextmanager
def opened(access: FolderAccess, relative: str) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """A regular file to read from, and what the system says of it; raises `Trouble`."""
    demand_folder(access)
    try:
        descriptor = os.open(access.path(relative), os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Trouble("does not exist") from None
    except PermissionError:
        raise Trouble("may not be read") from None
    except RuntimeError:  # so pathlib tells of a loop
        raise Trouble("is a link to itself") from None
    except (OSError, ValueError) as error:
        raise Trouble(_why(error)) from None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise Trouble("is no regular file", _time(facts))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file, facts
    except OSError as error:
        raise Trouble(_why(error)) from None
    finally:
        os.close(descriptor)


def _time(facts: os.stat_result) -> datetime:
    return datetime.fromtimestamp(facts.st_mtime, UTC)


def _why(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error}"


def demand_folder(access: FolderAccess) -> None:
    """Without its folder a source cannot be asked at all."""
    if not access.folder.is_dir():
        raise CollectionError(f"sources.{access.name}: there is no folder {access.folder}; create it or mount it")
