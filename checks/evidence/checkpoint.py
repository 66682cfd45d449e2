"""Checkpoints: how large a log is and what its root is, as its key signed it (C2SP tlog-checkpoint)."""

import base64
import binascii
import re
from dataclasses import dataclass

from checks.errors import VerificationError
from checks.evidence.notes import SignedNote, is_key_name

_SIZE = re.compile(r"0|[1-9]\d{0,15}")
_ROOT = 32


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, the number of its leaves, and the root above them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    @classmethod
    def parse(cls, text: bytes) -> "Checkpoint":
        """Reads a checkpoint's text strictly; extension lines are refused, since nobody here would audit them."""
        try:
            origin, size, root, rest = text.decode().split("\n")
            found = cls(origin, int(size), base64.b64decode(root, validate=True))
        except (ValueError, binascii.Error) as error:
            raise VerificationError("it is no checkpoint: three lines for origin, size and root are needed") from error
        if rest or not _SIZE.fullmatch(size) or len(found.root) != _ROOT or not is_key_name(origin):
            raise VerificationError("it is no checkpoint: its origin, size or root is not written as it should be")
        if found.text != text:
            raise VerificationError("it is no checkpoint: written again it would read otherwise")
        return found

    @classmethod
    def of(cls, note: SignedNote) -> "Checkpoint":
        """What a signed checkpoint says; nobody has checked the signatures."""
        return cls.parse(note.text)
