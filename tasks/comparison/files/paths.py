"""Which files an address names: one file, a glob, or a folder with everything of the right suffix under it."""

import glob
import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, Protocol, cast, runtime_checkable

from tasks.comparison.errors import ChangedError, RequestError, SideError

COMPRESSED = (".gz", ".zst")
UNKNOWN = (".7z", ".br", ".bz2", ".lz", ".lz4", ".lzma", ".snappy", ".xz", ".z", ".zip")
"""Compressions that are not read; under such a suffix a file is not the text that its inner one names."""
UNREADABLE = (OSError, EOFError, zlib.error)
"""What an `opened` file raises where it is damaged or cut short."""
_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes when a file does."""

    size: int
    changed: int
    inode: int


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one side, in order of name, as they were when it was opened."""

    name: str
    paths: tuple[Path, ...]
    stamps: tuple[Stamp, ...]

    @property
    def bytes(self) -> int:
        """Their size on disk."""
        return sum(stamp.size for stamp in self.stamps)

    @property
    def changed(self) -> int:
        """The newest change, in nanoseconds since 1970."""
        return max(stamp.changed for stamp in self.stamps)

    @property
    def compressed(self) -> bool:
        """Whether any of them is."""
        return any(path.suffix.lower() in COMPRESSED for path in self.paths)

    def check(self) -> None:
        """Raises when a file is not what it was when it was opened."""
        for path, stamp in zip(self.paths, self.stamps, strict=True):
            if stamp_of(path, self.name) != stamp:
                raise ChangedError(f"{said_of(self.name, path)} changed while it was read")

    def again(self) -> "Files":
        """The same files as they are now."""
        return Files(self.name, self.paths, tuple(stamp_of(path, self.name) for path in self.paths))


@runtime_checkable
class Filed(Protocol):
    """A side that is files."""

    files: Files


def found(address: str, suffixes: frozenset[str], called: str | None = None) -> Files:
    """The files that an address names, which is itself called by its last part if by nothing else.

    A folder's hidden files and those that start with `_` are not data.
    """
    name = called or PurePath(address).name
    paths = tuple(sorted(_paths(address, suffixes)))
    if not paths:
        raise SideError(f"{name}: there is no file")
    for path in paths:
        if path.suffix.lower() in UNKNOWN:
            known = ", ".join(COMPRESSED)
            raise RequestError(f"{said_of(name, path)} is compressed in a way that is not read; known: {known}")
    return Files(name, paths, tuple(stamp_of(path, name) for path in paths))


def said_of(name: str, path: PurePath) -> str:
    """A file of a side that is called `name`: that, and the file's own name where the side is not that file alone."""
    return name if name.endswith(path.name) else f"{name}: {path.name}"


def _paths(address: str, suffixes: frozenset[str]) -> list[Path]:
    path = Path(address)
    if path.is_dir():
        inside = (one for one in path.rglob("*") if one.is_file() and not one.name.startswith((".", "_")))
        return [one for one in inside if data_suffix(one) in suffixes]
    if path.exists() or not is_pattern(address):
        return [path]
    return [Path(one) for one in glob.glob(address, recursive=True) if Path(one).is_file()]  # noqa: PTH207 — an absolute pattern


def is_pattern(address: str) -> bool:
    """Whether an address may stand for several files."""
    return bool(_MAGIC & set(address))


def data_suffix(path: PurePath) -> str:
    """The suffix that names the format, below one that names a compression."""
    inner = path.with_suffix("") if path.suffix.lower() in COMPRESSED + UNKNOWN else path
    return inner.suffix.lower()


def opened(path: Path) -> BinaryIO:
    """A file, or what is in it where it is compressed."""
    if path.suffix.lower() == ".gz":
        import gzip

        return cast("BinaryIO", gzip.open(path))
    return unpacked(path, path.open("rb")) if path.suffix.lower() in COMPRESSED else path.open("rb")


def unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    """What is in an open file, by how its name says that it is compressed; it stays open where gzip compressed it."""
    if path.suffix.lower() == ".gz":
        import gzip

        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    import pyarrow as pa  # type: ignore[import-untyped]  # Python before 3.14 knows no Zstandard

    return io.BufferedReader(cast("io.RawIOBase", pa.CompressedInputStream(file, "zstd")))


def suffix_inside(folder: Path, known: frozenset[str]) -> str:
    """The format of a folder: the one suffix that its data files share."""
    inside = {data_suffix(one) for one in folder.rglob("*") if one.is_file() and not one.name.startswith((".", "_"))}
    formats = inside & known
    if len(formats) != 1:
        said = ", ".join(sorted(formats)) or "none"
        raise RequestError(f"the folder {folder.name} must hold files of one format; it holds {said}")
    return formats.pop()


def named(error: SideError, sides: Iterable[Files]) -> SideError:
    """The same error, with the file that it is about called as its side is."""
    for files in sides:
        for path in files.paths:
            if error.file == str(path):
                return SideError(f"{said_of(files.name, path)}: {error.said}")
    return error


def stamp_of(path: Path, name: str = "") -> Stamp:
    """The stamp of a file of a side called `name`; one that is not there or not readable is an error."""
    try:
        stat = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        said = error.strerror if path.parent.exists() else "its folder is not there"
        raise SideError(f"{said_of(name, path) if name else path.name} cannot be opened: {said}") from error
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)
