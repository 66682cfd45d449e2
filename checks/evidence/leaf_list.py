"""The leaves that a bundle sums up: a daily one the hours of the day before its slot, a weekly one the days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.errors import CatalogError, VerificationError
from checks.evidence.bag import TAG_MANIFEST, manifest_text, read_manifest
from checks.evidence.layout import bundle_path
from checks.slots import Cadence, Slot

LEAVES = "data/leaves-sha256.txt"
_BELOW = {Cadence.DAILY: Cadence.HOURLY, Cadence.WEEKLY: Cadence.DAILY}
_FIRST = re.compile(r"# size (0|[1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Summed:
    """What a bundle sums up: whatever a stream has of slots that begin in [since, until)."""

    stream: str
    cadence: Cadence
    since: datetime
    until: datetime

    @classmethod
    def by(cls, stream: str, slot: Slot) -> "Summed | None":
        """What a bundle of a stream sums up: the whole period before its slot's; `None` if it sums up nothing."""
        below = _BELOW.get(slot.cadence)
        owner, _, last = stream.rpartition("/")
        if below is None or last != slot.cadence:
            return None
        until = slot.cadence.floor(slot.at)
        return cls(f"{owner}/{below}", below, until - slot.cadence.period, until)

    def covers(self, stream: str, slot: Slot) -> bool:
        return stream == self.stream and slot.cadence is self.cadence and self.since <= slot.at < self.until


@dataclass(frozen=True, slots=True)
class LeafList:
    """The leaves below a log's size that a bundle sums up: the digest of each one's tag manifest, by its path.

    The file is what `sha256sum -c` checks in the evidence folder; the size stands in a comment before.
    """

    size: int
    digests: Mapping[str, str]

    @property
    def data(self) -> bytes:
        return b"# size %d\n" % self.size + manifest_text(self.digests)

    @classmethod
    def parse(cls, data: bytes) -> "LeafList":
        """Reads it strictly: what would not be written again byte for byte is refused."""
        first, _, rest = data.partition(b"\n")
        match = _FIRST.fullmatch(first.decode("ascii", errors="replace"))
        if match is None:
            raise VerificationError("its first line does not say the size of the log")
        found = cls(int(match[1]), read_manifest(rest))
        if found.data != data:
            raise VerificationError("its first line has no end")
        return found

    def strays(self, summed: Summed) -> list[str]:
        """The paths in it that are no bundle's of the period that is summed up."""
        return [path for path in self.digests if not _is_in(path, summed)]


def leaf_path(slot: Slot) -> str:
    """How a list names a leaf: its tag manifest, beneath the evidence root."""
    return f"{bundle_path(slot)}/bag/{TAG_MANIFEST}"


def _is_in(path: str, summed: Summed) -> bool:
    try:
        slot = Slot.parse_label(path.split("/")[3])
    except (IndexError, CatalogError):
        return False
    return summed.covers(summed.stream, slot) and path == leaf_path(slot)
