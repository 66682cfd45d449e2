"""Signed records: the envelope in which a record of the log lies, and whose word makes it count."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, TypeAdapter, ValidationError

from checks.errors import VerificationError
from checks.evidence.digests import sha256
from checks.evidence.dsse import EnvelopeSignature, compact_json, read_base64, type_bound, write_base64
from checks.evidence.holds import Hold, HoldRelease
from checks.evidence.log_records import (
    AnyRecord,
    CatalogApproval,
    KeyRevocation,
    KeyRotation,
    LogKeyRotation,
    Pause,
    Resume,
    Rotation,
)
from checks.evidence.people import PersonsEvidence, Review, Waiver
from checks.evidence.sshsig import key_text, read_key_text, verifies
from checks.evidence.trust import AllowedSigner, Role, TrustPolicy
from checks.records import Record

PAYLOAD_TYPE = "application/vnd.readiness-evidence.record+json"
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

    @property
    def digest(self) -> str:
        """Of the file."""
        return sha256(self.data)

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

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether one of its signatures is right, and a key's."""
        signed = signed_bytes(self.payload)
        return any(verifies(key, raw, signed) for _, raw in self.signatures)

    def signers(self, trust: TrustPolicy) -> list[AllowedSigner]:
        """Those allowed signers, valid when it was made and in a role to say so, who signed it."""
        return [
            one
            for one in trust.signers
            if one.roles & self.roles
            and one.vouches_for(self.record.at)
            and self.is_signed_by(one.key)
            and not (isinstance(self.record, KeyRevocation) and self.record.key == key_text(one.key))
        ]

    @property
    def roles(self) -> frozenset[Role]:
        """Whose word it is: people's, the collector's or its log's, or either's."""
        if isinstance(self.record, CatalogApproval | PersonsEvidence | Review | Waiver | Hold | HoldRelease):
            return frozenset({Role.PEOPLE})
        if isinstance(self.record, KeyRevocation | Pause | Resume):
            return frozenset({Role.PEOPLE, Role.BUNDLES})
        if isinstance(self.record, KeyRotation):
            return frozenset({Role.BUNDLES, Role.CHECKPOINTS})
        if isinstance(self.record, LogKeyRotation):
            return frozenset({Role.CHECKPOINTS})
        return frozenset({Role.BUNDLES})

    def misused(self, trust: TrustPolicy) -> list[str]:
        """Keys that signed it outside their role."""
        keys = [one.key for one in trust.signers if self.is_signed_by(one.key)]
        (role, *others) = sorted(self.roles)
        told = [trust.misused(key, role) for key in keys if all(trust.misused(key, other) for other in others)]
        return list(dict.fromkeys(filter(None, told)))

    def weaknesses(self, trust: TrustPolicy) -> list[str]:
        """Why the record does not count; a rotation is signed by the old key and by the new one."""
        problems, signers = self.misused(trust), self.signers(trust)
        if not problems and not signers:
            problems = ["no allowed signer who was valid then signed it"]
        elif signers and self.record.by not in {one.identity for one in signers}:
            problems.append(f"it speaks for {self.record.by}, who did not sign it")
        if isinstance(self.record, Rotation):
            for role, text in (("old", self.record.old), ("new", self.record.new)):
                if not self.is_signed_by(read_key_text(text)):
                    problems.append(f"the {role} key did not sign the rotation")
        return problems


def payload_of(record: AnyRecord) -> bytes:
    """The record as JSON, always the same bytes."""
    return compact_json(record.model_dump(mode="json"))


def signed_bytes(payload: bytes) -> bytes:
    """What those who stand for a record sign."""
    return type_bound(PAYLOAD_TYPE, payload)
