"""What the evidence log holds beside bundles: signed records of what people and runs decided."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from checks.evidence.bag import manifest_text, read_manifest
from checks.evidence.digests import Digest, sha256
from checks.evidence.holds import Hold, HoldRelease
from checks.evidence.people import Attested, PersonsEvidence, Review, Waiver, Words
from checks.evidence.sshsig import read_key_text
from checks.evidence.trust import KeyEnd, Role
from checks.records import Instant
from checks.slots import Cadence

RECORDS = "records"
PublicKey = Annotated[str, StringConstraints(pattern=r"^ssh-ed25519 [A-Za-z0-9+/=]{68}\z")]


class CatalogChange(Attested):
    """From here on another catalogue, or other suites, are in force: thresholds may have moved.

    `before` is empty on the first. `approved_by` stays empty where nobody had signed for the change, and shows that;
    else `approval` is the digest of the record by which they did.
    """

    kind: Literal["catalog-change"] = "catalog-change"
    before: Digest | None
    after: Digest
    suites_before: str | None
    suites_after: str
    approved_by: str | None = None
    approval: Digest | None = None


class CatalogApproval(Attested):
    """Somebody who is not the collector stands for one change of the catalogue or the suites.

    `change` is the digest of its record, where the change was in force before anybody approved it.
    """

    kind: Literal["catalog-approval"] = "catalog-approval"
    before: Digest | None
    after: Digest
    suites_before: str | None
    suites_after: str
    reason: Words
    change: Digest | None = None


class KeyRotation(Attested):
    """Another key signs from here on; the old one and the new one both sign this.

    The old one stays good for what it has sealed: to the end of the newest slots then.
    """

    kind: Literal["key-rotation"] = "key-rotation"
    old: PublicKey
    new: PublicKey
    good_until: Instant


class LogKeyRotation(Attested):
    """Another key signs the log's checkpoints from here on; the old one and the new one both sign this.

    What else the old key may do it may do still: so a log gets a key of its own, too. `name` is what the new one is
    listed under, and speaks for.
    """

    kind: Literal["key-rotation-log"] = "key-rotation-log"
    old: PublicKey
    new: PublicKey
    name: str
    good_until: Instant


Rotation = KeyRotation | LogKeyRotation
"""That one key follows another."""


class KeyRevocation(Attested):
    """A key's signatures count no more for evidence after an instant."""

    kind: Literal["key-revocation"] = "key-revocation"
    key: PublicKey
    good_until: Instant
    reason: Words


class Tombstone(Attested):
    """A bundle was deleted under a policy; its leaf stays, and so does every other proof."""

    kind: Literal["tombstone"] = "tombstone"
    index: Annotated[int, Field(ge=0)]
    slot: str
    digest: Digest
    policy: Words


class Pause(Attested):
    """Nothing is owed on some cadences in [at, until)."""

    kind: Literal["pause"] = "pause"
    cadences: tuple[Cadence, ...] = Field(min_length=1)
    until: Instant
    reason: Words


class Resume(Attested):
    """A pause is over before its time."""

    kind: Literal["resume"] = "resume"
    cadences: tuple[Cadence, ...] = Field(min_length=1)
    reason: Words


class Archived(Attested):
    """A bundle is no longer on this disk: what was read back from `location`, locked until an instant, is the same."""

    kind: Literal["archived"] = "archived"
    index: Annotated[int, Field(ge=0)]
    slot: str
    digest: Digest
    location: Words
    locked_until: Instant


Departure = Tombstone | Archived
"""Why a bundle of the log is not on the disk."""

AnyRecord = (
    CatalogChange
    | CatalogApproval
    | KeyRotation
    | LogKeyRotation
    | KeyRevocation
    | Tombstone
    | Archived
    | Hold
    | HoldRelease
    | Pause
    | Resume
    | PersonsEvidence
    | Review
    | Waiver
)


def key_end(record: AnyRecord) -> KeyEnd | None:
    """The end of a key that a record puts on record, if it does."""
    if isinstance(record, KeyRotation):
        return KeyEnd(read_key_text(record.old), record.good_until, record.at)
    if isinstance(record, LogKeyRotation):
        return KeyEnd(read_key_text(record.old), record.good_until, record.at, frozenset({Role.CHECKPOINTS}))
    if isinstance(record, KeyRevocation):
        return KeyEnd(read_key_text(record.key), record.good_until, record.at)
    return None


def record_path(index: int, record: AnyRecord) -> str:
    """Where a record lies beneath the evidence root."""
    return f"{RECORDS}/{index:09}.{record.kind}.json"


def record_entry(path: str, data: bytes) -> bytes:
    """A record's leaf: its digest and its path, as `sha256sum` prints them."""
    return manifest_text({path: sha256(data)})


def record_in(entry: bytes) -> tuple[str, str] | None:
    """The path and the digest of the record that a leaf is of; `None` for a bundle's."""
    listed: Sequence[tuple[str, str]] = list(read_manifest(entry).items())
    return listed[0] if len(listed) == 1 and listed[0][0].startswith(f"{RECORDS}/") else None
