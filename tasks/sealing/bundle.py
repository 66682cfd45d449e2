"""A bundle on disk: where the parts of a sealed slot lie."""

from dataclasses import dataclass
from pathlib import Path

from checks.evidence.bag import INFO, TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo, read_bag_info
from checks.evidence.digests import sha256
from checks.slots import Slot

SIGNATURE = "tagmanifest-sha256.txt.sig"
INSTRUCTIONS = "VERIFY.md"
STAGING = ".staging"
"""Where bundles are made, beneath the evidence root and so on its file system; no reader looks there."""


@dataclass(frozen=True, slots=True)
class EvidenceBundle:
    """A sealed slot. `digest` is that of its tag manifest, and so of every byte in the bag."""

    slot: Slot
    path: Path
    digest: str

    @classmethod
    def at(cls, path: Path) -> "EvidenceBundle":
        """The bundle in a folder, by its own word; nothing of it is verified."""
        digest = sha256((path / "bag" / TAG_MANIFEST).read_bytes())
        return cls(Slot.parse_label(read_info(path).slot), path, digest)

    @property
    def bag(self) -> Path:
        return self.path / "bag"

    @property
    def proof(self) -> Path:
        return self.path / "proof"

    def file(self, path: str) -> Path:
        """A file in the bag, by the path that findings cite: `data/raw/…`."""
        return self.bag / path


def bundle_folders(root: Path) -> list[Path]:
    """Every folder of an evidence tree that is filed as a bundle, oldest first."""
    digits = "[0-9]"
    return sorted(root.glob(f"{digits * 4}/{digits * 2}/{digits * 2}/*T*Z.*"))


def read_info(path: Path) -> SealedInfo:
    """What the bag in a bundle's folder says of itself."""
    return read_bag_info((path / "bag" / INFO).read_bytes())
