"""The records of a log that count: each a leaf at the place that its name says, signed by somebody in a role for it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.approval import standing_changes
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.completeness import Paused, pauses
from checks.evidence.log_records import RECORDS, AnyRecord, Departure, record_entry, record_in
from checks.evidence.merkle import inclusion_path, leaf_hash, root_from_inclusion
from checks.evidence.notes import SignedNote
from checks.evidence.policy_step import LogKnown
from checks.evidence.signed_records import SignedRecord
from checks.evidence.succession import Successor, ends_on_record, followed
from checks.evidence.trust import Role, TrustPolicy
from tasks.sealing.filed import record_files, record_leaf
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.trust import load_trust

_KEYS = ("key-rotation", "key-rotation-log", "key-revocation")
"""The kinds of records that say whom to believe."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What a reader holds of one evidence tree: whom to believe, and what the log says, if that can be believed.

    `signed` are the records that count, by their leaf. `departed` are the digests of bundles whose deletion or removal
    is on record by now, and `successors` the keys that the reader believes because the log says so.
    """

    trust: TrustPolicy
    log: LogKnown
    signed: Mapping[int, SignedRecord] = field(default_factory=dict)
    departed: frozenset[str] = frozenset()
    successors: tuple[Successor, ...] = ()

    @classmethod
    def of(
        cls, root: Path, trust: TrustPolicy, *, as_of: datetime | None = None, kinds: Collection[str] | None = None
    ) -> "Belief":
        """After what is on record, or was at an instant.

        The whole log is read, unless only records of some `kinds` are asked for: then each of these is proved to be in
        it, which costs the same however long the log is, but says nothing of a record whose file is gone.
        """
        filed = [record for path in record_files(root, _KEYS) if (record := _read(path.read_bytes())) is not None]
        own, log = trust.as_known(ends_on_record(filed, trust), as_of), LogFiles(root / LOG)
        if not trust.logs or not log.folder.is_dir():
            return cls(own, LogKnown())
        try:
            note = log.note()
            size, found = _proved(root, log, kinds) if kinds is not None else _every(root, log)
            signed = {index: one for index, one in found.items() if one is not None}
            today = _known(trust, filed, signed, None)[0]
            why_not = _unsigned(note, today)
        except VerificationError as error:
            why_not = str(error)
        if why_not is not None:
            return cls(own, LogKnown(why_not=f"the log cannot be believed: {why_not}"))
        then, successors = _known(trust, filed, signed, as_of)
        then = replace(then, logs=today.logs)  # whoever signs the log today signs what it held then too
        counting = {
            index: one
            for index, one in signed.items()
            if not one.weaknesses(then) and (as_of is None or one.record.at <= as_of)
        }
        records: dict[int, AnyRecord | None] = dict.fromkeys(found.keys() - signed.keys())
        records |= {index: one.record for index, one in counting.items()}
        known = LogKnown(records, standing_changes(counting, then), size)
        departed = _departed([one for one in signed.values() if not one.weaknesses(today)])
        return cls(then, known, counting, departed, successors)


def _departed(counting: Sequence[SignedRecord]) -> frozenset[str]:
    return frozenset(one.record.digest for one in counting if isinstance(one.record, Departure))


def _known(
    trust: TrustPolicy, filed: Sequence[SignedRecord], logged: Mapping[int, SignedRecord], as_of: datetime | None
) -> tuple[TrustPolicy, tuple[Successor, ...]]:
    """Whom to believe by what was known at an instant of the ends of keys, and of those that followed."""
    own = trust.as_known(ends_on_record(filed, trust), as_of)
    then, successors = followed(own, sorted(logged.items()), as_of=as_of)
    return then.as_known(ends_on_record(filed, then), as_of), successors


def logged_records(
    root: Path, trust: TrustPolicy, *, as_of: datetime | None = None
) -> dict[int, AnyRecord | None] | None:
    """The records of the log beneath an evidence root by their leaf, those made by an instant if one is given.

    What nobody in a role for it signed is passed over: `log audit` says so. Nothing at all if the log is not what its
    checkpoint says, or no key that the reader trusts signed that.
    """
    records = Belief.of(root, trust, as_of=as_of).log.records
    return None if records is None else dict(records)


def pauses_on_record(root: Path) -> list[Paused]:
    """When nothing is owed, by the log beneath an evidence root and the trust folder beside it."""
    kinds = ("pause", "resume")
    return pauses(records_of_kinds(root, kinds)) if record_files(root, kinds) else []


def records_of_kinds(root: Path, kinds: Collection[str]) -> list[AnyRecord]:
    """The records of some kinds that count, in the log's order, by the trust folder beside the evidence.

    Where the log cannot be believed, there is none.
    """
    trust = load_trust(root / "trust", beside_evidence=True)
    known = Belief.of(root, trust, kinds=kinds).log.records or {}
    return [record for _, record in sorted(known.items()) if record is not None]


def _every(root: Path, log: LogFiles) -> tuple[int, dict[int, SignedRecord | None]]:
    """How many leaves there are, and every record among them."""
    entries = log.sound_entries()
    return len(entries), dict(_records(root, entries))


def _proved(root: Path, log: LogFiles, kinds: Collection[str]) -> tuple[int, dict[int, SignedRecord | None]]:
    """How many leaves there are, and the records of some kinds that are filed, each proved to be below the checkpoint.

    `None` for one that is not the one that was logged; a file that no leaf is of says nothing.
    """
    checkpoint = log.checkpoint()
    if checkpoint is None:
        return 0, {}
    size, subtree = checkpoint.size, log.subtree(checkpoint.size)
    if subtree(0, size) != checkpoint.root:
        raise VerificationError(f"the tiles in {log.folder} do not come to the root of its checkpoint")
    found: dict[int, SignedRecord | None] = {}
    for path in record_files(root, (*_KEYS, *kinds)):
        index, data = record_leaf(path), path.read_bytes()
        if index >= size:
            continue
        leaf = subtree(index, index + 1)
        if root_from_inclusion(leaf, index, size, inclusion_path(index, size, subtree)) != checkpoint.root:
            raise VerificationError(f"the tiles in {log.folder} do not come to the root of its checkpoint")
        is_logged = leaf == leaf_hash(record_entry(path.relative_to(root).as_posix(), data))
        found[index] = _read(data) if is_logged else found.get(index)
    return size, found


def _records(root: Path, entries: list[bytes]) -> Iterator[tuple[int, SignedRecord | None]]:
    """Every record of a log by its leaf; `None` for one that is not there, or is not the one that was logged."""
    for index, entry in enumerate(entries):
        path = _record_path(entry)
        if path is None:
            continue
        data = (root / path).read_bytes() if (root / path).is_file() else b""
        yield index, _read(data) if record_entry(path, data) == entry else None


def _record_path(entry: bytes) -> str | None:
    """The path of the record that a leaf is of; most leaves are bundles, and are told apart without being read."""
    if f"  {RECORDS}/".encode() not in entry:
        return None
    found = record_in(entry)
    return None if found is None else found[0]


def _read(data: bytes) -> SignedRecord | None:
    try:
        return SignedRecord.parse(data)
    except VerificationError:
        return None


def _unsigned(note: SignedNote | None, trust: TrustPolicy) -> str | None:
    """Why a checkpoint does not count; a log that has none yet says nothing."""
    if note is None:
        return "it has no checkpoint"
    origin = Checkpoint.of(note).origin
    signed = note.signed_by([key for key in trust.logs if key.name == origin])
    if not signed:
        return f"no trusted key of the log {origin} signed its checkpoint"
    told = (trust.misused(key.key, Role.CHECKPOINTS) for key, _ in signed)
    return next((one for one in told if one is not None), None)
