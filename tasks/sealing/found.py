"""What an audit finds in an evidence tree: leaves, records and bundles, and whatever cannot be read among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from checks.errors import ReadinessError, VerificationError
from checks.evidence.auditing import About, AuditProblem
from checks.evidence.bag import INFO, TAG_MANIFEST, read_manifest
from checks.evidence.bag_info import SealedInfo, read_bag_info
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.digests import sha256
from checks.evidence.log_records import RECORDS, record_entry, record_in
from checks.evidence.signed_records import SignedRecord
from checks.evidence.trust import Role, TrustPolicy
from tasks.sealing.bundle import bundle_folders
from tasks.sealing.log_files import LOG, LogFiles


@dataclass(frozen=True, slots=True)
class Found:
    """An evidence tree as it lies there. `bundles` are those that are the leaf of the log that they say they are.

    `elsewhere` are the others whose `bag-info.txt` can be read, `logged` the paths of the records by their leaf; of
    these, `records` are there, and are the ones that were logged.
    """

    root: Path
    log: str = "no log"
    entries: tuple[bytes, ...] = ()
    bundles: Mapping[Path, SealedInfo] = field(default_factory=dict)
    elsewhere: Mapping[Path, SealedInfo] = field(default_factory=dict)
    logged: Mapping[int, str] = field(default_factory=dict)
    records: Mapping[int, SignedRecord] = field(default_factory=dict)
    problems: tuple[AuditProblem, ...] = ()

    @classmethod
    def at(cls, root: Path, trust: TrustPolicy) -> "Found":
        """All of a tree whose checkpoint a key that the reader trusts should have signed."""
        problems: list[AuditProblem] = []
        log, entries = _leaves(root, trust, problems)
        logged = dict(_record_paths(entries))
        records = dict(_records(root, entries, logged, problems))
        infos = dict(_infos(root, problems))
        placed = {folder: info for folder, info in infos.items() if _is_at(folder, info, entries, problems)}
        elsewhere = {folder: info for folder, info in infos.items() if folder not in placed}
        return cls(root, log, tuple(entries), placed, elsewhere, logged, records, tuple(problems))

    @property
    def infos(self) -> dict[Path, SealedInfo]:
        """Of every bundle that says anything."""
        return {**self.bundles, **self.elsewhere}


def _leaves(root: Path, trust: TrustPolicy, problems: list[AuditProblem]) -> tuple[str, list[bytes]]:
    """The log's name, and the entries below a checkpoint that a trusted key signed."""
    log, name = LogFiles(root / LOG), "no log"

    def tell(text: str) -> None:
        problems.append(AuditProblem(About.LOG, text))

    try:
        note = log.note()
        if note is None:
            tell(f"{log.folder} holds no checkpoint")
            return name, []
        checkpoint = Checkpoint.of(note)
        name = checkpoint.origin
        signed = note.signed_by([key for key in trust.logs if key.name == name])
        if not signed:
            tell(f"no trusted key of the log {name} signed its checkpoint")
        for told in (trust.misused(key.key, Role.CHECKPOINTS) for key, _ in signed):
            if told is not None:
                tell(told)
        return name, list(log.entries(checkpoint.size))
    except VerificationError as error:
        tell(str(error))
        return name, []


def _record_paths(entries: list[bytes]) -> Iterator[tuple[int, str]]:
    for index, entry in enumerate(entries):
        try:
            found = record_in(entry)
        except VerificationError:
            continue  # no bundle will be found for it, and that is said
        if found is not None:
            yield index, found[0]


def _records(
    root: Path, entries: list[bytes], logged: Mapping[int, str], problems: list[AuditProblem]
) -> Iterator[tuple[int, SignedRecord]]:
    for index, path in logged.items():
        why_not = None
        try:
            data = (root / path).read_bytes()
            if record_entry(path, data) == entries[index]:
                yield index, SignedRecord.parse(data)
            else:
                why_not = f"{path} is not the record that was logged as leaf {index}"
        except FileNotFoundError:
            why_not = f"{path}, leaf {index}, is not there"
        except VerificationError as error:
            why_not = f"{path}: {error}"
        problems += [AuditProblem(About.RECORD, why_not)] if why_not else []
    strays = {path.relative_to(root).as_posix() for path in (root / RECORDS).glob("*")} - {*logged.values()}
    problems += [AuditProblem(About.RECORD, f"{path} is in no leaf of the log") for path in sorted(strays)]


def _infos(root: Path, problems: list[AuditProblem]) -> Iterator[tuple[Path, SealedInfo]]:
    for folder in bundle_folders(root):
        try:
            yield folder, read_bag_info((folder / "bag" / INFO).read_bytes())
        except (OSError, ReadinessError) as error:
            problems.append(AuditProblem(About.BUNDLE, f"{folder.name} cannot be read: {error}"))


def _is_at(folder: Path, info: SealedInfo, entries: list[bytes], problems: list[AuditProblem]) -> bool:
    """Whether a bundle is the leaf that it says it is, and `bag-info.txt` is the one that was sealed."""
    why_not = []
    index = info.log_index
    try:
        tag_manifest = (folder / "bag" / TAG_MANIFEST).read_bytes()
        told = read_manifest(tag_manifest).get(INFO) == sha256((folder / "bag" / INFO).read_bytes())
    except (OSError, VerificationError) as error:
        why_not.append(f"{folder.name} cannot be read: {error}")
    else:
        if folder.name != info.slot:
            why_not.append(f"{folder.name} is filed as that, and says that it is {info.slot}")
        if not told:
            why_not.append(f"{folder.name}: its {INFO} is not the one that was sealed")
        if index is None:
            why_not.append(f"{folder.name} is in no leaf of the log, by its own word")
        elif index >= len(entries) or entries[index] != tag_manifest:
            why_not.append(f"{folder.name} says that it is leaf {index} of the log, and is not")
    problems += [AuditProblem(About.BUNDLE, one) for one in why_not]
    return not why_not
