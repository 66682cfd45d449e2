"""Whose turn it is: one writer beneath an evidence root, and the operating system's refusals in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from checks.errors import SealError

_PATIENCE = 120  # seconds to wait for another run's seal


@contextmanager
def writing_alone(root: Path) -> Iterator[None]:
    """Holds the lock that makes this the one writer beneath the root."""
    with one_line(root):
        root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(root / ".lock", timeout=_PATIENCE):
                yield
        except Timeout:
            raise SealError(f"another run has been sealing in {root} for {_PATIENCE} s; let it end") from None


@contextmanager
def deleting_alone(root: Path) -> Iterator[None]:
    """Holds the lock that makes this the one run that deletes beneath the root; others may seal meanwhile."""
    with one_line(root):
        try:
            with FileLock(root / ".deleting.lock", timeout=0):
                yield
        except Timeout:
            raise SealError(f"another run is deleting in {root}; let it end") from None


@contextmanager
def sealing_in_turn(root: Path) -> Iterator[None]:
    """Holds whoever else would seal beneath the root; within it, leaves are still written one after the other."""
    with one_line(root):
        root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(root / ".sealing.lock", timeout=_PATIENCE):
                yield
        except Timeout:
            raise SealError(f"another run has been sealing in {root} for {_PATIENCE} s; let it end") from None


@contextmanager
def one_line(root: Path) -> Iterator[None]:
    """What the operating system refuses, as one line that says where and what to do."""
    try:
        yield
    except OSError as error:
        where = error.filename or root
        raise SealError(
            f"cannot write evidence to {where}: {error.strerror}; {root} must be a folder you can write, with room"
        ) from error
