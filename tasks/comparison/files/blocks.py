"""Reads a file of lines in blocks of whole lines, all of it or in shares that threads read side by side."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

BLOCK = 1 << 20
NEWLINE = 10


def opened_after(path: Path, lines: int, *, buffered: bool = False) -> BinaryIO:
    """A file opened after so many lines."""
    with path.open("rb") as file:
        for _ in range(lines):
            file.readline()
        offset = file.tell()
    found: BinaryIO = path.open("rb", buffering=-1 if buffered else 0)
    found.seek(offset)
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """Whole lines of a file, from one place to another."""

    path: Path
    start: int
    stop: int

    def blocks(self, margin: int = 1) -> Iterator[tuple[bytearray, int]]:
        """Its lines, as `blocks` gives them."""
        with opened_after(self.path, 0) as file:
            file.seek(self.start)
            yield from blocks(file, margin, self.stop - self.start)


def shares(path: Path, header: int, size: int) -> list[Share]:
    """The lines of a file after its header, in shares of at least so many bytes, but for the last one."""
    found: list[Share] = []
    with path.open("rb") as file:
        for _ in range(header):
            file.readline()
        start, end = file.tell(), path.stat().st_size
        while start < end:
            stop = min(start + size, end)
            file.seek(stop - 1)
            file.readline()
            stop = max(file.tell(), stop)  # the file may be cut short meanwhile
            found.append(Share(path, start, stop))
            start = stop
    return found


def blocks(file: BinaryIO, margin: int = 1, size: int = sys.maxsize) -> Iterator[tuple[bytearray, int]]:
    """Whole lines as a buffer, used again each time, and how much of it they are; by a margin more of it can be read.

    The next `size` bytes of the file are read. The last line gets an end where it has none.
    """
    data, held = bytearray(BLOCK + margin), 0
    while True:
        if held == len(data) - margin:
            data = data + bytes(len(data))
        with memoryview(data)[held : min(len(data) - margin, held + size)] as free:
            read: int = cast("Any", file).readinto(free)
        if not read:
            break
        held += read
        size -= read
        end = data.rfind(b"\n", 0, held) + 1
        if end:
            yield data, end
            data[: held - end] = data[end:held]
            held -= end
    if held:
        data[held] = NEWLINE
        yield data, held + 1


def lines_in(path: Path, header: int) -> int:
    """How many lines a file has after its header."""
    with opened_after(path, header) as file:
        return sum(data.count(b"\n", 0, end) for data, end in blocks(file))


def is_utf8(path: Path) -> bool:
    """Whether every line of a file is UTF-8."""
    with opened_after(path, 0) as file:
        for data, end in blocks(file):
            try:
                data[:end].isascii() or data[:end].decode()
            except UnicodeDecodeError:
                return False
    return True


def with_one_end(lines: bytes) -> bytes:
    """Lines that all end in one way, so that those of several files can stand in one."""
    return lines.replace(b"\r\n", b"\n")
