"""Looks whether a backup lies in other places too, byte for byte."""

from collections.abc import Sequence
from pathlib import Path

from checks.evidence.records import Record
from tasks.drills.backup_folder import sha256_of, size_of


class CopyFacts(Record):
    """One other place, and why what lies there is no copy; `None` where it is one."""

    place: str
    cause: str | None = None


def compare_copies(path: Path, places: Sequence[tuple[str, Path]], *, sha256: str) -> tuple[CopyFacts, ...]:
    """For each place (its name and its folder): whether the folder holds the same backup under the same name."""
    return tuple(CopyFacts(place=name, cause=_why_not(path, folder / path.name, sha256)) for name, folder in places)


def _why_not(path: Path, copy: Path, sha256: str) -> str | None:
    try:
        if copy.samefile(path):
            return "it is the very same file"
        if size_of(copy) != size_of(path):
            return f"it holds {size_of(copy)} bytes instead of {size_of(path)}"
        return None if sha256_of(copy) == sha256 else "its bytes differ"
    except OSError as error:
        return f"{path.name}: {error.strerror}"
