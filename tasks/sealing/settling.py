"""Settling: what a run that died had signed a checkpoint for is put into the log, and gets its name."""

from pathlib import Path

from checks.errors import SealError, VerificationError
from checks.evidence.bag import MANIFEST, TAG_MANIFEST, manifest_text, tag_files
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.digests import sha256
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import RECORDS, record_in
from checks.evidence.tlog_proof import PROOF_FILE
from checks.slots import Slot
from tasks.sealing.bundle import STAGING, read_info
from tasks.sealing.chain import Chain
from tasks.sealing.durability import make_folders, sync_all
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.latest import switch_latest
from tasks.sealing.staging import payload_digests
from tasks.sealing.waiting import forget_waiting, note_waiting


def settle(root: Path, log: EvidenceLog, chain: Chain) -> None:
    """Finishes what the writer before left, if it died: under the writer's lock that is one leaf at most."""
    pending = log.pending()
    for tag_manifest in (root / STAGING).glob(f"*/bag/{TAG_MANIFEST}"):
        entry, staging = tag_manifest.read_bytes(), tag_manifest.parents[1]
        logged = log.holds_last(entry)
        if not logged and (pending is None or pending[1] != entry or not is_whole(staging)):
            continue
        info = read_info(staging)
        target = root / bundle_path(Slot.parse_label(info.slot))
        sync_all(chain.note(info, staging, sha256(entry)))
        if not logged:
            sync_all([log.commit()])
            pending = None
        _prove(staging, log)
        make_folders(target.parent)
        sync_all([*note_waiting(root, log.size - 1, target), move(staging, target)])
        switch_latest(root, Slot.parse_label(info.slot), target)
    if pending is not None and (_is_record(root, pending[1]) or chain.filed(pending[1]) is not None):
        sync_all([log.commit()])
    elif log.drop():
        for orphan in (root / RECORDS).glob(f"{log.size:09}.*"):
            orphan.unlink()
    forget_waiting(root, log.size)


def _is_record(root: Path, entry: bytes) -> bool:
    """Whether an entry is of a record that is on the disk, whole."""
    found = record_in(entry)
    if found is None:
        return False
    path, digest = root / found[0], found[1]
    return path.is_file() and sha256(path.read_bytes()) == digest


def _prove(staging: Path, log: EvidenceLog) -> None:
    """Writes the proof that a bundle is the newest leaf; it may have been there before, or half of it."""
    note = log.files.note()
    if note is not None:
        proof = staging / "proof" / PROOF_FILE
        proof.write_bytes(log.files.proof(Checkpoint.of(note).size - 1, note).data)
        sync_all([proof, proof.parent])


def move(staging: Path, target: Path) -> Path:
    """Gives a bundle its name, in a folder that is there; returns what has to be synced."""
    staging.rename(target)
    return target.parent


def is_whole(staging: Path) -> bool:
    """Whether all of a bundle was there when its run died: that is, whether its seal had begun. Reads every byte."""
    bag = staging / "bag"
    try:
        tags = tag_files(read_info(staging).text(), (bag / MANIFEST).read_bytes())
        same = all((bag / name).read_bytes() == data for name, data in tags.items())
        return same and manifest_text(payload_digests(bag)) == tags[MANIFEST]
    except (OSError, VerificationError, SealError):
        return False
