"""Retaining: what the catalogue's retention keeps until when, here and in the archive; wired for whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.catalog import Catalog
from checks.errors import SealError
from checks.evidence.digests import sha256
from checks.retention import Retention
from flows import wiring
from flows.settings import Settings
from flows.wiring import load_catalog, records_of, signer_of
from tasks.sealing.archive import Archive
from tasks.sealing.archiving import Archiving, copy_all, move_out
from tasks.sealing.due import Dated, dated_bundles, due_for_deletion
from tasks.sealing.retention import retain
from tasks.sealing.trust import trust_beside


@dataclass(frozen=True, slots=True)
class Retaining:
    """The retention of one catalogue, over the evidence of one home, as of an instant."""

    settings: Settings
    policy: Retention
    catalog_digest: str
    as_of: datetime

    @classmethod
    def of(cls, settings: Settings) -> "Retaining":
        return cls.under(*load_catalog(settings.catalog), settings)

    @classmethod
    def under(cls, catalog: Catalog, data: bytes, settings: Settings) -> "Retaining":
        """What a catalogue that was read already (and the bytes of its file) keeps."""
        return cls(settings, catalog.retention or Retention(), sha256(data), wiring.now())

    def due(self) -> list[Dated]:
        """What its time is over for; what is due and stays says why."""
        trust, anchored = trust_beside(self._root), self._anchored
        if trust is None:
            return []
        return due_for_deletion(self._root, self.policy, trust, as_of=self.as_of, anchored=anchored)

    def delete(self, due: Sequence[Dated]) -> list[Path]:
        """Deletes what nothing keeps; returns the tombstones."""
        signer = signer_of(self.settings)
        policy = f"retention of the catalogue sha256:{self.catalog_digest}"
        return retain(due, records_of(self.settings), signer=signer, policy=policy, at=self.as_of)

    def copy(self) -> Archiving | None:
        """Copies to the archive what is not there; `None` if the settings name no archive."""
        if not self.settings.archive:
            return None
        try:
            archive = Archive.open(self.settings.archive)
        except SealError as error:
            return Archiving(0, len(self._dated()), None, str(error))
        fit = [one for one in self._dated() if one.unfit is None]
        return copy_all(self._root, archive, fit, at=self.as_of)

    def move_out(self) -> list[Path]:
        """Takes off this disk what the policy no longer keeps here and the archive has; returns the records of that."""
        freed = [one for one in self._dated() if not one.kept_by and self._may_leave(one)]
        if not self.settings.archive or not freed:
            return []
        signer = signer_of(self.settings)
        writer = records_of(self.settings)
        return move_out(Archive.open(self.settings.archive), freed, writer, signer=signer, at=self.as_of)

    def _may_leave(self, one: Dated) -> bool:
        leaves = self.policy.leaves_disk_at(one.slot)
        return leaves is not None and leaves <= self.as_of < one.until

    def _dated(self) -> list[Dated]:
        trust, anchored = trust_beside(self._root), self._anchored
        if trust is None:
            return []
        found = dated_bundles(self._root, self.policy, trust, as_of=self.as_of, anchored=anchored)
        return [one for one in found if one.until > self.as_of]

    @property
    def _root(self) -> Path:
        return self.settings.evidence

    @property
    def _anchored(self) -> bool:
        """Whether somebody is to vouch for evidence before it may go anywhere."""
        return bool(self.settings.witness or self.settings.timestamps)
