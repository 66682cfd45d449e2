"""SSHSIG: signatures that `ssh-keygen -Y verify` checks (OpenSSH's PROTOCOL.sshsig), with Ed25519 and SHA-512."""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.errors import VerificationError

NAMESPACE = "readiness-evidence"
"""What the signature is for; one made for a file or a commit with the same key does not count."""

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASH = b"sha512"
_KEY_TYPE = b"ssh-ed25519"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70


def key_blob(key: Ed25519PublicKey) -> bytes:
    """A public key as SSH puts it on the wire (RFC 8709)."""
    return strings(_KEY_TYPE, key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def key_text(key: Ed25519PublicKey) -> str:
    """A public key as its owner's `.pub` file has it: `ssh-ed25519 AAAA…`."""
    return f"{_KEY_TYPE.decode()} {base64.b64encode(key_blob(key)).decode()}"


def read_key_text(text: str) -> Ed25519PublicKey:
    """And back; what is no such key is refused."""
    try:
        key = read_key_blob(base64.b64decode(text.partition(" ")[2], validate=True))
    except (ValueError, binascii.Error, struct.error) as error:
        raise VerificationError(f"{text!r} is no Ed25519 key") from error
    if key_text(key) != text:
        raise VerificationError(f"{text!r} is no Ed25519 key")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """What `ssh-keygen -l` prints of a key: `SHA256:…`."""
    digest = hashlib.sha256(key_blob(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def signed_bytes(message: bytes, namespace: str = NAMESPACE) -> bytes:
    """What the private key signs for a message."""
    return _MAGIC + strings(namespace.encode(), b"", _HASH, hashlib.sha512(message).digest())


def armor(key: Ed25519PublicKey, signature: bytes, namespace: str = NAMESPACE) -> bytes:
    """The signature file, as `ssh-keygen -Y sign` writes it."""
    blob = _MAGIC + struct.pack(">I", _VERSION)
    blob += strings(key_blob(key), namespace.encode(), b"", _HASH, strings(_KEY_TYPE, signature))
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "\n".join([_BEGIN, *lines, _END, ""]).encode()


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature that was read, by a key that nobody has trusted yet."""

    key: Ed25519PublicKey
    signature: bytes
    namespace: str = NAMESPACE

    @classmethod
    def parse(cls, data: bytes, namespace: str = NAMESPACE) -> "SshSignature":
        """Reads a signature file strictly: what `armor` would not write again byte for byte is refused."""
        try:
            begin, *lines, end, empty = data.decode("ascii").split("\n")
            blob = base64.b64decode("".join(lines), validate=True)
            key, signature = _key_and_signature(blob)
        except (ValueError, binascii.Error, struct.error) as error:
            raise VerificationError("it is no SSH signature by an Ed25519 key") from error
        if (begin, end, empty) != (_BEGIN, _END, "") or armor(key, signature, namespace) != data:
            raise VerificationError(f"it is no SSH signature of the namespace {namespace!r} with SHA-512")
        return cls(key, signature, namespace)

    def signs(self, message: bytes) -> bool:
        """Whether the key signed these very bytes."""
        return verifies(self.key, self.signature, signed_bytes(message, self.namespace))


def verifies(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether an Ed25519 signature is right."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def read_key_blob(blob: bytes) -> Ed25519PublicKey:
    """A public key from SSH's form of it; any other type is refused with `ValueError`."""
    kind, raw = split_strings(blob, 2)
    if kind != _KEY_TYPE:
        raise ValueError("not an Ed25519 key")
    return Ed25519PublicKey.from_public_bytes(raw)


def _key_and_signature(blob: bytes) -> tuple[Ed25519PublicKey, bytes]:
    header = len(_MAGIC) + struct.calcsize(">I")
    key, _, _, _, signature = split_strings(blob[header:], 5)
    return read_key_blob(key), split_strings(signature, 2)[1]


def strings(*parts: bytes) -> bytes:
    """Strings as SSH puts them on the wire: each after its length (RFC 4251, section 5)."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def split_strings(data: bytes, count: int) -> list[bytes]:
    """And back; `ValueError` if there are not exactly so many."""
    parts, at = [], 0
    for _ in range(count):
        length = int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(data):
        raise ValueError("not as long as it says")
    return parts
