"""Succession: whom a reader may believe because a key that they trust has put another in its place, on record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checks.evidence.log_records import LogKeyRotation, Rotation, key_end
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import fingerprint, read_key_text
from checks.evidence.trust import AllowedSigner, KeyEnd, Role, TrustPolicy
from checks.records import rfc3339


@dataclass(frozen=True, slots=True)
class Successor:
    """A key that the reader's trust folder does not list, and the listed one that put it in its place."""

    key: Ed25519PublicKey
    of: Ed25519PublicKey
    at: datetime
    leaf: int
    roles: frozenset[Role] = frozenset(Role)

    @property
    def words(self) -> str:
        """The succession as a report notes it."""
        what = "" if self.roles == frozenset(Role) else f" {' and '.join(sorted(one.words for one in self.roles))}"
        return (
            f"the key {fingerprint(self.key)} is not in the trust folder; {fingerprint(self.of)}, which is, put it in"
            f" its place{what} at {rfc3339(self.at)}, and both signed that (leaf {self.leaf})"
        )


def followed(
    trust: TrustPolicy, records: Sequence[tuple[int, SignedRecord]], *, as_of: datetime | None = None
) -> tuple[TrustPolicy, tuple[Successor, ...]]:
    """The policy with the keys that follow those it lists, by rotations among a log's records, in the log's order.

    A rotation counts if both keys signed it, and the old one was good then and had not been put out of its place by an
    earlier leaf. The new key has the old one's roles and name, from the hour of the rotation on; of a rotation of the
    log's key that is the one role. One that the reader lists has what their list says. The ends of keys that the policy
    has at first are the caller's, who may know more.
    """
    found: list[Successor] = []
    gone: set[tuple[bytes, Role]] = set()
    for leaf, signed in records:
        record = signed.record
        if not isinstance(record, Rotation) or (as_of is not None and record.at > as_of):
            continue
        old, new = read_key_text(record.old), read_key_text(record.new)
        raw = old.public_bytes_raw()
        was_good = any(one.key == old for one in signed.signers(trust))
        roles = frozenset(role for role in _handed(record) if (raw, role) not in gone)
        if not was_good or not roles & signed.roles or signed.weaknesses(trust):
            continue
        gone |= {(raw, role) for role in roles}
        if not trust.knows(new):
            found.append(Successor(new, old, record.at, leaf, _handed(record)))
        trust = _handed_over(trust, record, roles)
        trust = trust.as_known([end for end in (key_end(record),) if end is not None], as_of)
    return trust, tuple(found)


def _handed(record: Rotation) -> frozenset[Role]:
    """The roles that a rotation speaks of."""
    return frozenset({Role.CHECKPOINTS}) if isinstance(record, LogKeyRotation) else frozenset(Role)


def _handed_over(trust: TrustPolicy, record: Rotation, roles: frozenset[Role]) -> TrustPolicy:
    """The policy with a key beside the one that it follows, in that one's roles unless it is listed in its own.

    It signs the log too, if the old one did; a list that does not allow it that is told so where its signature counts.
    """
    old, new = read_key_text(record.old), read_key_text(record.new)
    hour = record.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    heirs = [
        AllowedSigner(record.name if isinstance(record, LogKeyRotation) else one.identity, new, hour, None, shared)
        for one in trust.signers
        if one.key == old and (shared := one.roles & roles)
    ]
    logs = [replace(one, key=new) for one in trust.logs if one.key == old and Role.CHECKPOINTS in roles]
    return replace(
        trust,
        signers=(*trust.signers, *([] if trust.knows(new) else heirs)),
        logs=(*trust.logs, *(one for one in logs if one not in trust.logs)),
    )


def ends_on_record(records: Sequence[SignedRecord], trust: TrustPolicy) -> list[KeyEnd]:
    """The ends of keys that count by the word of somebody whom a policy lists."""
    return [end for one in records if not one.weaknesses(trust) and (end := key_end(one.record)) is not None]
