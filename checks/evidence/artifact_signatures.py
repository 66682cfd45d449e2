"""Signatures of artefacts in the forms of others: SSH, minisign, cosign's bundles, and plain ones as by openssl.

What is signed: by SSH as in `sshsig`; by minisign the file or its BLAKE2b-512 digest; by cosign and openssl the file,
with Ed25519 as it is, with ECDSA and RSA (PKCS #1 v1.5) by its SHA-256 digest.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from checks.errors import VerificationError
from checks.evidence.sshsig import SshSignature, key_blob, read_key_text, verifies

Form = Literal["ssh", "minisign", "cosign", "plain"]
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
_SHORTEST_RSA = 2_048
_ALGORITHMS = (b"Ed", b"ED")
_KEY_ID = slice(2, 10)
_SIGNATURE = 64


@dataclass(frozen=True, slots=True)
class ArtifactKey:
    """A key that is trusted to sign artefacts; `minisign_id` is what minisign calls it."""

    key: PublicKey
    minisign_id: bytes | None = None

    @classmethod
    def parse(cls, text: str) -> "ArtifactKey":
        """Reads `ssh-ed25519 AAAA…`, minisign's `RW…`, or PEM; anything else raises `VerificationError`."""
        text = text.strip()
        if text.startswith("-----BEGIN PUBLIC KEY-----"):
            return cls(_pem(text))
        if text.startswith("ssh-"):
            return cls(read_key_text(" ".join(text.split()[:2])))
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:  # binascii's own error is one, and that of a character that is not ASCII
            data = b""
        if len(data) != 42 or data[:2] != b"Ed":
            raise VerificationError("it is no public key: neither ssh-ed25519, nor minisign's, nor PEM")
        return cls(Ed25519PublicKey.from_public_bytes(data[10:]), data[_KEY_ID])


@dataclass(frozen=True, slots=True)
class ArtifactSignature:
    """A signature file that was read, by a key that nobody has trusted yet."""

    form: Form
    signature: bytes
    ssh: SshSignature | None = None
    minisign: "_Minisign | None" = None
    digest: bytes | None = None

    @classmethod
    def parse(cls, data: bytes, namespace: str) -> "ArtifactSignature":
        """Reads a signature file by its form; `namespace` is what an SSH signature has to be for."""
        if data.startswith(b"-----BEGIN SSH SIGNATURE-----"):
            ssh = SshSignature.parse(data, namespace)
            return cls("ssh", ssh.signature, ssh=ssh)
        if data.startswith(b"untrusted comment:"):
            minisign = _Minisign.parse(data)
            return cls("minisign", minisign.signature, minisign=minisign)
        if data.lstrip().startswith(b"{"):
            signature, digest = _of_bundle(data)
            return cls("cosign", signature, digest=digest)
        return cls("plain", _plain(data))

    def is_by(self, trusted: ArtifactKey, message: bytes) -> bool:
        """Whether this key signed these very bytes."""
        if self.ssh is not None:
            same = isinstance(trusted.key, Ed25519PublicKey) and key_blob(trusted.key) == key_blob(self.ssh.key)
            return same and self.ssh.signs(message)
        if self.minisign is not None:
            return self.minisign.is_by(trusted, message)
        if self.digest is not None and self.digest != hashlib.sha256(message).digest():
            return False
        return _signed(trusted.key, self.signature, message)


@dataclass(frozen=True, slots=True)
class _Minisign:
    """What minisign writes: the signature, and another one over it and a comment that can be trusted then."""

    algorithm: bytes
    key_id: bytes
    signature: bytes
    comment: bytes
    whole: bytes

    @classmethod
    def parse(cls, data: bytes) -> "_Minisign":
        prefix = b"trusted comment: "
        try:
            _, encoded, comment, whole = data.rstrip(b"\n").split(b"\n")
            signed, whole = base64.b64decode(encoded, validate=True), base64.b64decode(whole, validate=True)
        except (ValueError, binascii.Error) as error:
            raise VerificationError("it is no minisign signature") from error
        if len(signed) != 10 + _SIGNATURE or signed[:2] not in _ALGORITHMS or not comment.startswith(prefix):
            raise VerificationError("it is no minisign signature")
        return cls(signed[:2], signed[_KEY_ID], signed[10:], comment.removeprefix(prefix), whole)

    def is_by(self, trusted: ArtifactKey, message: bytes) -> bool:
        if not isinstance(trusted.key, Ed25519PublicKey) or trusted.minisign_id != self.key_id:
            return False
        signed = hashlib.blake2b(message).digest() if self.algorithm == b"ED" else message
        return verifies(trusted.key, self.signature, signed) and verifies(
            trusted.key, self.whole, self.signature + self.comment
        )


def _pem(text: str) -> PublicKey:
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise VerificationError("it is no public key in PEM") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SHORTEST_RSA:
        raise VerificationError(f"it is an RSA key of {key.key_size} bits, and {_SHORTEST_RSA} are the least")
    if not isinstance(key, PublicKey):
        raise VerificationError("it is a key of a type that is not used here: Ed25519, ECDSA or RSA")
    return key


def _of_bundle(data: bytes) -> tuple[bytes, bytes | None]:
    """The signature in cosign's own bundle, or in Sigstore's with the digest that it names."""
    try:
        told = json.loads(data)
        signed = told.get("messageSignature", told)
        named = signed.get("messageDigest", {}).get("digest")
        signature = base64.b64decode(signed.get("signature") or signed["base64Signature"], validate=True)
        return signature, None if named is None else base64.b64decode(named, validate=True)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise VerificationError("it is no bundle of cosign that holds a signature") from error


def _plain(data: bytes) -> bytes:
    """A bare signature, or its Base64 as cosign prints it."""
    if not data.strip():
        raise VerificationError("it is empty")
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        return data


def _signed(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), SHA256())
        else:
            key.verify(signature, message, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
