"""Reading a bundle for verification: every byte once, nothing followed, nothing believed."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.bag import DATA, TAG_FILES, TAG_MANIFEST
from checks.evidence.contents import Contents, FileSeen, info_or_why_not
from checks.evidence.layout import VERDICTS
from checks.evidence.leaf_list import LEAVES

_LARGE = 8 << 20
_CHUNK = 1 << 20


def read_bundle(path: Path) -> Contents:
    """Everything in a bundle's folder; what is missing, unreadable or no plain file is noted for the steps to judge."""
    reader = _Reader(path / "bag")
    top = reader.names()
    payload = reader.payload() if DATA in top else {}
    tags = reader.plain((*TAG_FILES, TAG_MANIFEST))
    return Contents(
        folder=path.name,
        top=top,
        payload=payload,
        tags=tags,
        info=info_or_why_not(tags),
        proofs=_Reader(path / "proof").everything(),
        verdicts=reader.plain([VERDICTS]).get(VERDICTS) if VERDICTS in payload else None,
        odd=reader.odd,
        leaves=reader.plain([LEAVES]).get(LEAVES) if LEAVES in payload else None,
    )


class _Reader:
    """Reads below one folder, and notes in `odd` what it would not or could not read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.odd: dict[str, str] = {}

    def names(self) -> frozenset[str]:
        """What the folder holds; nothing if it is not there, or is a link to somewhere else."""
        if self._folder.is_symlink():
            self.odd[f"{self._folder.name}/"] = _oddity(stat.S_IFLNK)
        elif self._folder.is_dir():
            try:
                with os.scandir(self._folder) as entries:
                    return frozenset(entry.name for entry in entries)
            except OSError as error:
                raise VerificationError(f"cannot read {self._folder}: {error.strerror}") from error
        return frozenset()

    def payload(self) -> dict[str, FileSeen]:
        """Size and digest of every file below `data/`; large payloads in threads, as hashing lets other threads run."""
        sizes = dict(self._walk(DATA))
        if sum(sizes.values()) < _LARGE:
            hashed = [self._hash(path) for path in sizes]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                hashed = list(pool.map(self._hash, sizes))
        return {path: seen for path, seen in zip(sizes, hashed, strict=True) if seen is not None}

    def plain(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those files that are there and plain."""
        found = {}
        for path in paths:
            name = f"{self._folder}/{path}"
            try:
                mode = os.lstat(name).st_mode
                if stat.S_ISREG(mode):
                    found[path] = _whole(name)
                else:
                    self.odd[path] = _oddity(mode)
            except FileNotFoundError:
                continue
            except OSError as error:
                self.odd[path] = f"cannot be read: {error.strerror}"
        return found

    def everything(self) -> dict[str, bytes]:
        """The contents of every plain file in the folder itself."""
        return self.plain(sorted(self.names()))

    def _walk(self, folder: str) -> Iterator[tuple[str, int]]:
        """Every plain file at or below a path, with its size."""
        mode = os.lstat(f"{self._folder}/{folder}").st_mode
        if not stat.S_ISDIR(mode):
            self.odd[folder] = _oddity(mode)
            return
        with os.scandir(f"{self._folder}/{folder}") as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                seen = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(seen.st_mode):
                    yield f"{folder}/{entry.name}", seen.st_size
                else:
                    yield from self._walk(f"{folder}/{entry.name}")

    def _hash(self, path: str) -> FileSeen | None:
        digest, size = hashlib.sha256(), 0
        try:
            descriptor = os.open(f"{self._folder}/{path}", os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb", buffering=0) as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError as error:
            self.odd[path] = f"cannot be read: {error.strerror}"
            return None
        return FileSeen(digest.hexdigest(), size)


def _whole(name: str) -> bytes:
    """A small file's contents; not through a link, should one have been put there meanwhile."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return file.read()


def _oddity(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFREG: "a file"}
    kind = kinds.get(stat.S_IFMT(mode), "a device, pipe or socket")
    return f"is {kind}; a bag holds plain files in plain folders only"
