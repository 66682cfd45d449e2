"""Retaining: what the catalogue's retention no longer keeps, and its deletion; for the command line and the flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.evidence.digests import sha256
from checks.retention import Retention
from flows import wiring
from flows.settings import Settings
from flows.wiring import load_catalog, signer_of
from tasks.sealing.due import Due, due_for_deletion
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import retain
from tasks.sealing.trust import load_trust


@dataclass(frozen=True, slots=True)
class Retaining:
    """The retention of one catalogue, over the evidence of one home, as of an instant."""

    settings: Settings
    policy: Retention
    catalog_digest: str
    as_of: datetime

    @classmethod
    def of(cls, settings: Settings) -> "Retaining":
        catalog, data = load_catalog(settings.catalog)
        return cls(settings, catalog.retention or Retention(), sha256(data), wiring.now())

    def due(self) -> list[Due]:
        """What its time is over for; what is due and stays says why."""
        root = self.settings.evidence
        if not (root / "trust").is_dir():
            return []
        anchored = bool(self.settings.witness or self.settings.timestamps)
        trust = load_trust(root / "trust", beside_evidence=True)
        return due_for_deletion(root, self.policy, trust, as_of=self.as_of, anchored=anchored)

    def delete(self, due: Sequence[Due]) -> list[Path]:
        """Deletes what nothing keeps; returns the tombstones."""
        signer = signer_of(self.settings)
        writer = RecordWriter(self.settings.evidence, signer)
        policy = f"retention of the catalogue sha256:{self.catalog_digest}"
        return retain(due, writer, signer=signer, policy=policy, at=self.as_of)
