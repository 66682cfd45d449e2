"""Retention: what is deleted under a policy leaves a signed tombstone, and every other proof holds."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import Departure, Tombstone, record_entry
from checks.evidence.signed_records import SignedRecord
from checks.slots import Slot
from tasks.sealing.bundle import EvidenceBundle, read_info
from tasks.sealing.due import Dated
from tasks.sealing.durability import make_folders, sync
from tasks.sealing.filed import record_files, record_leaf
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer
from tasks.sealing.turn import deleting_alone, writing_alone
from tasks.sealing.waiting import forget_waiting

DELETING = ".deleting"
"""Where bundles go to be deleted, beneath the evidence root: no reader sees one of which half is gone."""


def retain(due: Sequence[Dated], writer: RecordWriter, *, signer: Signer, policy: str, at: datetime) -> list[Path]:
    """Deletes the bundles that nothing keeps, oldest first; returns their tombstones.

    `policy` says whose policy it is. First comes whatever a run before this one had begun and not finished.
    """
    with deleting_alone(writer.root):
        finished = set(finish_deletions(writer))
        freed = [one for one in due if not one.kept_by and one.path not in finished]
        return [_bury(one.path, writer, signer=signer, policy=f"{policy}: {one.words}", at=at) for one in freed]


def bury(bundle: Path, writer: RecordWriter, *, signer: Signer, policy: str, at: datetime) -> Path:
    """Deletes a bundle once its tombstone is in the log; returns the tombstone.

    A crash in between leaves a tombstone and a bundle: burying it again deletes it, under the same tombstone.
    """
    found = EvidenceBundle.at(bundle)
    if bundle.resolve() != (writer.root / bundle_path(found.slot)).resolve():
        raise SealError(f"{bundle} is not the bundle of {found.slot.label} in {writer.root}; name that one")
    with deleting_alone(writer.root):
        writer.settle()
        for path, gone in logged_departures(writer.root):
            if gone.digest == found.digest:
                remove(writer.root, bundle)
                return path
        return _bury(bundle, writer, signer=signer, policy=policy, at=at)


def finish_deletions(writer: RecordWriter) -> Iterator[Path]:
    """Deletes what is on record as deleted, or moved to the archive, and still there, after a run was killed."""
    writer.settle()
    root = writer.root
    _delete(root / DELETING)
    for _, gone in logged_departures(root):
        bundle = root / bundle_path(Slot.parse_label(gone.slot))
        if (bundle / "bag" / TAG_MANIFEST).is_file() and EvidenceBundle.at(bundle).digest == gone.digest:
            remove(root, bundle)
            yield bundle


def remove(root: Path, bundle: Path) -> None:
    """Takes a bundle out of every reader's sight in one step, and then from the disk."""
    aside = root / DELETING / bundle.name
    index = read_info(bundle).log_index
    with writing_alone(root):
        make_folders(aside.parent)
        _delete(aside)
        if index is not None:
            forget_waiting(root, index)
        bundle.rename(aside)
        sync(bundle.parent)
        for folder in bundle.parents[:3]:
            with suppress(OSError):  # other bundles lie there
                folder.rmdir()
    _delete(aside)


def _delete(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _bury(bundle: Path, writer: RecordWriter, *, signer: Signer, policy: str, at: datetime) -> Path:
    found, index = EvidenceBundle.at(bundle), leaf_of(writer.root, bundle)
    stone = Tombstone(at=at, by=signer.identity, index=index, slot=found.slot.label, digest=found.digest, policy=policy)
    path = writer.append(stone, signers=(signer,))
    remove(writer.root, bundle)
    return path


def leaf_of(root: Path, bundle: Path) -> int:
    """The bundle's leaf; one that says it is another's is refused, since the tombstone would lie."""
    index = read_info(bundle).log_index
    if index is None:
        raise SealError(f"{bundle} is in no log, so nothing would remain of it; keep it")
    if not LogFiles(root / LOG).holds(index, (bundle / "bag" / TAG_MANIFEST).read_bytes()):
        raise SealError(f"{bundle} is not leaf {index} of the log, as it says; run `readiness log audit`, and keep it")
    return index


def logged_departures(root: Path) -> Iterator[tuple[Path, Departure]]:
    """The records in the log of bundles that left, with their files; a file beside the log takes nothing away."""
    log = LogFiles(root / LOG)
    for path in record_files(root, ("tombstone", "archived")):
        data = path.read_bytes()
        if log.holds(record_leaf(path), record_entry(path.relative_to(root).as_posix(), data)):
            record = SignedRecord.parse(data).record
            if isinstance(record, Departure):
                yield path, record
