"""The audit of the evidence log: append-only, complete, and every leaf's bundle there or its deletion on record."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from checks.errors import ReadinessError, VerificationError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.completeness import absent, pauses
from checks.evidence.digests import sha256
from checks.evidence.layout import CATALOG
from checks.evidence.log_records import RECORDS, Archived, Departure, SignedRecord, Tombstone, record_entry, record_in
from checks.evidence.people import PersonsEvidence
from checks.evidence.trust import Role, TrustPolicy
from checks.slots import Cadence, Slot
from tasks.sealing.attesting import artifact_path
from tasks.sealing.bundle import bundle_folders, read_info
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.log_history import rewritten
from tasks.sealing.summing import missummed


@dataclass(frozen=True, slots=True)
class LogAudit:
    """What an audit found. `problems` names every leaf, bundle, record and slot that is not as it should be."""

    leaves: int
    bundles: int
    records: int
    tombstones: int
    archived: int
    slots: int
    problems: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not self.problems


def audit_log(root: Path, trust: TrustPolicy, *, as_of: datetime) -> LogAudit:
    """Audits the log beneath an evidence root, against keys that the reader trusts, as of an instant.

    Payloads are not read: `verify` does that.
    """
    log = LogFiles(root / LOG)
    entries, problems = _leaves(log, root, trust)
    records = dict(_records(root, entries, trust, problems))
    infos = dict(_bundles(root, problems))
    placed = {info.log_index: folder for folder, info in infos.items() if _is_at(folder, info, entries, problems)}
    gone = {one.record.index: one.record for one in records.values() if isinstance(one.record, Departure)}
    problems += _artifacts(root, records)
    problems += _orphans(entries, placed, gone, records)
    problems += missummed(infos, entries)
    problems += _unfilled(infos, [records[index] for index in sorted(records)], as_of)
    filled = {(info.stream, Slot.parse_label(info.slot).end) for info in infos.values()}
    stones, archived = (sum(isinstance(one, kind) for one in gone.values()) for kind in (Tombstone, Archived))
    return LogAudit(len(entries), len(infos), len(records), stones, archived, len(filled), tuple(problems))


def _leaves(log: LogFiles, root: Path, trust: TrustPolicy) -> tuple[list[bytes], list[str]]:
    """The entries of a log whose checkpoint a trusted key signed, and what is wrong with its history."""
    problems: list[str] = []
    try:
        note = log.note()
        if note is None:
            return [], [f"{log.folder} holds no checkpoint"]
        checkpoint = Checkpoint.of(note)
        signed = note.signed_by([key for key in trust.logs if key.name == checkpoint.origin])
        if not signed:
            problems.append(f"no trusted key of the log {checkpoint.origin} signed its checkpoint")
        problems += [told for key, _ in signed if (told := trust.misused(key.key, Role.CHECKPOINTS)) is not None]
        entries = list(log.entries(checkpoint.size))
    except VerificationError as error:
        return [], [*problems, str(error)]
    for entry, times in Counter(entries).items():
        if times > 1:
            same = ", ".join(str(at) for at, one in enumerate(entries) if one == entry)
            problems.append(f"leaves {same} are the same")
    return entries, [*problems, *rewritten(root, log, entries, checkpoint)]


def _records(
    root: Path, entries: list[bytes], trust: TrustPolicy, problems: list[str]
) -> Iterator[tuple[int, SignedRecord]]:
    """The records of the log by their leaf; each must be there, be the one that was logged, and be signed."""
    logged = set()
    for index, path in _record_paths(entries):
        logged.add(path)
        try:
            data = (root / path).read_bytes()
            if record_entry(path, data) != entries[index]:
                problems.append(f"{path} is not the record that was logged as leaf {index}")
                continue
            record = SignedRecord.parse(data)
        except FileNotFoundError:
            problems.append(f"{path}, leaf {index}, is not there")
        except VerificationError as error:
            problems.append(f"{path}: {error}")
        else:
            problems += [f"{path}: {why}" for why in record.weaknesses(trust)]
            yield index, record
    found = {path.relative_to(root).as_posix() for path in (root / RECORDS).glob("*")}
    problems += [f"{path} is in no leaf of the log" for path in sorted(found - logged)]


def _record_paths(entries: list[bytes]) -> Iterator[tuple[int, str]]:
    for index, entry in enumerate(entries):
        try:
            found = record_in(entry)
        except VerificationError:
            continue  # no bundle will be found for it, and that is said
        if found is not None:
            yield index, found[0]


def _bundles(root: Path, problems: list[str]) -> Iterator[tuple[Path, SealedInfo]]:
    for folder in bundle_folders(root):
        try:
            yield folder, read_info(folder)
        except (OSError, ReadinessError) as error:
            problems.append(f"{folder.name} cannot be read: {error}")


def _is_at(folder: Path, info: SealedInfo, entries: list[bytes], problems: list[str]) -> bool:
    """Whether a bundle is the leaf that it says it is."""
    index = info.log_index
    try:
        tag_manifest = (folder / "bag" / TAG_MANIFEST).read_bytes()
    except OSError as error:
        problems.append(f"{folder.name} cannot be read: {error}")
        return False
    if folder.name != info.slot:
        problems.append(f"{folder.name} is filed as that, and says that it is {info.slot}")
    if index is None:
        problems.append(f"{folder.name} is in no leaf of the log, by its own word")
    elif index >= len(entries) or entries[index] != tag_manifest:
        problems.append(f"{folder.name} says that it is leaf {index} of the log, and is not")
    else:
        return True
    return False


def _artifacts(root: Path, records: dict[int, SignedRecord]) -> Iterator[str]:
    """What people's evidence is about, and is not there as it was."""
    for record in (one.record for one in records.values()):
        if isinstance(record, PersonsEvidence):
            path = root / artifact_path(record)
            if not path.is_file():
                yield f"{artifact_path(record)} is not there"
            elif sha256(path.read_bytes()) != record.artifact_digest:
                yield f"{artifact_path(record)} was changed"


def _orphans(
    entries: list[bytes],
    placed: dict[int | None, Path],
    gone: dict[int, Departure],
    records: dict[int, SignedRecord],
) -> Iterator[str]:
    """Leaves whose bundle is not there, without a record of its deletion or of where it is."""
    missing = {*range(len(entries))} - {*gone, *records, *(index for index, _ in _record_paths(entries))}
    for index in sorted(missing - placed.keys()):
        before = max((at for at in placed if at is not None and at < index), default=None)
        near = "" if before is None else f"; it was logged after {placed[before].name}"
        yield f"the bundle of leaf {index} is not there, and no tombstone says why{near}"


def _unfilled(infos: dict[Path, SealedInfo], records: list[SignedRecord], as_of: datetime) -> Iterator[str]:
    """Every slot that the calendar owed a stream and that has no leaf."""
    streams: dict[str, list[Slot]] = defaultdict(list)
    for info in infos.values():
        streams[info.stream].append(Slot.parse_label(info.slot))
    deleted = [Slot.parse_label(one.record.slot) for one in records if isinstance(one.record, Departure)]
    paused, now_owed = pauses(one.record for one in records), _cadences_in_force(infos)
    for stream, slots in sorted(streams.items()):
        cadence = slots[0].cadence
        until = as_of if cadence in now_owed else max(slots).at
        known = [*slots, *(slot for slot in deleted if slot.cadence is cadence)]
        for slot in absent(known, until, paused):
            yield f"{slot.label} of {stream} was owed, and has no leaf"


def _cadences_in_force(infos: dict[Path, SealedInfo]) -> set[Cadence]:
    """The cadences that the catalogue of the newest leaf asks for; every one, if that cannot be read."""
    newest = max(infos, key=lambda folder: infos[folder].log_index or 0, default=None)
    try:
        checks = yaml.safe_load((newest / "bag" / CATALOG).read_bytes())["checks"].values() if newest else ()
        return {Cadence(check.get("every", Cadence.HOURLY)) for check in checks}
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError):
        return set(Cadence)
