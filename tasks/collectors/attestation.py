"""Collects attestations: people's signed records as they lie in an evidence log, and their artefacts' digests."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from checks.evidence.digests import sha256
from checks.evidence.log_records import RECORDS
from checks.evidence.people import PersonsEvidence, Review
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.attestation import AttestationCheck, AttestationExpectation, AttestationRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.log_records import OnRecord, log_captures, read_log, review_of
from tasks.collectors.sources import FolderAccess, Sources
from tasks.sealing.attesting import artifact_path

ARTEFACTS = "artefacts"


class AttestationCollector:
    """Reads the records of an evidence folder; whose word counts is for its trust folder to say."""

    kind: ClassVar[str] = "attestation"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now

    async def collect(self, check: AttestationCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        access = self._sources.folder(check.log)
        captures = await asyncio.to_thread(_captured, access)
        return watch.evidence(
            self.rows_from(check, captures), captures, source=check.log, request=f"{access.folder}/{RECORDS}"
        )

    @staticmethod
    def rows_from(check: AttestationCheck, captures: Sequence[RawCapture]) -> tuple[AttestationRow, ...]:
        """A row for each item of each use case: what its newest record says that counts."""
        records = read_log(captures)
        artefacts = json.loads(next(one.body for one in captures if one.item == ARTEFACTS))
        return tuple(
            _row(f"{one}/{item}", _about(records, (one, item), check.expect), records, artefacts)
            for one, item in check.wanted
        )

    async def aclose(self) -> None:
        """Holds nothing open."""


def _captured(access: FolderAccess) -> tuple[RawCapture, ...]:
    """The records with who may sign them, and the digests of the artefacts that they speak of."""
    found = log_captures(access, "evidence", "review")
    root = access.folder.resolve()
    paths = {artifact_path(one.record) for one in read_log(found) if isinstance(one.record, PersonsEvidence)}
    artefacts = {path: _digest(root / path) for path in sorted(paths)}
    return (*found, RawCapture(ARTEFACTS, json_bytes(artefacts)))


def _digest(path: Path) -> str | None:
    return sha256(path.read_bytes()) if path.is_file() else None


def _about(
    records: Sequence[OnRecord], about: tuple[str, str], expect: AttestationExpectation
) -> tuple[OnRecord, PersonsEvidence] | None:
    """The newest record about an item of a use case; what is not real counts only where nothing else is on record."""
    own = [
        (one, one.record)
        for one in records
        if isinstance(one.record, PersonsEvidence) and (one.record.use_case, one.record.validation_item) == about
    ]
    real = [one for one in own if expect.why_not_real(one[1].environment, one[1].provider_mode) is None]
    return max(real or own, key=lambda one: (one[1].timestamp, one[1].at), default=None)


def _row(
    subject: str,
    found: tuple[OnRecord, PersonsEvidence] | None,
    records: Sequence[OnRecord],
    artefacts: Mapping[str, str | None],
) -> AttestationRow:
    if found is None:
        return AttestationRow(subject=subject, missing="nobody whom the trust folder lists has attested it")
    on_record, record = found
    newest = review_of(on_record, records)
    review = newest.record if newest is not None and isinstance(newest.record, Review) else None
    return AttestationRow(
        subject=subject,
        record=on_record.path.rpartition("/")[2],
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
