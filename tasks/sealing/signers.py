"""Signers: whatever holds the private key, behind one small protocol."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from checks.evidence.bag_info import KeyKind


class Signer(Protocol):
    """Signs bytes with one Ed25519 key, and says whose key it is."""

    @property
    def identity(self) -> str:
        """The name that `allowed_signers` knows the key by."""
        ...

    @property
    def kind(self) -> KeyKind:
        """Whether somebody chose the key."""
        ...

    @property
    def public_key(self) -> Ed25519PublicKey: ...

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature."""
        ...


class FileSigner:
    """Signs with a private key that was read from a file."""

    def __init__(self, key: Ed25519PrivateKey, identity: str, kind: KeyKind) -> None:
        self._key = key
        self.identity = identity
        self.kind = kind
        self.public_key = key.public_key()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)
