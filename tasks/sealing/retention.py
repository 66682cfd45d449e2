"""Retention: what is deleted under a policy leaves a signed tombstone, and every other proof holds."""

import shutil
from datetime import datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.log_records import RECORDS, SignedRecord, Tombstone
from tasks.sealing.bundle import EvidenceBundle, read_info
from tasks.sealing.durability import sync
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer


def bury(bundle: Path, writer: RecordWriter, *, signer: Signer, policy: str, at: datetime) -> Path:
    """Deletes a bundle once its tombstone is in the log; returns the tombstone.

    A crash in between leaves a tombstone and a bundle: burying it again deletes it, under the same tombstone.
    """
    index = read_info(bundle).log_index
    if index is None:
        raise SealError(f"{bundle} is in no log, so nothing would remain of it; keep it")
    found = EvidenceBundle.at(bundle)
    stone = Tombstone(at=at, by=signer.identity, index=index, slot=found.slot.label, digest=found.digest, policy=policy)
    path = _buried(writer.root, found.digest) or writer.append(stone, signers=(signer,))
    shutil.rmtree(bundle)
    sync(bundle.parent)
    return path


def _buried(root: Path, digest: str) -> Path | None:
    """The tombstone of a bundle, if there is one."""
    for path in (root / RECORDS).glob("*.tombstone.json"):
        record = SignedRecord.parse(path.read_bytes()).record
        if isinstance(record, Tombstone) and record.digest == digest:
            return path
    return None
