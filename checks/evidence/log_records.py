"""What the evidence log holds beside bundles: signed records of what people and runs decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from checks.errors import VerificationError
from checks.evidence.bag import manifest_text, read_manifest
from checks.evidence.digests import Digest, sha256
from checks.evidence.dsse import EnvelopeSignature, compact_json, read_base64, type_bound, write_base64
from checks.evidence.holds import Hold, HoldRelease
from checks.evidence.people import Attested, PersonsEvidence, Review, Waiver, Words
from checks.evidence.sshsig import key_text, read_key_text, verifies
from checks.evidence.trust import AllowedSigner, KeyEnd, Role, TrustPolicy
from checks.records import Instant, Record
from checks.slots import Cadence

RECORDS = "records"
PAYLOAD_TYPE = "application/vnd.readiness-evidence.record+json"
PublicKey = Annotated[str, StringConstraints(pattern=r"^ssh-ed25519 [A-Za-z0-9+/=]{68}\z")]


class CatalogChange(Attested):
    """From here on another catalogue, or other suites, are in force: thresholds may have moved.

    `before` is empty on the first. `approved_by` stays empty where nobody signed for the change, and shows that.
    """

    kind: Literal["catalog-change"] = "catalog-change"
    before: Digest | None
    after: Digest
    suites_before: str | None
    suites_after: str
    approved_by: str | None = None


class KeyRotation(Attested):
    """Another key signs from here on; the old one and the new one both sign this.

    The old one stays good for what it has sealed: to the end of the newest slots then.
    """

    kind: Literal["key-rotation"] = "key-rotation"
    old: PublicKey
    new: PublicKey
    good_until: Instant


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
    | KeyRotation
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
_RECORDS: TypeAdapter[AnyRecord] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="kind")])


class RecordEnvelope(Record):
    """A DSSE envelope with a record in it, and a signature of each who stands for it."""

    payload: str
    payloadType: Literal["application/vnd.readiness-evidence.record+json"]  # noqa: N815 (DSSE's spelling)
    signatures: tuple[EnvelopeSignature, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A record and its signatures, which nobody has checked."""

    record: AnyRecord
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def data(self) -> bytes:
        """The file."""
        signatures = [{"keyid": keyid, "sig": write_base64(signature)} for keyid, signature in self.signatures]
        return compact_json(
            {"payload": write_base64(self.payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures}
        )

    @classmethod
    def parse(cls, data: bytes) -> "SignedRecord":
        """Reads a record's file strictly: what would not be written again byte for byte is refused."""
        try:
            envelope = RecordEnvelope.model_validate_json(data)
            payload = read_base64(envelope.payload)
            record = _RECORDS.validate_json(payload)
            found = cls(record, payload, tuple((one.keyid, read_base64(one.sig)) for one in envelope.signatures))
        except (ValidationError, ValueError) as error:
            raise VerificationError("it is no signed record of the log") from error
        if found.data != data or payload_of(record) != payload:
            raise VerificationError("it is not written the way the log's records are")
        return found

    def signers(self, trust: TrustPolicy) -> list[AllowedSigner]:
        """Those allowed signers, valid when it was made and in a role to say so, who signed it."""
        signed = signed_bytes(self.payload)
        return [
            one
            for one in trust.signers
            if one.roles & self.roles
            and one.vouches_for(self.record.at)
            and any(verifies(one.key, raw, signed) for _, raw in self.signatures)
            and not (isinstance(self.record, KeyRevocation) and self.record.key == key_text(one.key))
        ]

    @property
    def roles(self) -> frozenset[Role]:
        """Whose word it is: people's, the collector's, or either's."""
        if isinstance(self.record, PersonsEvidence | Review | Waiver | Hold | HoldRelease):
            return frozenset({Role.PEOPLE})
        if isinstance(self.record, KeyRevocation | Pause | Resume):
            return frozenset({Role.PEOPLE, Role.BUNDLES})
        return frozenset({Role.BUNDLES})

    def misused(self, trust: TrustPolicy) -> list[str]:
        """Keys that signed it outside their role."""
        signed = signed_bytes(self.payload)
        keys = [one.key for one in trust.signers if any(verifies(one.key, raw, signed) for _, raw in self.signatures)]
        (role, *others) = sorted(self.roles)
        told = [trust.misused(key, role) for key in keys if all(trust.misused(key, other) for other in others)]
        return list(dict.fromkeys(filter(None, told)))

    def weaknesses(self, trust: TrustPolicy) -> list[str]:
        """Why the record does not count; a rotation is signed by the old key and by the new one."""
        problems = self.misused(trust)
        if not problems and not self.signers(trust):
            problems = ["no allowed signer who was valid then signed it"]
        if isinstance(self.record, KeyRotation):
            signed = signed_bytes(self.payload)
            for role, text in (("old", self.record.old), ("new", self.record.new)):
                key = read_key_text(text)
                if not any(verifies(key, raw, signed) for _, raw in self.signatures):
                    problems.append(f"the {role} key did not sign the rotation")
        return problems


def key_end(record: AnyRecord) -> KeyEnd | None:
    """The end of a key that a record puts on record, if it does."""
    if isinstance(record, KeyRotation):
        return KeyEnd(read_key_text(record.old), record.good_until, record.at)
    if isinstance(record, KeyRevocation):
        return KeyEnd(read_key_text(record.key), record.good_until, record.at)
    return None


def payload_of(record: AnyRecord) -> bytes:
    """The record as JSON, always the same bytes."""
    return compact_json(record.model_dump(mode="json"))


def signed_bytes(payload: bytes) -> bytes:
    """What those who stand for a record sign."""
    return type_bound(PAYLOAD_TYPE, payload)


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
