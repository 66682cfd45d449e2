"""The witness: remembers the last checkpoint of each log it knows, and cosigns only what grows out of that."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from filelock import FileLock

from checks.errors import SealError, VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.notes import NoteKey, NoteKeyType, SignedNote, cosignature, cosigned_bytes, is_key_name
from checks.evidence.witnessing import WitnessRequest, refusal
from tasks.sealing.durability import replace_file
from tasks.sealing.keys import open_signer
from tasks.sealing.signers import Signer

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What a witness answers, as HTTP has it."""

    status: HTTPStatus
    body: bytes
    type: str = TEXT_TYPE
    because: str = ""


class Witness:
    """Cosigns checkpoints with a key of its own, and keeps the last one of each log in a folder of its own.

    Run it under another account than the log's, on another machine if you can: whoever holds both keys can make the
    whole past again.
    """

    def __init__(self, signer: Signer, state: Path, logs: Sequence[NoteKey], now: Callable[[], datetime]) -> None:
        if not is_key_name(signer.identity):
            raise SealError(f"{signer.identity!r} cannot name a witness; use printable letters without spaces or plus")
        self._signer = signer
        self._state = state
        self._logs = logs
        self._now = now
        self.key = NoteKey(signer.identity, NoteKeyType.COSIGNATURE, signer.public_key)

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """The cosignature of a checkpoint that is consistent with the last; kept before it is answered."""
        try:
            request = WitnessRequest.parse(body)
            origin = Checkpoint.of(request.note).origin
        except VerificationError as error:
            return _refused(HTTPStatus.BAD_REQUEST, str(error))
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._state / ".lock"):
            last = self.last(origin_hash(origin))
            found = refusal(request, None if last is None else Checkpoint.of(last), self._logs)
            if found is not None and found.size is not None:
                return WitnessAnswer(found.status, b"%d\n" % found.size, SIZE_TYPE, found.because)
            if found is not None:
                return _refused(found.status, found.because)
            note = self._cosigned(request.note)
            replace_file(self._file(origin_hash(origin)), note.data)
        return WitnessAnswer(HTTPStatus.OK, note.signatures[-1].line.encode())

    def last(self, log: str) -> SignedNote | None:
        """The checkpoint of a log that was cosigned last, by the hash of the log's name."""
        try:
            return SignedNote.parse(self._file(log).read_bytes())
        except FileNotFoundError:
            return None

    def _cosigned(self, note: SignedNote) -> SignedNote:
        """The checkpoint with the signatures of its log, and ours as the last."""
        keys = {(key.name, key.id) for key in self._logs}
        known = tuple(one for one in note.signatures if (one.name, one.id) in keys)
        stamp = int(self._now().timestamp())
        line = cosignature(self.key, stamp, self._signer.sign(cosigned_bytes(note.text, stamp)))
        return SignedNote(note.text, (*known, line))

    def _file(self, log: str) -> Path:
        return self._state / f"{log}.checkpoint"


def open_witness(
    key: Path,
    *,
    name: str,
    state: Path,
    logs: Sequence[NoteKey],
    now: Callable[[], datetime],
    agent: Path | None = None,
) -> Witness:
    """The witness whose key is in a file; refused if others can read that, or if it lies in the witness's state.

    Of a public key the private one is with an agent.
    """
    return Witness(open_signer(key, evidence=state, identity=name, agent=agent), state, logs, now)


def origin_hash(origin: str) -> str:
    """How a witness files a log."""
    return hashlib.sha256(origin.encode()).hexdigest()


def _refused(status: HTTPStatus, because: str) -> WitnessAnswer:
    return WitnessAnswer(status, f"{because}\n".encode(), because=because)
