"""Keys over time: one follows another, or is revoked, and the log says so before the trust folder does."""

from datetime import datetime, timedelta
from pathlib import Path

from checks.errors import SealError, VerificationError
from checks.evidence.log_records import KeyRevocation, KeyRotation, LogKeyRotation
from checks.evidence.notes import NoteKey, NoteKeyType
from checks.evidence.sshsig import key_text, read_key_text
from checks.evidence.trust import KeyEnd, Role, as_known, read_allowed_signers
from tasks.sealing.bundle import read_info
from tasks.sealing.durability import replace_file
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust, publish_log_key, publish_trust


def rotate(root: Path, old: Signer, new: Signer, *, at: datetime, log: Signer | None = None) -> Path:
    """Puts a new key in place of an old one, by a record that both sign; returns the record.

    The old key stays good for what it has sealed: to the end of the newest slots, and no longer. A crash before the
    trust folder is written leaves both keys good; rotating again finishes it. `log` signs checkpoints, if another key
    than the collector's does.
    """
    until = _good_until(root, old, new, at)
    record = KeyRotation(
        at=at, by=old.identity, old=key_text(old.public_key), new=key_text(new.public_key), good_until=until
    )
    path = RecordWriter(root, old, log=log).append(record, signers=(old, new))
    publish_trust(root / "trust", new, as_of=at, now=at, log=log)
    if log is None:
        _publish_log_key(root, new)
    end_key(root / "trust", key_text(old.public_key), until)
    return path


def rotate_log(root: Path, collector: Signer, new: Signer, *, at: datetime, log: Signer | None = None) -> Path:
    """Puts a new key in place of the one that signs the log, by a record that both sign; returns the record.

    Without a `log` that is the collector's, which seals on: the log then has a key of its own. The record's leaf is
    below the last checkpoint that the old key signs, so whoever trusts that key learns the new one from the log.
    """
    old = log or collector
    until = _good_until(root, old, new, at)
    if key_text(new.public_key) == key_text(collector.public_key):
        raise SealError("the new key is the collector's; a log of its own key needs another, make it with `key new`")
    keys = {"old": key_text(old.public_key), "new": key_text(new.public_key)}
    record = LogKeyRotation(at=at, by=old.identity, name=new.identity, good_until=until, **keys)
    path = RecordWriter(root, collector, log=log).append(record, signers=(old, new))
    publish_trust(root / "trust", collector, as_of=at, now=at, log=new)
    _publish_log_key(root, new)
    end_key(root / "trust", key_text(old.public_key), until, roles=frozenset({Role.CHECKPOINTS}))
    return path


def _good_until(root: Path, old: Signer, new: Signer, at: datetime) -> datetime:
    """Until when a key stays good that another follows."""
    if key_text(old.public_key) == key_text(new.public_key):
        raise SealError("the new key is the old one; make another with `readiness key new`")
    return max([_whole_second(at), *_sealed_until(root)])


def _publish_log_key(root: Path, new: Signer) -> None:
    checkpoint = LogFiles(root / LOG).checkpoint()
    if checkpoint is not None:
        publish_log_key(root / "trust", NoteKey(checkpoint.origin, NoteKeyType.NOTE, new.public_key))


def revoke(writer: RecordWriter, record: KeyRevocation, *, by: Signer) -> Path:
    """Takes back a key from an instant on, by a record that another key signs; returns the record."""
    root, key, good_until = writer.root, record.key, record.good_until
    if key == key_text(by.public_key):
        raise SealError(
            "a key cannot revoke itself: whoever stole it could not be told from its owner; rotate to another key first"
        )
    if not load_trust(root / "trust", beside_evidence=True).knows(read_key_text(key)):
        raise SealError(f"{root / 'trust' / ALLOWED_SIGNERS} does not list that key; name one that it does")
    path = writer.append(record, signers=(by,))
    end_key(root / "trust", key, good_until)
    return path


def end_key(folder: Path, key: str, until: datetime, *, roles: frozenset[Role] = frozenset(Role)) -> None:
    """Writes into a trust folder that a key is good in some roles until an instant, or until an earlier one there."""
    policy = load_trust(folder, beside_evidence=True)
    ended = read_key_text(key)
    if not policy.knows(ended):
        raise VerificationError(f"{folder / ALLOWED_SIGNERS} does not list that key; name one that it does")
    lines = (folder / ALLOWED_SIGNERS).read_text().splitlines(keepends=True)
    end = KeyEnd(ended, until, until, roles)
    replace_file(folder / ALLOWED_SIGNERS, "".join(_ended(line, end) for line in lines).encode())


def _ended(line: str, end: KeyEnd) -> str:
    """A line of `allowed_signers`, however its owner wrote it, with an end if it lists a key that has a later one."""
    for one in read_allowed_signers(line):
        known = as_known(one, [end], None)
        if known != [one]:
            return "".join(part.line() for part in known)
    return line


def _whole_second(instant: datetime) -> datetime:
    """The first one that `allowed_signers` can hold and that is not before an instant."""
    return instant if not instant.microsecond else instant.replace(microsecond=0) + timedelta(seconds=1)


def _sealed_until(root: Path) -> list[datetime]:
    """Until when the keys have to be good that sealed the newest bundle of each cadence."""
    return [read_info(path).verified_as_of for path in (root / "latest").glob("*") if path.is_dir()]
