"""Disks that are full for real: file systems of their own, of which a test says how much is free."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SIZE = 16 << 20


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system in memory, mounted at a folder, with one file of a test's own that takes what is not to be free."""

    folder: Path

    @property
    def free(self) -> int:
        """Bytes that nothing takes."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_bsize

    def leave(self, free: int) -> None:
        """Takes room until so many bytes are free, in whole blocks."""
        taken = self._filler.stat().st_size if self._filler.exists() else 0
        descriptor = os.open(self._filler, os.O_WRONLY | os.O_CREAT)
        try:
            os.posix_fallocate(descriptor, 0, taken + self.free - free)
        finally:
            os.close(descriptor)

    def clear(self) -> None:
        """Gives back what was taken."""
        self._filler.unlink()

    @property
    def _filler(self) -> Path:
        return self.folder / ".filler"


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A new one at a folder, which is made; skips where nothing can be mounted."""
    folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small file system can be mounted by root alone: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
