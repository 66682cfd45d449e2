"""Reads what an archive of `pg_dump` says of itself, without any program: format, time, database, versions."""

import re
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"PGDMP"
_PLAIN = b"-- PostgreSQL database dump"
_PLAIN_END = b"-- PostgreSQL database dump complete"
_HEAD = 8192
_LONGEST_STRING = 4096


class UnreadableHeaderError(ValueError):
    """A file is no archive of `pg_dump`, or ends within its header."""


@dataclass(frozen=True, slots=True)
class ArchiveHeader:
    """What a backup says of itself; `created` has no zone where the format stores none."""

    format: str
    created: datetime | None = None
    database: str | None = None
    dumped_from: str | None = None
    dumped_by: str | None = None


def read_header(path: Path) -> ArchiveHeader:
    """The header of a file or folder; raises `UnreadableHeaderError` with a sentence where there is none."""
    if path.is_dir():
        return _read_directory(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if not head:
            raise UnreadableHeaderError("the file is empty")
        file.seek(0)
        if head.startswith(_MAGIC):
            return _Reader(file).header("custom")
        if head[257:262] == b"ustar":
            return _read_tar(path)
    if _PLAIN in head:
        return _read_plain(head.decode(errors="replace"))
    raise UnreadableHeaderError("it is no archive of pg_dump: not its custom, directory or tar format, nor plain SQL")


def ends_whole(path: Path) -> bool:
    """Whether a plain dump ends with the line that `pg_dump` writes last."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _HEAD, 0))
        return _PLAIN_END in file.read()


def _read_directory(path: Path) -> ArchiveHeader:
    try:
        with (path / "toc.dat").open("rb") as file:
            return _Reader(file).header("directory")
    except FileNotFoundError as error:
        raise UnreadableHeaderError("the folder holds no toc.dat, so it is no archive of pg_dump") from error


def _read_tar(path: Path) -> ArchiveHeader:
    try:
        with tarfile.open(path) as archive:
            toc = archive.extractfile("toc.dat")
            if toc is None:
                raise UnreadableHeaderError("its toc.dat is no file")
            return _Reader(toc).header("tar")  # type: ignore[arg-type] # tarfile's readers are binary files
    except (KeyError, tarfile.TarError) as error:
        raise UnreadableHeaderError("it is a tar file without toc.dat, so it is no archive of pg_dump") from error


def _read_plain(head: str) -> ArchiveHeader:
    def told(pattern: str) -> str | None:
        match = re.search(pattern, head, re.MULTILINE)
        return match[1].strip() if match else None

    started = told(r"^-- Started on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
    try:
        created = datetime.fromisoformat(started) if started else None
    except ValueError as error:
        raise UnreadableHeaderError("its header holds no date") from error
    return ArchiveHeader(
        "plain",
        created=created,
        dumped_from=told(r"^-- Dumped from database version (.+)$"),
        dumped_by=told(r"^-- Dumped by pg_dump version (.+)$"),
    )


class _Reader:
    """Reads the header as `pg_backup_archiver.c` (ReadHead) lays it out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._width = 4

    def header(self, format_: str) -> ArchiveHeader:
        if self._take(5) != _MAGIC:
            raise UnreadableHeaderError("its table of contents does not begin as one of pg_dump")
        major, minor, _revision, self._width, _offset, _format = self._take(6)
        version = (major, minor)
        if version >= (1, 15):
            self._take(1)
        else:
            self._int()
        created = self._time()
        database = self._text()
        dumped_from, dumped_by = (self._text(), self._text()) if version >= (1, 10) else (None, None)
        return ArchiveHeader(format_, created, database, dumped_from, dumped_by)

    def _time(self) -> datetime:
        second, minute, hour, day, month, year, _dst = (self._int() for _ in range(7))
        try:
            return datetime(year + 1900, month + 1, day, hour, minute, min(second, 59))  # noqa: DTZ001 (it has no zone)
        except (ValueError, OverflowError) as error:
            raise UnreadableHeaderError("its header holds no date") from error

    def _text(self) -> str | None:
        length = self._int()
        if length > _LONGEST_STRING:
            raise UnreadableHeaderError("its header is damaged")
        return self._take(length).decode(errors="replace") if length >= 0 else None

    def _int(self) -> int:
        negative, *digits = self._take(1 + self._width)
        value = int.from_bytes(bytes(digits), "little")
        return -value if negative else value

    def _take(self, count: int) -> bytes:
        taken = self._file.read(count)
        if len(taken) != count:
            raise UnreadableHeaderError("it ends within its header")
        return taken
