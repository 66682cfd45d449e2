"""Records in the log: signs what was decided, files it, and appends its leaf in one step that a crash cannot halve."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.digests import sha256
from checks.evidence.log_records import AnyRecord, record_entry, record_in, record_path
from checks.evidence.signed_records import SignedRecord, payload_of, signed_bytes
from checks.evidence.sshsig import fingerprint
from tasks.sealing.chain import Chain
from tasks.sealing.durability import make_folders, sync_all
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.filed import record_files, record_leaf
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.settling import settle
from tasks.sealing.signers import Signer
from tasks.sealing.trust import publish_log_key, refuse_ended_log_key
from tasks.sealing.turn import writing_alone


class RecordWriter:
    """Appends signed records to the log beneath one evidence root.

    `collector` signs the log's checkpoints too, unless another key is named for the `log`.
    """

    def __init__(self, root: Path, collector: Signer, *, log: Signer | None = None) -> None:
        self.root = root
        self._collector = collector
        self._log = log or collector

    def append(self, record: AnyRecord, *, signers: Sequence[Signer] = ()) -> Path:
        """Signs a record by each of its signers (the collector, if none is named) and logs it; returns its file."""
        payload = payload_of(record)
        by = signers or (self._collector,)
        signed = signed_bytes(payload)
        data = SignedRecord(record, payload, tuple((fingerprint(one.public_key), one.sign(signed)) for one in by)).data
        refuse_ended_log_key(self.root / "trust", self._log, as_of=record.at)
        with self._alone() as log:
            path = self.root / record_path(log.size, record)
            make_folders(path.parent)
            appending = log.prepare(record_entry(record_path(log.size, record), data))
            publish_log_key(self.root / "trust", log.key(Checkpoint.of(appending.note).origin))
            path.write_bytes(data)
            sync_all([path, path.parent, *appending.paths])
            sync_all([log.commit(appending.tiles)])
        return path

    def settle(self) -> None:
        """Has what a writer that died had left in the log, or gone: then what is on file is what the log holds."""
        with self._alone():
            pass

    @contextmanager
    def _alone(self) -> Iterator[EvidenceLog]:
        with writing_alone(self.root):
            log = EvidenceLog(self.root, self._log)
            settle(self.root, log, Chain(self.root))
            yield log


def newest_record(root: Path, kind: str) -> AnyRecord | None:
    """The newest record of a kind that is a leaf of the log; who signed it is not asked.

    Other files may lie there, torn or whole: a writer died over them, or a copy of the log is older than they are.
    """
    log = LogFiles(root / LOG)
    checkpoint = log.checkpoint()
    size = 0 if checkpoint is None else checkpoint.size
    for path in reversed(record_files(root, (kind,))):
        index, name = record_leaf(path), path.relative_to(root).as_posix()
        logged = record_in(log.entry(index, size)) if index < size else None
        if logged is not None and logged[0] == name:
            data = path.read_bytes()
            if sha256(data) != logged[1]:
                raise VerificationError(f"{path} is not the record that was logged as leaf {index}; restore it")
            return SignedRecord.parse(data).record
    return None
