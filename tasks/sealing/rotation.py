"""Keys over time: one follows another, or is revoked, and the log says so before the trust folder does."""

from datetime import datetime
from pathlib import Path

from checks.errors import SealError, VerificationError
from checks.evidence.log_records import KeyRevocation, KeyRotation
from checks.evidence.sshsig import key_text, read_key_text
from checks.evidence.trust import AllowedSigner
from tasks.sealing.bundle import read_info
from tasks.sealing.durability import replace_file
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust, publish_trust


def rotate(root: Path, old: Signer, new: Signer, *, at: datetime) -> Path:
    """Puts a new key in place of an old one, by a record that both sign; returns the record.

    The old key stays good for what it has sealed: to the end of the newest slots, and no longer. A crash before the
    trust folder is written leaves both keys good; rotating again finishes it.
    """
    if key_text(old.public_key) == key_text(new.public_key):
        raise SealError("the new key is the old one; make another with `readiness key new`")
    record = KeyRotation(at=at, by=old.identity, old=key_text(old.public_key), new=key_text(new.public_key))
    path = RecordWriter(root, old).append(record, signers=(old, new))
    publish_trust(root / "trust", new, as_of=at, now=at)
    end_key(root / "trust", key_text(old.public_key), max([at, *_sealed_until(root)]))
    return path


def revoke(root: Path, key: str, *, by: Signer, good_until: datetime, reason: str, at: datetime) -> Path:
    """Takes back a key from an instant on, by a record that another key signs; returns the record."""
    if key == key_text(by.public_key):
        raise SealError("a key cannot revoke itself: whoever stole it could not be told from its owner")
    record = KeyRevocation(at=at, by=by.identity, key=key, good_until=good_until, reason=reason)
    path = RecordWriter(root, by).append(record, signers=(by,))
    end_key(root / "trust", key, good_until)
    return path


def end_key(folder: Path, key: str, until: datetime) -> None:
    """Writes into a trust folder that a key is good until an instant, or until an earlier one that stands there."""
    policy = load_trust(folder, beside_evidence=True)
    ended = read_key_text(key)
    if not policy.knows(ended):
        raise VerificationError(f"{folder / ALLOWED_SIGNERS} does not list that key; name one that it does")
    lines = (folder / ALLOWED_SIGNERS).read_text()
    for one in policy.signers:
        if one.key == ended and (one.valid_before is None or one.valid_before > until):
            lines = lines.replace(one.line(), AllowedSigner(one.identity, one.key, one.valid_after, until).line())
    replace_file(folder / ALLOWED_SIGNERS, lines.encode())


def _sealed_until(root: Path) -> list[datetime]:
    """Until when the keys have to be good that sealed the newest bundle of each cadence."""
    return [read_info(path).verified_as_of for path in (root / "latest").glob("*") if path.is_dir()]
