"""Reads a file of lines in blocks of whole lines."""

from collections.abc import Iterator
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


def blocks(file: BinaryIO, margin: int = 1) -> Iterator[tuple[bytearray, int]]:
    """Whole lines as a buffer, used again each time, and how much of it they are; by a margin more of it can be read.

    The last line gets an end where it has none.
    """
    data, held = bytearray(BLOCK + margin), 0
    while True:
        if held == len(data) - margin:
            data = data + bytes(len(data))
        with memoryview(data)[held:-margin] as free:
            read: int = cast("Any", file).readinto(free)
        if not read:
            break
        held += read
        end = data.rfind(b"\n", 0, held) + 1
        if end:
            yield data, end
            data[: held - end] = data[end:held]
            held -= end
    if held:
        data[held] = NEWLINE
        yield data, held + 1


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
