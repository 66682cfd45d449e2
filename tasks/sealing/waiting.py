"""Bundles that wait for their anchors: a small file for each, named by its leaf, beneath the evidence root.

It is there also where no setting names an anchor: a witness may be reached by files alone, which no setting tells, and
one that is named later vouches for all that was sealed before.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checks.errors import ReadinessError
from tasks.sealing.bundle import read_info

WAITING = ".unanchored"


@dataclass(frozen=True, slots=True)
class Unanchored:
    """How many bundles wait, and since when the oldest does."""

    bundles: int
    since: datetime | None


def note_waiting(root: Path, index: int, bundle: Path) -> list[Path]:
    """Remembers that a bundle waits; returns what has to be synced."""
    file = root / WAITING / f"{index:09}"
    file.parent.mkdir(exist_ok=True)
    file.write_text(bundle.relative_to(root).as_posix())
    return [file, file.parent]


def forget_waiting(root: Path, index: int) -> None:
    """A bundle has its anchors."""
    (root / WAITING / f"{index:09}").unlink(missing_ok=True)


def waiting(root: Path, size: int) -> Iterator[tuple[int, Path]]:
    """The bundles below a size that wait, by their leaf; what a crash left of none is passed over."""
    for file in sorted((root / WAITING).glob("*")):
        bundle = root / file.read_text()
        if int(file.name) < size and _leaf(bundle) == int(file.name):
            yield int(file.name), bundle


def unanchored(root: Path) -> Unanchored:
    """The lag of the anchors. Where nobody vouches for anything every bundle waits, so they are counted, not opened."""
    try:
        names = sorted(file.name for file in (root / WAITING).iterdir())
    except FileNotFoundError:
        names = []
    for name in names:
        with suppress(FileNotFoundError):  # anchored just now
            return Unanchored(len(names), datetime.fromtimestamp((root / WAITING / name).stat().st_mtime, UTC))
    return Unanchored(0, None)


def _leaf(bundle: Path) -> int | None:
    try:
        return read_info(bundle).log_index
    except (OSError, ReadinessError):
        return None
