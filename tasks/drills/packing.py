"""Reads compressed files: which way one is packed shows by its first bytes, whatever it is called."""

import bz2
import gzip
import lzma
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa  # type: ignore[import-untyped]

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
}
_LONGEST = max(map(len, _MAGIC))
DAMAGED = (OSError, EOFError, lzma.LZMAError)
"""What reading raises where the bytes are no good."""


def packing_of(path: Path) -> str | None:
    """How a file is packed; `None` where it begins as none that is known."""
    with path.open("rb") as file:
        head = file.read(_LONGEST)
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


@contextmanager
def unpacked(path: Path, packing: str) -> Iterator[BinaryIO]:
    """The content of a packed file, to be read once from its beginning; raises one of `DAMAGED` where that breaks."""
    with ExitStack() as stack:
        opened: object
        match packing:
            case "gzip":
                opened = stack.enter_context(gzip.open(path))
            case "bz2":
                opened = stack.enter_context(bz2.open(path))
            case "xz":
                opened = stack.enter_context(lzma.open(path))
            case _:
                file = stack.enter_context(pa.OSFile(str(path)))
                opened = stack.enter_context(pa.CompressedInputStream(file, packing))
        yield cast("BinaryIO", opened)
