"""The journal of drills on disk: what is being changed right now, so that a run after a killed one can undo it."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from checks.errors import CollectionError
from checks.evidence.records import Instant, Record, rfc3339

PATIENCE_SECONDS = 1800.0
_GLANCE_SECONDS = 0.1


class Entry(Record):
    """A drill that has begun to change something; `undone` once everything is as it was."""

    check: str
    began_at: Instant
    executor: str
    version_before: str | None
    undone: bool = False
    interrupted: str | None = None

    @property
    def sentence(self) -> str:
        """What a later run tells of it."""
        about = f"the run of {rfc3339(self.began_at)} ({self.executor})"
        if self.undone:
            return f"{about} was interrupted by {self.interrupted} and undid itself, but ended without evidence"
        return f"{about} was killed before it had undone what it changed"


@dataclass(frozen=True, slots=True)
class Journal:
    """One drill's page; it is there only while something may have to be undone."""

    path: Path

    def read(self) -> Entry | None:
        """What an earlier run left; a page that cannot be read is an error, since it hides what has to be undone."""
        try:
            return Entry.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise CollectionError(
                f"{self.path}: unreadable, so nobody knows what to undo; look, and remove it"
            ) from error

    def write(self, entry: Entry) -> None:
        """Puts a page in place whole, on the disk before anything is changed."""
        draft = self.path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(entry.model_dump_json(indent=2).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        self._sync_folder()

    def clear(self) -> None:
        """Nothing has to be undone any more."""
        self.path.unlink(missing_ok=True)
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@asynccontextmanager
async def held_journal(
    folder: Path | None, system: str, check: str, *, patience: float = PATIENCE_SECONDS
) -> AsyncIterator[Journal]:
    """A drill's journal, while no other drill of the same system goes on: they would disturb each other.

    The operating system lets go of it however a run ends.
    """
    if folder is None:
        raise CollectionError(f"{check}: a drill needs a folder to leave word in, and none was named")
    lock = _open_lock(folder, system)
    try:
        await _take(lock, check, patience)
        yield Journal(folder / f"{system}.{check}.json")
    finally:
        os.close(lock)


def _open_lock(folder: Path, system: str) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / f"{system}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CollectionError(f"{folder}: cannot be written, so no drill starts: {error.strerror}") from error


async def _take(lock: int, check: str, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CollectionError(f"{check}: another drill is still under way after {patience:g} s") from None
            await asyncio.sleep(_GLANCE_SECONDS)
        else:
            return
