"""Appends to the deploy ledger: a line at a time, whole, and never over what is there."""

import fcntl
import os
from pathlib import Path

from checks.deploys import Ended, Ledger, Planned, Started, ledger_line
from checks.errors import StoreError


def append(path: Path, entry: Started | Ended | Planned) -> None:
    """Adds an entry; one that would say nothing, such as the end of what never began, is refused."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}; name a file that you can append to") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # two who append at once would each not see what the other refuses
        _append(descriptor, path, ledger_line(entry))
    finally:
        os.close(descriptor)


def _append(descriptor: int, path: Path, line: bytes) -> None:
    before = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    start = b"" if before.endswith(b"\n") or not before else b"\n"  # whoever died while writing left a line open
    said, would_say = Ledger.parse(before + start), Ledger.parse(before + start + line)
    if len(would_say.problems) > len(said.problems):
        raise StoreError(f"{path}: {would_say.problems[-1].partition(': ')[2]}; nothing was added")
    os.write(descriptor, start + line)
    os.fsync(descriptor)


def read_ledger(path: Path) -> Ledger:
    """The ledger as it stands; one that nobody has begun is empty."""
    try:
        return Ledger.parse(path.read_bytes())
    except FileNotFoundError:
        return Ledger.parse(b"")
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}; make it readable") from error
