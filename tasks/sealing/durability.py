"""Durability: bytes that survive a power cut, at a price that does not grow with the number of files."""

import ctypes
import os
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_FEW = 64
_AT_ONCE = 4
"""Threads that wait for the disk; the file system commits for all of them at once, and more only cost their start."""


def make_durable(folder: Path, *, files: int, also: Sequence[Path] = ()) -> None:
    """Returns once everything below a folder, about so many files, has reached the disk; its own name has not yet.

    `also` are files and folders elsewhere on the same file system.

    A few files are synced each, from several threads so that the file system commits for all of them at once. For many,
    one `syncfs` asks the kernel to write back everything dirty on the file system and wait for it: a superset of what
    fsync of each file and folder would do, without a journal commit for each (20,000 small files: 0.2 s instead of
    several). It is enough because nothing refers to these files until the rename that follows, so their order among
    themselves does not matter. Linux reports a failed write-back through it (since 5.8), to a descriptor that was
    opened after the failure too if nobody has heard of it yet.
    """
    if files > _FEW and _syncfs(folder):  # all of the file system, and so `also` too
        return
    paths = [folder, *(Path(at, name) for at, folders, names in os.walk(folder) for name in (*folders, *names))]
    sync_all([*paths, *also])


def sync_all(paths: Sequence[Path]) -> None:
    """Waits until some files and folders have reached the disk, all at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(sync, paths))


def sync(path: Path) -> None:
    """Waits until a file, or a folder's list of names, has reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(path: Path) -> None:
    """Makes a folder and those above it that are missing, each durable in the one above."""
    if not path.is_dir():
        make_folders(path.parent)
        path.mkdir(exist_ok=True)
        sync(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file so that others see the old content or the new, whatever happens; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        aside.write_bytes(data)
        sync(aside)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)  # half of it takes room that is wanted, and nobody would come back for it
        raise
    sync(path.parent)


def _syncfs(folder: Path) -> bool:
    """Whether the C library has `syncfs` (Linux); a failure to write is an `OSError` either way."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        return False
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if library.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(descriptor)
    return True
