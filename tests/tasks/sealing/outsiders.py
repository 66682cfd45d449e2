"""A witness and an authority that are asked here instead of over HTTP, for processes that are killed while they ask."""

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from checks.evidence.checkpoint import Checkpoint
from checks.evidence.notes import NoteSignature, SignedNote
from checks.evidence.witnessing import WitnessRequest
from tasks.sealing.log_files import LogFiles
from tasks.sealing.trust import load_trust
from tasks.sealing.witness import open_witness, origin_hash
from tests.tasks.sealing.authority import Authority, openssl


class WitnessHere:
    """The witness whose key and state lie beside an evidence root."""

    def __init__(self, root: Path) -> None:
        logs = load_trust(root / "trust", beside_evidence=True).logs
        folder = root.parent / "witness"
        own = {"name": "witness", "state": folder / "state", "logs": logs, "now": lambda: datetime.now(UTC)}
        self._witness = open_witness(folder / "key", **own)
        self.key = self._witness.key

    def cosign(self, log: LogFiles, note: SignedNote) -> tuple[NoteSignature, ...]:
        """What it answers to a request that begins where it cosigned last."""
        checkpoint = Checkpoint.of(note)
        last = self._witness.last(origin_hash(checkpoint.origin))
        old = 0 if last is None else Checkpoint.of(last).size
        request = WitnessRequest(old, tuple(log.consistency(old, checkpoint.size)), note)
        answer = self._witness.add_checkpoint(request.data)
        assert answer.status is HTTPStatus.OK, answer.because
        return tuple(NoteSignature.parse(line) for line in answer.body.decode().splitlines(keepends=True))


class StampsHere(Authority):
    """OpenSSL's authority in a folder, made there before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stamp(self, data: bytes) -> bytes:
        """A timestamp of some bytes."""
        (self.folder / "data").write_bytes(data)
        query = openssl("ts", "-query", "-data", self.folder / "data", "-sha256", "-cert")
        return self.answer(query)
