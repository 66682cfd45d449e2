"""Succession: whom a reader may believe because a key that they trust has put another in its place, on record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checks.evidence.log_records import KeyRotation, key_end
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import fingerprint, read_key_text
from checks.evidence.trust import AllowedSigner, KeyEnd, TrustPolicy
from checks.records import rfc3339


@dataclass(frozen=True, slots=True)
class Successor:
    """A key that the reader's trust folder does not list, and the listed one that put it in its place."""

    key: Ed25519PublicKey
    of: Ed25519PublicKey
    at: datetime
    leaf: int

    @property
    def words(self) -> str:
        """The succession as a report notes it."""
        return (
            f"the key {fingerprint(self.key)} is not in the trust folder; {fingerprint(self.of)}, which is, put it in"
            f" its place at {rfc3339(self.at)}, and both signed that (leaf {self.leaf})"
        )


def followed(
    trust: TrustPolicy, records: Sequence[tuple[int, SignedRecord]], *, as_of: datetime | None = None
) -> tuple[TrustPolicy, tuple[Successor, ...]]:
    """The policy with the keys that follow those it lists, by rotations among a log's records, in the log's order.

    A rotation counts if both keys signed it, and the old one was good then and had not been put out of its place by an
    earlier leaf. The new key has the old one's roles and name, from the hour of the rotation on; one that the reader
    lists has what their list says. The ends of keys that the policy has at first are the caller's, who may know more.
    """
    found: list[Successor] = []
    gone: set[bytes] = set()
    for leaf, signed in records:
        record = signed.record
        if not isinstance(record, KeyRotation) or (as_of is not None and record.at > as_of):
            continue
        old, new = read_key_text(record.old), read_key_text(record.new)
        was_good = any(one.key == old for one in signed.signers(trust))
        if not was_good or old.public_bytes_raw() in gone or signed.weaknesses(trust):
            continue
        gone.add(old.public_bytes_raw())
        if not trust.knows(new):
            found.append(Successor(new, old, record.at, leaf))
        trust = _handed_over(trust, old, new, at=record.at)
        trust = trust.as_known([end for end in (key_end(record),) if end is not None], as_of)
    return trust, tuple(found)


def _handed_over(trust: TrustPolicy, old: Ed25519PublicKey, new: Ed25519PublicKey, *, at: datetime) -> TrustPolicy:
    """The policy with a key beside the one that it follows, in all of that one's roles unless it is listed in its own.

    It signs the log too, if the old one did; a list that does not allow it that is told so where its signature counts.
    """
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    heirs = [AllowedSigner(one.identity, new, hour, None, one.roles) for one in trust.signers if one.key == old]
    logs = [replace(one, key=new) for one in trust.logs if one.key == old]
    return replace(
        trust,
        signers=(*trust.signers, *([] if trust.knows(new) else heirs)),
        logs=(*trust.logs, *(one for one in logs if one not in trust.logs)),
    )


def ends_on_record(records: Sequence[SignedRecord], trust: TrustPolicy) -> list[KeyEnd]:
    """The ends of keys that count by the word of somebody whom a policy lists."""
    return [end for one in records if not one.weaknesses(trust) and (end := key_end(one.record)) is not None]
