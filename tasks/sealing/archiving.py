"""Archiving: every bundle goes to the archive, and leaves this disk only once the copy there has been read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.digests import Digest, sha256
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import Archived
from checks.evidence.records import Record, json_bytes
from checks.evidence.tlog_proof import PROOF_FILE
from checks.records import Instant
from tasks.sealing.archive import Archive
from tasks.sealing.archiving_log import copy_log
from tasks.sealing.bundle import EvidenceBundle
from tasks.sealing.due import Dated
from tasks.sealing.durability import replace_file
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import finish_deletions, leaf_of, remove
from tasks.sealing.signers import Signer
from tasks.sealing.turn import deleting_alone

ARCHIVED = ".archived"
MOST = 500
"""Bundles that one run copies, so that a long row of them holds up nobody."""


class Copied(Record):
    """A bundle's copy was read back. `proof` is the digest of its log proof then: renewed, it is copied again."""

    location: str
    locked_until: Instant
    proof: Digest


@dataclass(frozen=True, slots=True)
class Archiving:
    """What came of copying: how many were, how many still wait and since which slot, and why.

    `leaves` is the size of the log that the archive holds now; `None` where it was not copied.
    """

    copied: int
    waiting: int
    oldest: str | None
    problem: str | None
    leaves: int | None = None


def copy_all(root: Path, archive: Archive, dated: Sequence[Dated], *, at: datetime) -> Archiving:
    """Copies the bundles that have a date and are not in the archive as they are now, oldest first; then the log.

    A server that refuses, or is away, ends it: the evidence is still here, and the rest waits for the next run.
    """
    wanted = [one for one in dated if not _is_copied(root, archive, one)]
    copied, leaves, problem = 0, None, None
    try:
        if dated:
            archive.check()
        for one in wanted[:MOST]:
            path = bundle_path(one.slot)
            archive.store(one.path, path, until=one.until)
            archive.prove(one.path, path, until=one.until)
            told = Copied(location=archive.location(path), locked_until=one.until, proof=_proof(one.path))
            replace_file(_mark(root, one), json_bytes(told.model_dump(mode="json")))
            copied += 1
        if dated:
            leaves = copy_log(root, archive, until=max(one.until for one in dated), at=at)
    except SealError as error:
        problem = str(error)
    left = wanted[copied:]
    return Archiving(copied, len(left), left[0].slot.label if left else None, problem, leaves)


def move_out(
    archive: Archive, freed: Sequence[Dated], writer: RecordWriter, *, signer: Signer, at: datetime
) -> list[Path]:
    """Takes bundles off this disk, oldest first, each once its copy has been read back anew; returns their records."""
    records = []
    with deleting_alone(writer.root):
        finished = set(finish_deletions(writer))
        for one in freed:
            if one.path in finished or not _is_copied(writer.root, archive, one):
                continue
            path, found = bundle_path(one.slot), EvidenceBundle.at(one.path)
            archive.prove(one.path, path, until=one.until)
            record = Archived(
                at=at,
                by=signer.identity,
                index=leaf_of(writer.root, one.path),
                slot=one.slot.label,
                digest=found.digest,
                location=archive.location(path),
                locked_until=one.until,
            )
            records.append(writer.append(record, signers=(signer,)))
            remove(writer.root, one.path)
    return records


def _is_copied(root: Path, archive: Archive, one: Dated) -> bool:
    try:
        told = Copied.model_validate_json(_mark(root, one).read_bytes())
    except FileNotFoundError:
        return False
    here = (archive.location(bundle_path(one.slot)), _proof(one.path))
    return (told.location, told.proof) == here and told.locked_until >= one.until


def _mark(root: Path, one: Dated) -> Path:
    return root / ARCHIVED / f"{one.index:09}.json"


def _proof(bundle: Path) -> str:
    return sha256((bundle / "proof" / PROOF_FILE).read_bytes())
