"""Signers: whatever holds the private key, behind one small protocol."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from checks.errors import SealError
from checks.evidence.bag_info import KeyKind
from checks.evidence.sshsig import verifies


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


class _RemoteKey(Protocol):
    @property
    def keyval(self) -> dict[str, str]: ...


class _RemoteSignature(Protocol):
    @property
    def signature(self) -> str: ...


class RemoteSignerLike(Protocol):
    """What a securesystemslib signer offers: Vault, a cloud's KMS, a hardware key."""

    @property
    def public_key(self) -> _RemoteKey: ...

    def sign(self, payload: bytes) -> _RemoteSignature: ...


class RemoteSigner:
    """Lets a securesystemslib signer sign, as long as its key is Ed25519; what it hands back is checked at once."""

    kind = KeyKind.CONFIGURED

    def __init__(self, signer: RemoteSignerLike, identity: str) -> None:
        self._signer = signer
        self.identity = identity
        self.public_key = _ed25519(signer.public_key.keyval["public"])

    def sign(self, data: bytes) -> bytes:
        signature = bytes.fromhex(self._signer.sign(data).signature)
        if not verifies(self.public_key, signature, data):
            raise SealError(f"the signer of {self.identity} returned a signature that its own key does not verify")
        return signature


def _ed25519(public: str) -> Ed25519PublicKey:
    """securesystemslib keeps Ed25519 keys as 32 bytes in hexadecimal, and keys from elsewhere as PEM."""
    if not public.startswith("-----"):
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    key = load_pem_public_key(public.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise SealError("the signer's key is not Ed25519; evidence is signed with Ed25519 keys only")
    return key
