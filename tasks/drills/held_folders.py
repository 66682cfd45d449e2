"""Folders in which rehearsals keep their copies: held while one lives, and removed by the next where one was killed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.drills.targets import Clearing, TargetError

PREFIX = "readiness-restore-"
_HELD = "held"


@contextmanager
def held_folder(clearing: Clearing, *, needed: int = 0) -> Iterator[Path]:
    """A new folder that is removed in the end; `clearing` says whether that went well.

    Raises `TargetError` where fewer than the `needed` bytes are free.
    """
    _require_space(needed)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = _hold(folder)
    try:
        yield folder
    finally:
        clearing.left = remove(folder)
        clearing.gone = clearing.left is None
        os.close(lock)


def abandoned_folders() -> Iterator[Path]:
    """The folders that this user's killed rehearsals left: those that nobody holds any more."""
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*")):
        lock = _lock_of(folder)
        if lock is None:
            continue
        try:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if (folder / _HELD).exists():  # else its owner removed it between the two steps
                    yield folder
        finally:
            os.close(lock)


def remove(folder: Path) -> str | None:
    """Removes a folder; returns why that failed."""
    shutil.rmtree(folder, ignore_errors=True)
    return f"the folder {folder} could not be removed" if folder.exists() else None


def remove_leftover(folder: Path) -> str:
    """Removes a folder that a killed rehearsal left and returns its name; raises `TargetError` where it stays."""
    if cause := remove(folder):
        raise TargetError(f"a rehearsal was killed, and what it left stays: {cause}")
    return folder.name


def remove_files() -> tuple[str, ...]:
    """Removes what killed rehearsals left that holds no server; returns the folders' names."""
    found = (folder for folder in abandoned_folders() if not (folder / "data").exists())
    return tuple(map(remove_leftover, found))


def why_no_copy(error: Exception) -> str:
    """Why a copy could not be made; a full disk is called one by every part of this program."""
    full = "No space left on device" in str(error)
    return f"{'no free disk: ' if full else ''}the copy could not be made: {error}"[:500]


def _lock_of(folder: Path) -> int | None:
    """The open lock of a folder; `None` where it is no rehearsal's of this user, or was removed since it was listed."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != os.geteuid() or not (folder / _HELD).is_file():
            return None
        return os.open(folder / _HELD, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _hold(folder: Path) -> int:
    """The lock is taken before it gets its name: under that name it is always held while its owner lives."""
    new = folder / f"{_HELD}.new"
    lock = os.open(new, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    new.rename(folder / _HELD)
    return lock


def _require_space(needed: int) -> None:
    where = tempfile.gettempdir()
    free = shutil.disk_usage(where).free
    if free < needed:
        raise TargetError(
            f"no free disk: the copy needs {needed} bytes and {where} has {free}; set TMPDIR to more room"
        )
