"""Holds a backup against the checksums written beside it, as `sha256sum` writes them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.drills.backup_folder import CHECKSUM, sha256_of

Answer = Literal["matches", "differs", "covers only a part", "unreadable"]

_LINE = re.compile(r"([0-9a-fA-F]{64})(?:\s+\*?(.+))?")
_LONGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class ChecksumAnswer:
    """The digest of what lies there and how it compares; `answer` is `None` where nothing lies beside it."""

    sha256: str
    answer: Answer | None


def compare_checksum(path: Path) -> ChecksumAnswer:
    """Reads the whole backup once; of a folder, every file must be listed in the checksum file beside it."""
    beside = path.with_name(path.name + CHECKSUM)
    if not beside.is_file():
        return ChecksumAnswer(sha256_of(path), None)
    listed = _listed(beside)
    if path.is_dir():
        found = {f"{path.name}/{file.name}": sha256_of(file) for file in sorted(path.iterdir()) if file.is_file()}
        return ChecksumAnswer(sha256_of(path), _compare(found, listed))
    digest = sha256_of(path)
    named = {name.rpartition("/")[2] or path.name: told for name, told in listed.items()}
    return ChecksumAnswer(digest, _compare({path.name: digest}, named))


def _compare(found: dict[str, str], listed: dict[str, str]) -> Answer:
    if not listed:
        return "unreadable"
    if any(listed.get(name, digest) != digest for name, digest in found.items()) or listed.keys() - found.keys():
        return "differs"
    return "matches" if found.keys() <= listed.keys() else "covers only a part"


def _listed(beside: Path) -> dict[str, str]:
    """Digest by name; the empty name where a line is a digest alone. A line of any other shape makes it unreadable."""
    if beside.stat().st_size > _LONGEST:
        return {}
    lines = [line for line in beside.read_text(errors="replace").splitlines() if line.strip()]
    matches = [_LINE.fullmatch(line.strip()) for line in lines]
    read = {(match[2] or "").removeprefix("./"): match[1].lower() for match in matches if match}
    return read if len(read) == len(lines) else {}
