"""Keys: private ones in files that nobody else can read, outside the evidence; public ones beside it."""

import os
import secrets
import stat
import warnings
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from checks.errors import SealError, VerificationError
from checks.evidence.bag_info import KeyKind
from checks.evidence.sshsig import key_text, read_key_text
from tasks.sealing.agent import AgentSigner
from tasks.sealing.signers import FileSigner, Signer

DEVELOPMENT_KEY = "development_ed25519"


class DevelopmentKeyWarning(UserWarning):
    """Evidence is being signed with a key that was made up so that a first run works."""


def load_signer(key: Path | None, *, keys: Path, evidence: Path, identity: str, agent: Path | None = None) -> Signer:
    """The signer of a configured key file; without one, of a development key that is kept in the folder `keys`.

    The development key warns each time, and signs as `<identity>-development`.
    """
    if key is not None:
        return open_signer(key, evidence=evidence, identity=identity, agent=agent)
    path = keys / DEVELOPMENT_KEY
    if not path.exists():
        _make_unless_there(path)
    warnings.warn(
        f"signing with the development key {path}: whoever can run this program can forge its evidence, so it proves"
        " nothing to others. Make a key with `readiness key new`, keep it where only the collector reads it, and set"
        " READINESS_KEY to its path.",
        DevelopmentKeyWarning,
        stacklevel=2,
    )
    return FileSigner(read_key(path, outside=evidence), f"{identity}-development", KeyKind.DEVELOPMENT)


def open_signer(key: Path, *, evidence: Path, identity: str, agent: Path | None = None) -> Signer:
    """The signer of a key file that somebody chose; for a public key, the agent at a socket that holds the private one.

    So does `ssh-keygen -Y sign` with its `-f`.
    """
    public = _public_key(key)
    if public is not None and agent is None:
        raise SealError(f"{key} is a public key, and no agent holds its private one here: set SSH_AUTH_SOCK")
    if public is not None and agent is not None:
        return AgentSigner(agent, public, identity)
    return FileSigner(read_key(key, outside=evidence), identity, KeyKind.CONFIGURED)


def _make_unless_there(path: Path) -> None:
    """Two first runs may meet here; the key of the quicker one is used by both."""
    try:
        new_key(path)
    except SealError:
        if not path.exists():
            raise


def new_key(path: Path) -> None:
    """Makes an Ed25519 key in OpenSSH's format, mode 0600 in a folder of mode 0700; never over a file that is there."""
    try:
        _write_key(path)
    except FileExistsError:
        raise SealError(f"{path} is there already; a key is never overwritten, name another file") from None
    except OSError as error:
        raise SealError(f"cannot write the key {path}: {error.strerror}; name a folder that can be written") from error


def _write_key(path: Path) -> None:
    """Written aside and linked into place, so that nobody ever reads half a key."""
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def public_half(path: Path) -> str:
    """The public key of a key file, as its owner hands it out: `ssh-ed25519 AAAA…`."""
    return key_text(_public_key(path) or read_key(path, outside=path / "evidence").public_key())


def _public_key(path: Path) -> Ed25519PublicKey | None:
    """The public key in a file as `ssh-keygen` writes it; `None` if the file is no such thing."""
    try:
        kind, _, rest = path.read_text().partition(" ")
    except (OSError, UnicodeDecodeError):
        return None
    if "\n" in kind or not kind.startswith(("ssh-", "sk-", "ecdsa-")):
        return None
    if kind != "ssh-ed25519":
        raise SealError(f"the key {path} is {kind}, not ssh-ed25519; evidence is signed with Ed25519 keys only")
    try:
        return read_key_text(f"{kind} {rest.split()[0]}")
    except (VerificationError, IndexError):
        raise SealError(f"{path} is no public key; name what `readiness key public` printed") from None


def read_key(path: Path, *, outside: Path) -> Ed25519PrivateKey:
    """The private key in a file; refused if others can read it, or if it lies in the evidence that it signs."""
    if path.resolve().is_relative_to(outside.resolve()):
        raise SealError(f"the key {path} lies within the evidence {outside}; keep it outside, evidence is handed out")
    data = _read_private(path)
    try:
        key = load_ssh_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SealError(
            f"{path} is no OpenSSH private key without a passphrase; make one with `readiness key new`"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SealError(f"the key {path} is not Ed25519; make one with `readiness key new`")
    return key


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise SealError(f"others can use the key {path} (mode {mode:04o}); run `chmod 600 {path}`")
            return file.read()
    except FileNotFoundError:
        raise SealError(f"there is no key {path}; make it with `readiness key new`") from None
    except OSError as error:
        raise SealError(f"cannot read the key {path}: {error.strerror}") from error
