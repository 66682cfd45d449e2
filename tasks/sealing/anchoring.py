"""Anchoring: has outsiders vouch for the newest checkpoint, and gives the proof of that to every bundle below it."""

from dataclasses import dataclass
from pathlib import Path

from checks.errors import SealError, VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.notes import SignedNote
from checks.evidence.timestamps import STAMP_FILE
from checks.evidence.tlog_proof import PROOF_FILE
from checks.evidence.witnessing import WitnessRequest
from tasks.sealing.anchors import TimestampClient, WitnessClient
from tasks.sealing.durability import replace_file
from tasks.sealing.log_files import CHECKPOINT, LOG, LogFiles
from tasks.sealing.trust import WITNESS_KEYS, read_note_keys
from tasks.sealing.turn import writing_alone
from tasks.sealing.waiting import forget_waiting, waiting


@dataclass(frozen=True, slots=True)
class Anchored:
    """What came of anchoring a log of a size; `problems` are anchors that were asked and did not vouch."""

    size: int
    bundles: int
    problems: tuple[str, ...]


def anchor(root: Path, *, witness: WitnessClient | None, authority: TimestampClient | None) -> Anchored:
    """Has the newest checkpoint cosigned and stamped, one call each, and renews the proofs of the bundles that waited.

    An anchor that cannot be had leaves its bundles waiting, and the other one's proof in them.
    """
    log, note = _newest(root)
    problems: list[str] = []
    note = _cosigned(log, note, witness, problems)
    return _put_in_force(root, note, _stamped(note, authority, problems), tuple(problems))


def request_of(root: Path, old: int) -> WitnessRequest:
    """What a witness is asked that is reached by files, given the size that it cosigned last."""
    log, note = _newest(root)
    size = Checkpoint.of(note).size
    if old > size:
        raise SealError(f"the log in {root} has {size} leaves; a witness that has cosigned {old} will not go back")
    return WitnessRequest(old, tuple(log.consistency(old, size)), note)


def accept_cosignature(root: Path, lines: bytes) -> Anchored:
    """Adds what such a witness answered, if a key in the trust folder's `witness.vkey` made it of this checkpoint."""
    _, note = _newest(root)
    keys = read_note_keys(root / "trust" / WITNESS_KEYS)
    try:
        added = SignedNote.parse(note.text + b"\n" + lines)
        known = added.signed_by(keys)
    except VerificationError as error:
        raise SealError(f"that is no cosignature of the newest checkpoint: {error}") from error
    if not known:
        raise SealError(f"no witness in {root / 'trust' / WITNESS_KEYS} made that cosignature; add its key there first")
    return _put_in_force(root, note.plus(added.signatures), None, ())


def _newest(root: Path) -> tuple[LogFiles, SignedNote]:
    log = LogFiles(root / LOG)
    note = log.note()
    if note is None:
        raise SealError(f"{root} holds no evidence log to anchor; run a cadence first")
    return log, note


def _put_in_force(root: Path, note: SignedNote, stamp: bytes | None, problems: tuple[str, ...]) -> Anchored:
    """Keeps an anchored checkpoint, and gives it to the bundles below it that wait."""
    log, size = LogFiles(root / LOG), Checkpoint.of(note).size
    with writing_alone(root):
        replace_file(log.folder / f"{CHECKPOINT}.{size}", note.data)
        if stamp is not None:
            replace_file(log.folder / f"{CHECKPOINT}.{size}.tsr", stamp)
        newest = log.note()
        if newest is not None and newest.text == note.text:
            replace_file(log.folder / CHECKPOINT, note.data)
        bundles = list(waiting(root, size))
        for index, bundle in bundles:
            _renew(log, bundle, index, note=note, stamp=stamp)
            if not problems:
                forget_waiting(root, index)
    return Anchored(size, len(bundles), problems)


def _cosigned(log: LogFiles, note: SignedNote, witness: WitnessClient | None, problems: list[str]) -> SignedNote:
    if witness is None:
        return note
    try:
        return note.plus(witness.cosign(log, note))
    except SealError as error:
        problems.append(str(error))
        return note


def _stamped(note: SignedNote, authority: TimestampClient | None, problems: list[str]) -> bytes | None:
    if authority is None:
        return None
    try:
        return authority.stamp(note.data)
    except SealError as error:
        problems.append(str(error))
        return None


def _renew(log: LogFiles, bundle: Path, index: int, *, note: SignedNote, stamp: bytes | None) -> None:
    """Writes a bundle's proof anew, below an anchored checkpoint; one that is stamped already is never unstamped."""
    stamped = bundle / "proof" / STAMP_FILE
    if stamp is None and stamped.exists():
        return
    stamped.unlink(missing_ok=True)
    replace_file(bundle / "proof" / PROOF_FILE, log.proof(index, note).data)
    if stamp is not None:
        replace_file(stamped, stamp)
