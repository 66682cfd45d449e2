"""Staging: a bundle's payload while it is being written, out of every reader's sight."""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.errors import SealError
from checks.evidence.layout import PAYLOAD, is_safe_path
from checks.slots import Slot

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_CHUNK = 1 << 20

Files = Mapping[str, bytes] | Iterable[tuple[str, bytes]]
"""Files by path relative to `data/`: all of them, or one after the other."""


@dataclass(frozen=True, slots=True)
class Written:
    """A payload file's digest and size, taken from the very bytes that were written."""

    digest: str
    size: int


class Staging:
    """One staging folder. A lock on it lives as long as the process that works there, so what a crash leaves shows.

    `is_durable` is whether its payload is known to have reached the disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_durable = False
        self._written: dict[str, Written] = {}
        self._folders: set[str] = set()
        self._lock = os.open(path, os.O_RDONLY)
        with contextlib.suppress(BlockingIOError):  # held already, which says as much to `is_abandoned`
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @classmethod
    def new(cls, folder: Path, slot: Slot) -> "Staging":
        """An empty one, with a name of its own."""
        path = folder / f"{slot.label}-{secrets.token_hex(4)}"
        (path / "bag" / PAYLOAD).mkdir(parents=True)
        return cls(path)

    @property
    def count(self) -> int:
        """How many files this object wrote."""
        return len(self._written)

    def write(self, files: Files) -> None:
        """Adds files, by path relative to `data/`; one that is there already, or leaves the bag, is refused."""
        data = str(self.path / "bag" / PAYLOAD)
        self.is_durable = False
        for name, body in files.items() if isinstance(files, Mapping) else files:
            if not is_safe_path(name):
                raise SealError(f"{name!r} cannot be a path in a bundle; use letters, digits, dot, dash and underscore")
            self._make_folder(data, name)
            try:
                descriptor = os.open(f"{data}/{name}", _FLAGS, 0o644)
            except FileExistsError:
                raise SealError(f"{PAYLOAD}{name} is in the bundle already; nothing in it is written twice") from None
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                _write_all(file.fileno(), body)
            self._written[PAYLOAD + name] = Written(hashlib.sha256(body).hexdigest(), len(body))

    def payload(self) -> dict[str, Written]:
        """Every file below `data/`, by path in the bag. What this object did not write itself is read and hashed."""
        bag = self.path / "bag"
        found = {path: self._written.get(path) or _read(bag / path) for path in _files(bag, PAYLOAD.rstrip("/"))}
        self.is_durable &= found.keys() == self._written.keys()
        return found

    def close(self) -> None:
        """Lets go of the lock."""
        os.close(self._lock)

    def _make_folder(self, data: str, name: str) -> None:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            Path(data, folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)


def payload_digests(bag: Path) -> dict[str, str]:
    """The digest of every file below a bag's `data/`, as it is on the disk now."""
    return {path: _read(bag / path).digest for path in _files(bag, PAYLOAD.rstrip("/"))}


def is_abandoned(path: Path) -> bool:
    """Whether nobody works in a staging folder any more."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _write_all(descriptor: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _files(bag: Path, folder: str) -> Iterator[str]:
    with os.scandir(bag / folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _files(bag, path)
            elif entry.is_file(follow_symlinks=False) and is_safe_path(path):
                yield path
            else:
                raise SealError(f"{bag / path} is no plain file of a plain name; a bundle holds nothing else")


def _read(path: Path) -> Written:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Written(digest.hexdigest(), size)
