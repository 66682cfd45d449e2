"""Proofs that a leaf is in a log, to be checked without the log (C2SP tlog-proof)."""

import base64
import binascii
import re
from dataclasses import dataclass

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import leaf_hash, root_from_inclusion
from checks.evidence.notes import SignedNote

PROOF_FILE = "evidence.tlog-proof"
_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9]\d{0,15})")
_MOST = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """A leaf's place, the hashes from it to the root, and the checkpoint that states the root."""

    index: int
    path: tuple[bytes, ...]
    note: SignedNote

    @property
    def data(self) -> bytes:
        """The file."""
        lines = [_HEADER, f"index {self.index}", *(base64.b64encode(one).decode() for one in self.path), "", ""]
        return "\n".join(lines).encode() + self.note.data

    @classmethod
    def parse(cls, data: bytes) -> "LogProof":
        """Reads a proof strictly: what would not be written again byte for byte is refused, extra data too."""
        head, found, note = data.partition(b"\n\n")
        try:
            header, index, *path = head.decode("ascii").split("\n")
            hashes = tuple(base64.b64decode(one, validate=True) for one in path)
        except (ValueError, binascii.Error) as error:
            raise VerificationError("it is no proof of a log: its first lines cannot be read") from error
        match = _INDEX.fullmatch(index)
        if header != _HEADER or match is None or not found or len(path) > _MOST:
            raise VerificationError(f"it is no proof of a log: it reads {_HEADER}, an index, hashes, and a checkpoint")
        proof = cls(int(match[1]), hashes, SignedNote.parse(note))
        if proof.data != data or any(len(one) != len(leaf_hash(b"")) for one in hashes):
            raise VerificationError("it is no proof of a log: written again it would read otherwise")
        return proof

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint it leads to; nobody has checked the signatures."""
        return Checkpoint.of(self.note)

    def covers(self, entry: bytes) -> bool:
        """Whether it leads from an entry to the checkpoint's root."""
        checkpoint = self.checkpoint
        return root_from_inclusion(leaf_hash(entry), self.index, checkpoint.size, self.path) == checkpoint.root
