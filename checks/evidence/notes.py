"""Signed notes and the keys that verify them (C2SP signed-note, and Ed25519 cosignatures of tlog-cosignature)."""

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.errors import VerificationError
from checks.evidence.sshsig import verifies

_NAME = re.compile(r"[!-*,-~]{1,200}")
_STAMP = struct.Struct(">Q")
_DASH = "\N{EM DASH}"
_MOST = 64  # signatures in one note


class NoteKeyType(IntEnum):
    """What a key signs: notes as they stand, or checkpoints together with the time."""

    NOTE = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key under the name that notes know it by."""

    name: str
    type: NoteKeyType
    key: Ed25519PublicKey

    @property
    def id(self) -> bytes:
        """The four bytes that a signature names its key with."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key, `name+id+base64`, as `log.vkey` and `witness.vkey` hold it."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._material).decode()}"

    @property
    def _material(self) -> bytes:
        return bytes([self.type]) + self.key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def parse(cls, text: str) -> "NoteKey":
        """Reads a verifier key strictly."""
        try:
            name, _, rest = text.partition("+")
            material = base64.b64decode(rest[9:], validate=True)
            found = cls(name, NoteKeyType(material[0]), Ed25519PublicKey.from_public_bytes(material[1:]))
        except (ValueError, IndexError, binascii.Error) as error:
            raise VerificationError(f"{text!r} is no verifier key; one reads name+0a1b2c3d+base64") from error
        if found.text != text or not is_key_name(name):
            raise VerificationError(f"{text!r} is no verifier key: name, number and key do not belong together")
        return found

    def signed_at(self, text: bytes, signature: bytes) -> datetime | None:
        """When a cosignature says that it was made, if the key made it over a text; a plain one says 1970."""
        stamp = 0
        if self.type is NoteKeyType.COSIGNATURE:
            if len(signature) < _STAMP.size:
                return None
            (stamp,) = _STAMP.unpack_from(signature)
            text, signature = cosigned_bytes(text, stamp), signature[_STAMP.size :]
        if stamp > 1 << 34 or not verifies(self.key, signature, text):
            return None
        return datetime.fromtimestamp(stamp, UTC)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it says it is, and the bytes."""

    name: str
    id: bytes
    signature: bytes

    @property
    def line(self) -> str:
        return f"{_DASH} {self.name} {base64.b64encode(self.id + self.signature).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> "NoteSignature":
        """Reads a line, its newline included, strictly."""
        try:
            _, name, data = line.rstrip("\n").split(" ")
            raw = base64.b64decode(data, validate=True)
        except (ValueError, binascii.Error) as error:
            raise VerificationError(f"{line!r} is no signature of a note") from error
        found = cls(name, raw[:4], raw[4:])
        if found.line != line or not is_key_name(name) or len(raw) <= len(found.id):
            raise VerificationError(f"{line!r} is no signature of a note")
        return found


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a newline, and signatures that nobody has checked."""

    text: bytes
    signatures: tuple[NoteSignature, ...]

    @property
    def data(self) -> bytes:
        return self.text + b"\n" + "".join(one.line for one in self.signatures).encode()

    @classmethod
    def parse(cls, data: bytes) -> "SignedNote":
        """Reads a note strictly: what would not be written again byte for byte is refused."""
        try:
            text, _, lines = data.decode().rpartition("\n\n")
        except UnicodeDecodeError as error:
            raise VerificationError("it is no signed note: not UTF-8") from error
        signatures = tuple(NoteSignature.parse(line) for line in lines.splitlines(keepends=True)[: _MOST + 1])
        note = cls(f"{text}\n".encode(), signatures)
        if not text or not 0 < len(signatures) <= _MOST or note.data != data:
            raise VerificationError("it is no signed note: a text, an empty line and lines with signatures are needed")
        if any(ord(letter) < ord(" ") for letter in text.replace("\n", "")):
            raise VerificationError("it is no signed note: there are control characters in its text")
        return note

    def plus(self, signatures: Sequence[NoteSignature]) -> "SignedNote":
        """The note with further signatures, each in place of an older one by the same key."""
        by_key = {(one.name, one.id): one for one in (*self.signatures, *signatures)}
        return SignedNote(self.text, tuple(by_key.values()))

    def signed_by(self, keys: Sequence[NoteKey]) -> list[tuple[NoteKey, datetime]]:
        """Which of some keys signed it, and when; a wrong signature under a known key refuses the whole note."""
        found = []
        for one in self.signatures:
            for key in keys:
                if (key.name, key.id) != (one.name, one.id):
                    continue
                signed_at = key.signed_at(self.text, one.signature)
                if signed_at is None:
                    raise VerificationError(f"the signature of {one.name} is wrong")
                found.append((key, signed_at))
        return found


def is_key_name(name: str) -> bool:
    """Whether a name may stand in a note: printable, no space, no plus."""
    return _NAME.fullmatch(name) is not None


def cosigned_bytes(text: bytes, stamp: int) -> bytes:
    """What a witness signs: the time, then the checkpoint's text."""
    return b"cosignature/v1\ntime %d\n" % stamp + text


def cosignature(key: NoteKey, stamp: int, signature: bytes) -> NoteSignature:
    """The line that carries a witness's signature of `cosigned_bytes`."""
    return NoteSignature(key.name, key.id, _STAMP.pack(stamp) + signature)
