"""The records of a log that count: each a leaf at the place that its name says, signed by somebody in a role for it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.completeness import Paused, pauses
from checks.evidence.log_records import RECORDS, AnyRecord, SignedRecord, key_end, record_entry, record_in
from checks.evidence.trust import TrustPolicy
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.trust import load_trust


@dataclass(frozen=True, slots=True)
class Belief:
    """What a reader holds of one evidence tree: whom to believe, and the records of its log, if they can be read."""

    trust: TrustPolicy
    records: dict[int, AnyRecord | None] | None

    @classmethod
    def of(cls, root: Path, trust: TrustPolicy, *, as_of: datetime | None = None) -> "Belief":
        """After what is on record, or was at an instant."""
        return cls(trust_in_force(root, trust, as_of=as_of), logged_records(root, trust, as_of=as_of))


def logged_records(
    root: Path, trust: TrustPolicy, *, as_of: datetime | None = None
) -> dict[int, AnyRecord | None] | None:
    """The records of the log beneath an evidence root by their leaf, those made by an instant if one is given.

    A leaf whose record is not there, or is another, has `None`. What nobody in a role for it signed is passed over:
    `log audit` says so. Nothing at all if the log cannot be read, or no key that the reader trusts signed it.
    """
    try:
        return _logged(root, trust, as_of)
    except VerificationError:
        return None


def pauses_on_record(root: Path) -> list[Paused]:
    """When nothing is owed, by the log beneath an evidence root and the trust folder beside it."""
    if not (root / RECORDS).is_dir():
        return []
    records = logged_records(root, load_trust(root / "trust", beside_evidence=True)) or {}
    return pauses(record for _, record in sorted(records.items()) if record is not None)


def trust_in_force(root: Path, trust: TrustPolicy, *, as_of: datetime | None = None) -> TrustPolicy:
    """Whom to believe after what is on record of the ends of keys.

    An allowed signer's word is enough for that, whether or not the reader knows the key that signs the log by now.
    """
    records = (_counting(path.read_bytes(), trust) for path in sorted((root / RECORDS).glob("*.key-*.json")))
    ends = [end for record in records if record is not None and (end := key_end(record)) is not None]
    return trust.as_known(ends, as_of)


def _logged(root: Path, trust: TrustPolicy, as_of: datetime | None) -> dict[int, AnyRecord | None] | None:
    log = LogFiles(root / LOG)
    note = log.note()
    if note is None or not note.signed_by([key for key in trust.logs if key.name == Checkpoint.of(note).origin]):
        return None
    found: dict[int, AnyRecord | None] = {}
    for index, entry in enumerate(log.entries(Checkpoint.of(note).size)):
        path = _record_path(entry)
        if path is None:
            continue
        data = (root / path).read_bytes() if (root / path).is_file() else b""
        if record_entry(path, data) != entry:
            found[index] = None
        elif (record := _counting(data, trust)) is not None and (as_of is None or record.at <= as_of):
            found[index] = record
    return found


def _record_path(entry: bytes) -> str | None:
    """The path of the record that a leaf is of; most leaves are bundles, and are told apart without being read."""
    if f"  {RECORDS}/".encode() not in entry:
        return None
    found = record_in(entry)
    return None if found is None else found[0]


def _counting(data: bytes, trust: TrustPolicy) -> AnyRecord | None:
    """The record in a file's bytes, if it counts."""
    try:
        signed = SignedRecord.parse(data)
    except VerificationError:
        return None
    return None if signed.weaknesses(trust) else signed.record
