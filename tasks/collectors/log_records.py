"""What people put on record in an evidence log, as captures that show by themselves who signed what."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checks.errors import CollectionError, VerificationError
from checks.evidence.digests import sha256
from checks.evidence.log_records import RECORDS, key_end, record_path
from checks.evidence.people import Attested, Review, Waiver
from checks.evidence.records import RawCapture, json_bytes
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import key_text
from checks.evidence.trust import AllowedSigner, TrustPolicy, read_allowed_signers
from tasks.collectors.files import demand_folder
from tasks.collectors.sources import FolderAccess
from tasks.sealing.logged import Belief
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust

TRUST, ON_RECORD = "allowed-signers", "on-record"
_KEYS = ("key-rotation", "key-revocation")


@dataclass(frozen=True, slots=True)
class OnRecord:
    """One record that counts: a leaf of the log, signed by the allowed signer whose word it is."""

    path: str
    digest: str
    record: Attested
    signers: tuple[AllowedSigner, ...]

    def is_by_another_than(self, other: "OnRecord") -> bool:
        """Whether nobody who signed the one signed the other, by name or by key."""
        names = {one.identity for one in self.signers} & {one.identity for one in other.signers}
        keys = {key_text(one.key) for one in self.signers} & {key_text(one.key) for one in other.signers}
        return not names and not keys


def log_captures(access: FolderAccess, *kinds: str) -> list[RawCapture]:
    """Every record of some kinds in an evidence folder's log, and the keys that are allowed to sign.

    Before anything was sealed there is no log, and so nothing on record.
    """
    demand_folder(access)
    root = access.folder.resolve()
    try:
        files = _files(root, [*kinds, *_KEYS])
    except (OSError, VerificationError) as error:
        told = f"the evidence log cannot be believed: {error}; see `readiness log audit`"
        raise CollectionError(f"{root}: {told}") from error
    listed = root / "trust" / ALLOWED_SIGNERS
    trust = listed.read_bytes() if listed.is_file() else b""
    records = [{"path": path, "record": data.decode()} for path, data in files]
    return [RawCapture(TRUST, trust), RawCapture(ON_RECORD, json_bytes(records))]


def read_log(captures: Sequence[RawCapture]) -> tuple[OnRecord, ...]:
    """The records in captures that count, oldest leaf first; their signatures are checked here again."""
    by_item = {one.item: one for one in captures}
    trust = _policy(by_item[TRUST].body)
    parsed = [(one["path"], one["record"].encode()) for one in json.loads(by_item[ON_RECORD].body)]
    signed = [(path, data, SignedRecord.parse(data)) for path, data in parsed]
    ends = [end for _, _, one in signed if not one.weaknesses(trust) and (end := key_end(one.record)) is not None]
    return tuple(_counting(signed, trust.as_known(ends, None)))


def review_of(evidence: OnRecord, records: Sequence[OnRecord]) -> OnRecord | None:
    """The newest review of some evidence by somebody else, accepting or not."""
    found = [
        one
        for one in records
        if isinstance(one.record, Review)
        and one.record.of == evidence.digest
        and one.record.at > evidence.record.at
        and one.is_by_another_than(evidence)
    ]
    return max(found, key=lambda one: one.record.at, default=None)


def waivers_of(check: str, records: Sequence[OnRecord]) -> tuple[Waiver, ...]:
    """The waivers for one check."""
    return tuple(one.record for one in records if isinstance(one.record, Waiver) and one.record.check == check)


def _files(root: Path, kinds: Sequence[str]) -> list[tuple[str, bytes]]:
    """The files of records that are leaves of the log where their names say; a log that nobody signed is refused."""
    if not any(path for kind in kinds for path in (root / RECORDS).glob(f"*.{kind}.json")):
        return []
    known = Belief.of(root, load_trust(root / "trust", beside_evidence=True)).log
    if known.records is None:
        raise VerificationError(known.why_not or "no key of the trust folder signed it")
    wanted = [(index, one) for index, one in sorted(known.records.items()) if one is not None and one.kind in kinds]
    paths = [record_path(index, record) for index, record in wanted]
    return [(path, (root / path).read_bytes()) for path in paths]


def _policy(allowed_signers: bytes) -> TrustPolicy:
    return TrustPolicy(read_allowed_signers(allowed_signers.decode()), ALLOWED_SIGNERS, beside_evidence=True)


def _counting(signed: Sequence[tuple[str, bytes, SignedRecord]], trust: TrustPolicy) -> Iterator[OnRecord]:
    for path, data, one in signed:
        signers = one.signers(trust)
        if not one.weaknesses(trust) and one.record.by in {signer.identity for signer in signers}:
            yield OnRecord(path, sha256(data), one.record, tuple(signers))
