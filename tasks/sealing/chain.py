"""The chain: which bundle of a stream was sealed last, so that the next one can name it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from pydantic import ValidationError

from checks.errors import ReadinessError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo
from checks.evidence.digests import Digest, sha256
from checks.evidence.layout import bundle_path
from checks.evidence.records import Record, json_bytes
from checks.slots import Slot
from tasks.sealing.bundle import STAGING, bundle_folders, read_info
from tasks.sealing.durability import make_folders


class Link(Record):
    """The newest bundle of a stream, and the one before it.

    It is written before the newest bundle gets its name. While that bundle is still in staging, the run died in between
    and `before` holds. A bundle that is in neither place was deleted, and is named all the same.
    """

    target: str
    staging: str
    digest: Digest
    before: Digest | None


class Chain:
    """Remembers the last bundle of each stream beneath an evidence root; what is forgotten is found by looking.

    Only to be used under the writer's lock.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def last(self, stream: str) -> str | None:
        """The digest of the stream's last bundle; `None` before the first."""
        link = _read(self._file(stream))
        if link is None:
            return self._search(stream)
        return link.before if self._is_pending(link) else link.digest

    def note(self, info: SealedInfo, staging: Path, digest: str) -> tuple[Path, Path]:
        """Writes the link of a bundle that is about to move from staging to its name; returns what has to be synced.

        One that a power cut tore is not read, and what it said is then found by looking.
        """
        link = Link(target=info.slot, staging=staging.name, digest=digest, before=info.previous)
        file = self._file(info.stream)
        make_folders(file.parent)
        aside = file.with_name(f".{file.name}")
        aside.write_bytes(json_bytes(link.model_dump(mode="json")))
        aside.replace(file)
        return file, file.parent

    def filed(self, entry: bytes) -> Path | None:
        """The bundle that has its name and whose leaf an entry is, if it is the newest of its stream."""
        for link in self._links():
            target = self._root / bundle_path(Slot.parse_label(link.target))
            if link.digest == sha256(entry) == _digest_at(target):
                return target
        return None

    def forget(self, staging: Path) -> None:
        """Takes back what was noted of a bundle that never got its name, before its staging folder is discarded."""
        for file in self._root.glob(".chain/*.json"):
            link = _read(file)
            if link is not None and link.staging == staging.name and self._is_pending(link):
                file.unlink()

    def _links(self) -> Iterator[Link]:
        yield from filter(None, map(_read, self._root.glob(".chain/*.json")))

    def _is_pending(self, link: Link) -> bool:
        target = self._root / bundle_path(Slot.parse_label(link.target))
        return not target.exists() and (self._root / STAGING / link.staging).exists()

    def _file(self, stream: str) -> Path:
        return self._root / ".chain" / f"{quote(stream, safe='')}.json"

    def _search(self, stream: str) -> str | None:
        """Reads every bundle of the stream: the last is the one that no other names, the newest slot's if several."""
        found: dict[str, str | None] = {}
        for folder in bundle_folders(self._root):
            digest = _digest_at(folder)
            try:
                info = read_info(folder)
            except (OSError, ReadinessError):
                continue  # damaged: for `verify` to say; it cannot be built upon
            if digest is not None and info.stream == stream:
                found[digest] = info.previous
        named = set(found.values())
        ends = [digest for digest in found if digest not in named]
        return ends[-1] if ends else None


def _read(file: Path) -> Link | None:
    try:
        return Link.model_validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _digest_at(folder: Path) -> str | None:
    try:
        return sha256((folder / "bag" / TAG_MANIFEST).read_bytes())
    except OSError:
        return None
