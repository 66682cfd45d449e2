"""A bundle as a verifier found it: what was read, before anything is believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.errors import VerificationError
from checks.evidence.bag import INFO, TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo, read_bag_info
from checks.evidence.digests import sha256


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A payload file's digest and size."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in a bundle's folder. Paths are relative to the bag; names in `proofs` to `proof/`.

    `info` is what the bag says of itself, or in words why that cannot be read. `odd` says of each entry that is no
    plain file or folder, or cannot be read, what is the matter with it; `verdicts` are the bytes of `verdicts.json`,
    `leaves` those of the list of leaves that it sums up, if it has one.
    """

    folder: str
    top: frozenset[str]
    payload: Mapping[str, FileSeen]
    tags: Mapping[str, bytes]
    info: SealedInfo | str
    proofs: Mapping[str, bytes]
    verdicts: bytes | None
    odd: Mapping[str, str] = field(default_factory=dict)
    leaves: bytes | None = None

    @property
    def digest(self) -> str | None:
        """The digest of the tag manifest, which is the bundle's."""
        tag_manifest = self.tags.get(TAG_MANIFEST)
        return None if tag_manifest is None else sha256(tag_manifest)

    @property
    def told(self) -> SealedInfo | None:
        """What the bag says of itself, if that can be read."""
        return self.info if isinstance(self.info, SealedInfo) else None


def info_or_why_not(tags: Mapping[str, bytes]) -> SealedInfo | str:
    """What `bag-info.txt` says, or what is wrong with it."""
    if INFO not in tags:
        return f"{INFO} is not there"
    try:
        return read_bag_info(tags[INFO])
    except VerificationError as error:
        return f"{INFO} cannot be read: {error}"
