"""Collects attestations: people's signed records as they lie in an evidence log, and their artefacts' digests."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from checks.errors import CollectionError, VerificationError
from checks.evidence.digests import sha256
from checks.evidence.log_records import RECORDS, AnyRecord, key_end
from checks.evidence.people import PersonsEvidence, Review
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.evidence.signed_records import SignedRecord
from checks.evidence.trust import TrustPolicy, read_allowed_signers
from checks.kinds.attestation import AttestationCheck, AttestationExpectation, AttestationRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.files import demand_folder
from tasks.collectors.sources import Sources
from tasks.sealing.attesting import artifact_path
from tasks.sealing.logged import logged_records
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust

SEEN = "seen.json"
_ENDINGS = ("*.evidence.json", "*.review.json", "*.key-*.json")


class AttestationCollector:
    """Reads the records of an evidence folder; whose word counts is for its trust folder to say."""

    kind: ClassVar[str] = "attestation"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now

    async def collect(self, check: AttestationCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        access = self._sources.folder(check.log)
        demand_folder(access)
        captures = await asyncio.to_thread(_captured, access.folder.resolve())
        return watch.evidence(
            self.rows_from(check, captures), captures, source=check.log, request=f"{access.folder}/{RECORDS}"
        )

    @staticmethod
    def rows_from(check: AttestationCheck, captures: Sequence[RawCapture]) -> tuple[AttestationRow, ...]:
        """A row for each item of each use case: what its newest record says that counts."""
        counted = list(_counted(captures))
        artefacts = _body(captures, SEEN)["artefacts"]
        return tuple(
            _row(f"{one}/{item}", _about(counted, (one, item), check.expect), counted, artefacts)
            for one, item in check.wanted
        )

    async def aclose(self) -> None:
        """Holds nothing open."""


def _captured(root: Path) -> tuple[RawCapture, ...]:
    """The records, who may sign them, and what was seen of log and artefacts."""
    paths = sorted(path for ending in _ENDINGS for path in (root / RECORDS).glob(ending))
    signers = root / "trust" / ALLOWED_SIGNERS
    if not signers.is_file():
        seen: dict[str, Any] = {"logged": [], "artefacts": {}}
        return (RawCapture(ALLOWED_SIGNERS, b""), RawCapture(SEEN, json_bytes(seen)))
    try:
        trust = load_trust(root / "trust", beside_evidence=True)
        logged = logged_records(root, trust) or {}
        bodies = {path.name: path.read_bytes() for path in paths}
        seen = {
            "logged": [f"{index:09}" for index, record in sorted(logged.items()) if record is not None],
            "artefacts": dict(_artefacts(root, logged.values())),
        }
        listed = RawCapture(ALLOWED_SIGNERS, signers.read_bytes())
    except (OSError, VerificationError) as error:
        raise CollectionError(f"{root}: the evidence log cannot be read: {error}; see `readiness log audit`") from error
    records = (RawCapture(name, body) for name, body in bodies.items())
    return (listed, RawCapture(SEEN, json_bytes(seen)), *records)


def _artefacts(root: Path, records: Iterable[AnyRecord | None]) -> Iterator[tuple[str, str | None]]:
    for record in records:
        if isinstance(record, PersonsEvidence):
            path = root / artifact_path(record)
            yield artifact_path(record), sha256(path.read_bytes()) if path.is_file() else None


def _body(captures: Sequence[RawCapture], item: str) -> Any:
    return json.loads(next(capture.body for capture in captures if capture.item == item))


def _counted(captures: Sequence[RawCapture]) -> Iterator[tuple[str, str, PersonsEvidence | Review]]:
    """Name, digest and record of each that the log holds and an allowed signer signed; revoked keys are none."""
    listed = next(capture.body for capture in captures if capture.item == ALLOWED_SIGNERS)
    trust = TrustPolicy(read_allowed_signers(listed.decode()), ALLOWED_SIGNERS, beside_evidence=True)
    logged = set(_body(captures, SEEN)["logged"])
    signed = [(one, SignedRecord.parse(one.body)) for one in captures if one.item.partition(".")[0] in logged]
    ends = [end for _, one in signed if not one.weaknesses(trust) and (end := key_end(one.record)) is not None]
    in_force = trust.as_known(ends, None)
    for capture, one in signed:
        record = one.record
        names = {signer.identity for signer in one.signers(in_force)}
        if isinstance(record, PersonsEvidence | Review) and record.by in names:
            yield capture.item, sha256(capture.body), record


def _about(
    counted: Sequence[tuple[str, str, PersonsEvidence | Review]], about: tuple[str, str], expect: AttestationExpectation
) -> tuple[str, str, PersonsEvidence] | None:
    """The newest record about an item of a use case; what is not real counts only where nothing else is on record."""
    own = [
        (name, digest, record)
        for name, digest, record in counted
        if isinstance(record, PersonsEvidence) and (record.use_case, record.validation_item) == about
    ]
    real = [one for one in own if expect.why_not_real(one[2].environment, one[2].provider_mode) is None]
    return max(real or own, key=lambda one: (one[2].timestamp, one[2].at), default=None)


def _row(
    subject: str,
    found: tuple[str, str, PersonsEvidence] | None,
    counted: Sequence[tuple[str, str, PersonsEvidence | Review]],
    artefacts: dict[str, str | None],
) -> AttestationRow:
    if found is None:
        return AttestationRow(subject=subject, missing="nobody whom the trust folder lists has attested it")
    name, digest, record = found
    reviews = [one for _, _, one in counted if isinstance(one, Review) and one.of == digest]
    fitting = [one for one in reviews if one.by != record.by and one.at > record.at]
    review = max(fitting, key=lambda one: one.at, default=None)
    return AttestationRow(
        subject=subject,
        record=name,
        executor=record.by,
        environment=record.environment,
        provider_mode=record.provider_mode,
        command=record.command,
        result=record.result,
        timestamp=record.timestamp,
        expires_at=record.expires_at,
        artefact_as_attested=artefacts.get(artifact_path(record)) == record.artifact_digest,
        reviewer=review.by if review else None,
        accepted=review.accepted if review else None,
    )
