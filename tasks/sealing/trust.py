"""The trust folder: public keys where stock tools look for them, and reading them back."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_pem_x509_certificates

from checks.errors import SealError, VerificationError
from checks.evidence.digests import sha256
from checks.evidence.notes import NoteKey
from checks.evidence.sshsig import fingerprint, key_text, read_key_text
from checks.evidence.trust import AllowedSigner, Role, TrustPolicy, read_allowed_signers
from checks.records import rfc3339
from tasks.sealing.durability import replace_file
from tasks.sealing.signers import Signer

ALLOWED_SIGNERS = "allowed_signers"
COLLECTOR = "collector.pem"
LOG_KEYS = "log.vkey"
WITNESS_KEYS = "witness.vkey"
AUTHORITIES = "tsa-root.pem"


def publish_trust(folder: Path, signer: Signer, *, as_of: datetime, now: datetime, log: Signer | None = None) -> None:
    """Sees to it that a trust folder allows the signer evidence of an instant; lines that are there stay as they are.

    A key nobody has listed yet counts from the hour it is first used in. One whose time is over is refused, and so is
    one of another role. `log` is who signs checkpoints, if that is not the same key: each is then listed in its role.
    """
    other = log is not None and key_text(log.public_key) != key_text(signer.public_key)
    if log is not None and other:
        _publish(folder, log, {Role.CHECKPOINTS}, as_of=None, now=now)
        _keep_pem(folder, key_file(log, "log"), log)
    _publish(folder, signer, {Role.BUNDLES} if other else {Role.BUNDLES, Role.CHECKPOINTS}, as_of=as_of, now=now)
    for name in (COLLECTOR, key_file(signer)):
        _keep_pem(folder, name, signer)
    refuse_ended_log_key(folder, log or signer, as_of=as_of)


def refuse_ended_log_key(folder: Path, log: Signer, *, as_of: datetime) -> None:
    """Refuses whoever is to sign a checkpoint for leaves of an instant at which another key has followed theirs."""
    listed = folder / ALLOWED_SIGNERS
    if listed.exists() and load_trust(folder, beside_evidence=True).is_over(log.public_key, as_of, Role.CHECKPOINTS):
        raise SealError(
            f"{listed} does not allow the key {fingerprint(log.public_key)} to sign the log at {rfc3339(as_of)};"
            " set READINESS_LOG_KEY to the key that followed it"
        )


def _publish(folder: Path, signer: Signer, roles: set[Role], *, as_of: datetime | None, now: datetime) -> None:
    """Lists a key in its roles, unless it is listed; with an instant, it has to be good for evidence of that."""
    listed = folder / ALLOWED_SIGNERS
    text = listed.read_text() if listed.exists() else ""
    policy = TrustPolicy(_read(listed, text), str(listed), beside_evidence=True)
    known = policy.knows(signer.public_key)
    if not known:
        text += _line_of(signer.identity, signer.public_key, now, roles=roles)
        policy = TrustPolicy(_read(listed, text), str(listed), beside_evidence=True)
    if as_of is not None and (why_not := policy.why_not(signer.public_key, as_of)) is not None:
        raise SealError(f"{why_not}; seal with a key that is valid then, or as a late slot")
    if as_of is None and (misused := policy.misused(signer.public_key, Role.CHECKPOINTS)) is not None:
        raise SealError(f"{misused}; name another key as READINESS_LOG_KEY")
    if not known:
        replace_file(listed, text.encode())


def _keep_pem(folder: Path, name: str, signer: Signer) -> None:
    pem = signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not (folder / name).exists() or (folder / name).read_bytes() != pem:
        replace_file(folder / name, pem)


def allow_key(folder: Path, key: str, *, identity: str, since: datetime) -> None:
    """Lists a person's public key among the allowed signers, from the hour on that an instant is in."""
    listed = folder / ALLOWED_SIGNERS
    text = listed.read_text() if listed.exists() else ""
    policy = TrustPolicy(_read(listed, text), str(listed), beside_evidence=True)
    public = read_key_text(" ".join(key.split()[:2]))
    if policy.knows(public):
        raise SealError(f"{listed} lists that key already, as {policy.identity(public)}")
    replace_file(listed, (text + _line_of(identity, public, since, roles={Role.PEOPLE})).encode())


def key_file(signer: Signer, role: str = "collector") -> str:
    """The file of a key of its own, which stays when another follows it as `collector.pem`."""
    raw = signer.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{role}-{sha256(raw)[:16]}.pem"


def publish_log_key(folder: Path, key: NoteKey) -> None:
    """Sees to it that a trust folder names the key of the log; lines that are there stay as they are."""
    listed = folder / LOG_KEYS
    text = listed.read_text() if listed.exists() else ""
    if key.text not in text.splitlines():
        replace_file(listed, f"{text}{key.text}\n".encode())


def load_trust(folder: Path, *, beside_evidence: bool) -> TrustPolicy:
    """Whom a trust folder allows to sign evidence."""
    listed = folder / ALLOWED_SIGNERS
    try:
        text = listed.read_text()
    except FileNotFoundError:
        raise VerificationError(f"{folder} has no {ALLOWED_SIGNERS}; name the folder with the keys you trust") from None
    except (OSError, UnicodeDecodeError) as error:
        raise VerificationError(f"cannot read {listed}: {error}") from error
    logs, witnesses = (read_note_keys(folder / name) for name in (LOG_KEYS, WITNESS_KEYS))
    authorities = _authorities(folder / AUTHORITIES)
    return TrustPolicy(_read(listed, text), str(listed), beside_evidence, logs, witnesses, authorities)


def trust_beside(evidence: Path) -> TrustPolicy | None:
    """Whom the trust folder beside evidence allows to sign; nothing before anybody is listed.

    The file says so and not its folder, which is there a moment earlier: another run may be making both.
    """
    folder = evidence / "trust"
    return load_trust(folder, beside_evidence=True) if (folder / ALLOWED_SIGNERS).exists() else None


def _authorities(path: Path) -> tuple[Certificate, ...]:
    """The roots of timestamping authorities; none if there is no such file."""
    try:
        return tuple(load_pem_x509_certificates(path.read_bytes()))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise VerificationError(f"cannot read the certificates in {path}: {error}") from error


def read_note_keys(path: Path) -> tuple[NoteKey, ...]:
    """The verifier keys in a file, one a line; none if there is no such file."""
    try:
        return tuple(NoteKey.parse(line) for line in path.read_text().splitlines() if line)
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, VerificationError) as error:
        raise VerificationError(f"cannot read {path}: {error}") from error


def _read(listed: Path, text: str) -> tuple[AllowedSigner, ...]:
    try:
        return read_allowed_signers(text)
    except VerificationError as error:
        raise VerificationError(f"{listed}: {error}") from error


def _line_of(identity: str, key: Ed25519PublicKey, now: datetime, *, roles: set[Role]) -> str:
    """Whole hours, so that the slot in which a key is made is covered even when that is almost over."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    line = AllowedSigner(identity, key, hour, roles=frozenset(roles)).line()
    try:
        read_allowed_signers(line)
    except VerificationError:
        raise SealError(f"{identity!r} cannot name a signer; use letters, digits and @ . _ + -") from None
    return line
