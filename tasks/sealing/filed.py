"""Records as they are filed beneath an evidence root: found by their kind, without asking the log."""

import os
from collections.abc import Collection
from pathlib import Path

from checks.evidence.log_records import RECORDS


def record_files(root: Path, kinds: Collection[str]) -> list[Path]:
    """The files of records of some kinds, in the log's order; nothing of them is verified.

    The folder's names are read once: there may be one for each bundle that was ever deleted.
    """
    endings = tuple(f".{kind}.json" for kind in kinds)
    try:
        with os.scandir(root / RECORDS) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(endings) and entry.name[:1].isdigit()]
    except FileNotFoundError:
        return []
    return [root / RECORDS / name for name in sorted(names)]


def record_leaf(path: Path) -> int:
    """The leaf that a record is, by its file's name."""
    return int(path.name.partition(".")[0])
