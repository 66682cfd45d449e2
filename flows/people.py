"""What people do to the evidence, wired: their key, the collector's key, and the log of this home."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from checks.errors import SealError, VerificationError
from checks.evidence.log_records import KeyRevocation, Pause, Resume
from checks.evidence.sshsig import key_text, read_key_text
from checks.slots import Cadence
from flows.settings import Settings
from flows.wiring import chosen_signer, log_signer_of, records_of, signer_of
from tasks.sealing.attesting import Attesting
from tasks.sealing.retention import bury
from tasks.sealing.rotation import revoke, rotate, rotate_log
from tasks.sealing.trust import allow_key


def attesting(settings: Settings, key: Path, identity: str) -> Attesting:
    """Attests with a person's key file, under the name that the trust folder knows it by."""
    person = chosen_signer(settings, key, identity=identity)
    return Attesting(settings.evidence, records_of(settings), person)


def allow(settings: Settings, public_key: Path, identity: str, *, since: datetime) -> None:
    """Lists a person's public key among the allowed signers."""
    allow_key(settings.evidence / "trust", public_key.read_text(), identity=identity, since=since)


def rotate_to(settings: Settings, key: Path, *, at: datetime) -> Path:
    """Puts another key in place of the collector's; returns the record that both signed."""
    new = chosen_signer(settings, key, identity=settings.identity)
    return rotate(settings.evidence, signer_of(settings), new, at=at, log=log_signer_of(settings))


def rotate_log_to(settings: Settings, key: Path, *, at: datetime) -> Path:
    """Puts another key in place of the one that signs the log; returns the record that both signed."""
    new = chosen_signer(settings, key, identity=f"{settings.identity}-log")
    return rotate_log(settings.evidence, signer_of(settings), new, at=at, log=log_signer_of(settings))


def revoke_key(settings: Settings, public_key: Path, *, good_until: datetime, reason: str, at: datetime) -> Path:
    """Takes a key back from an instant on, by the collector's word; returns the record."""
    by = signer_of(settings)
    key = _read_public(public_key)
    record = KeyRevocation(at=at, by=by.identity, key=key, good_until=good_until, reason=reason)
    return revoke(records_of(settings), record, by=by)


def _read_public(file: Path) -> str:
    """The public key in a file, without what may stand behind it."""
    try:
        return key_text(read_key_text(" ".join(file.read_text().split()[:2])))
    except (OSError, UnicodeDecodeError, VerificationError) as error:
        raise SealError(f"{file}: {error}; name what `readiness key public` printed") from error


def pause(settings: Settings, cadences: Sequence[Cadence], *, until: datetime, reason: str, at: datetime) -> Path:
    """Puts on record that nothing is owed on some cadences for a while; returns the record."""
    by = signer_of(settings).identity
    return records_of(settings).append(Pause(at=at, by=by, cadences=tuple(cadences), until=until, reason=reason))


def resume(settings: Settings, cadences: Sequence[Cadence], *, reason: str, at: datetime) -> Path:
    """Puts on record that a pause is over before its time; returns the record."""
    by = signer_of(settings).identity
    return records_of(settings).append(Resume(at=at, by=by, cadences=tuple(cadences), reason=reason))


def bury_bundle(settings: Settings, bundle: Path, *, policy: str, at: datetime) -> Path:
    """Deletes a bundle under a policy; returns its tombstone."""
    signer = signer_of(settings)
    return bury(bundle, records_of(settings), signer=signer, policy=policy, at=at)
