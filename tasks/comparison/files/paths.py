"""Which files an address names: one file, a glob, or a folder with everything of the right suffix under it."""

import glob
import gzip
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from tasks.comparison.errors import ChangedError, RequestError, SideError

COMPRESSED = (".gz", ".zst")
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
            if stamp_of(path) != stamp:
                raise ChangedError(f"{path.name} changed while it was read")

    def again(self) -> "Files":
        """The same files as they are now."""
        return Files(self.name, self.paths, tuple(map(stamp_of, self.paths)))


def found(address: str, suffixes: frozenset[str]) -> Files:
    """The files that an address names; a folder's hidden files and those that start with `_` are not data."""
    paths = tuple(sorted(_paths(address, suffixes)))
    if not paths:
        raise SideError(f"{PurePath(address).name}: there is no file")
    return Files(PurePath(address).name, paths, tuple(map(stamp_of, paths)))


def _paths(address: str, suffixes: frozenset[str]) -> list[Path]:
    path = Path(address)
    if path.is_dir():
        inside = (one for one in path.rglob("*") if one.is_file() and not one.name.startswith((".", "_")))
        return [one for one in inside if data_suffix(one) in suffixes]
    if path.exists() or not _MAGIC & set(address):
        return [path]
    return [Path(one) for one in glob.glob(address, recursive=True) if Path(one).is_file()]  # noqa: PTH207 — an absolute pattern


def data_suffix(path: PurePath) -> str:
    """The suffix that names the format, below one that names a compression."""
    inner = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return inner.suffix.lower()


def opened(path: Path) -> BinaryIO:
    """A file, or what is in it where gzip compressed it."""
    return cast("BinaryIO", gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb"))


def suffix_inside(folder: Path, known: frozenset[str]) -> str:
    """The format of a folder: the one suffix that its data files share."""
    inside = {data_suffix(one) for one in folder.rglob("*") if one.is_file() and not one.name.startswith((".", "_"))}
    formats = inside & known
    if len(formats) != 1:
        said = ", ".join(sorted(formats)) or "none"
        raise RequestError(f"the folder {folder.name} must hold files of one format; it holds {said}")
    return formats.pop()


def stamp_of(path: Path) -> Stamp:
    """The stamp of a file; one that is not there or not readable is an error with its name."""
    try:
        stat = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        raise SideError(f"{path.name} cannot be opened: {error.strerror}") from error
    return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)
