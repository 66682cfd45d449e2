"""Attesting: people's evidence, reviews and waivers, signed by their own keys and put into the log."""

import re
from datetime import datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.digests import sha256
from checks.evidence.holds import Hold, HoldRelease
from checks.evidence.log_records import RECORDS, AnyRecord, CatalogApproval
from checks.evidence.people import PersonsEvidence, Review, Waiver
from checks.evidence.signed_records import SignedRecord
from checks.evidence.trust import Role, TrustPolicy
from tasks.sealing.durability import replace_file
from tasks.sealing.filed import record_files
from tasks.sealing.logged import logged_records, records_of_kinds
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer
from tasks.sealing.trust import load_trust

ARTIFACTS = "artifacts"
_WAIVERS = ("waiver",)
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Attesting:
    """Adds what one person attests to the log beneath an evidence root.

    The person's key has to be an allowed signer already: whose word counts is for the owner of the trust folder to say.
    """

    def __init__(self, root: Path, writer: RecordWriter, person: Signer) -> None:
        self._root = root
        self._writer = writer
        self._person = person

    def add(self, evidence: PersonsEvidence, artifact: bytes) -> Path:
        """Keeps an artefact under its digest, and logs the evidence about it."""
        if sha256(artifact) != evidence.artifact_digest:
            raise SealError("the artefact has another digest than the evidence says; name the file it is of")
        self._refuse_strangers(evidence.at)
        replace_file(self._root / artifact_path(evidence), artifact)
        return self._append(evidence)

    def review(self, record: Path, *, accepted: bool, remarks: str, at: datetime) -> Path:
        """Logs what the person thinks of another's evidence; of their own, by name or by key, it is refused."""
        data = record.read_bytes()
        signed = SignedRecord.parse(data)
        if not isinstance(signed.record, PersonsEvidence):
            raise SealError(f"{record.name} is no evidence of a person; name one of {RECORDS}/*.evidence.json")
        trust = self._refuse_strangers(at)
        executors = signed.signers(trust)
        if not executors:
            raise SealError(f"nobody whom the trust folder lists signed {record.name}; there is nothing to review")
        if any(one.key == self._person.public_key or one.identity == self._person.identity for one in executors):
            raise SealError(f"{self._person.identity} executed what {record.name} says, and cannot review it")
        where = f"{RECORDS}/{record.name}"
        told = {"of": sha256(data), "record": where, "accepted": accepted, "remarks": remarks}
        return self._append(Review(at=at, by=self._person.identity, **told))

    def waive(self, waiver: Waiver) -> Path:
        """Logs a waiver that the person approves."""
        self._refuse_strangers(waiver.at)
        return self._append(waiver)

    def approve(self, approval: CatalogApproval) -> Path:
        """Logs that the person stands for a change of the catalogue or the suites; a key that seals cannot."""
        trust = self._refuse_strangers(approval.at)
        if trust.misused(self._person.public_key, Role.BUNDLES) is None:
            raise SealError(f"the key of {self._person.identity} seals bundles too; approve with another key")
        return self._append(approval)

    def hold(self, hold: Hold) -> Path:
        """Logs that evidence is not to be deleted, whatever the policy says."""
        self._refuse_strangers(hold.at)
        return self._append(hold)

    def release(self, record: Path, *, reason: str, at: datetime) -> Path:
        """Logs that a hold is over."""
        data = record.read_bytes()
        if not isinstance(SignedRecord.parse(data).record, Hold):
            raise SealError(f"{record.name} is no hold; name one of {RECORDS}/*.hold.json")
        self._refuse_strangers(at)
        told = {"of": sha256(data), "record": f"{RECORDS}/{record.name}", "reason": reason}
        return self._append(HoldRelease(at=at, by=self._person.identity, **told))

    def _append(self, record: AnyRecord) -> Path:
        if record.by != self._person.identity:
            raise SealError(f"{record.by} cannot be attested with the key of {self._person.identity}")
        return self._writer.append(record, signers=(self._person,))

    def _refuse_strangers(self, at: datetime) -> TrustPolicy:
        trust = load_trust(self._root / "trust", beside_evidence=True)
        why_not = trust.why_not(self._person.public_key, at, Role.PEOPLE)
        if why_not is not None or trust.identity(self._person.public_key) != self._person.identity:
            raise SealError(
                f"{self._person.identity} is no allowed signer with this key: {why_not or 'it is listed as another'};"
                " have the owner of the trust folder run `readiness key allow`"
            )
        return trust


def artifact_path(evidence: PersonsEvidence) -> str:
    """Where an artefact is kept beneath the evidence root."""
    return f"{ARTIFACTS}/{evidence.artifact_digest[:16]}.{_NAME.sub('-', Path(evidence.artifact).name)[-80:]}"


def waivers_on_record(root: Path) -> list[Waiver]:
    """Every waiver that counts by the log beneath an evidence root and the trust folder beside it."""
    if not record_files(root, _WAIVERS):
        return []
    return [one for one in records_of_kinds(root, _WAIVERS) if isinstance(one, Waiver)]


def granted_waivers(root: Path, trust: TrustPolicy) -> list[Waiver]:
    """The waivers of the log, the ended ones too, each signed by the allowed signer who it says approves it.

    Where the log cannot be believed, there is none.
    """
    records = logged_records(root, trust) or {}
    return [one for _, one in sorted(records.items()) if isinstance(one, Waiver)]
