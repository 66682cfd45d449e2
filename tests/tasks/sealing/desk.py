"""A desk whose people put things on record: a sealed root, and a key for each of them."""

from datetime import timedelta
from pathlib import Path

from checks.evidence.digests import sha256
from checks.evidence.people import PersonsEvidence
from checks.evidence.sshsig import key_text
from tasks.sealing.attesting import Attesting
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import allow_key
from tests.tasks.sealing.sealed import START, Sealing, hour, signer


class Desk:
    """An evidence root with one sealed hour, and people who may attest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = Sealing.at(folder).root
        Sealing.at(folder).seal(hour(0))

    def person(self, name: str) -> Attesting:
        """Somebody whom the trust folder lists."""
        known = (self._folder / "keys" / name).exists()
        key = signer(self._folder, name)
        if not known:
            allow_key(self.root / "trust", key_text(key.public_key), identity=name, since=START)
        return Attesting(self.root, RecordWriter(self.root, signer(self._folder)), FileSigner(key._key, name, key.kind))

    def evidence(self, *, artifact: bytes = b"handshake ok\n", minutes: int = 10, **fields: object) -> Path:
        """Evidence that `executor` puts on record so long after the start; returns its record."""
        at = START + timedelta(minutes=minutes)
        given = {
            "use_case": "UC-018",
            "tenant_id": "t1",
            "project_id": "p1",
            "environment": "production",
            "provider_mode": "byok",
            "validation_item": "handshake",
            "command": "pytest -k handshake",
            "result": "passed",
            "timestamp": at,
            "artifact": "run.log",
            "artifact_digest": sha256(artifact),
            "expires_at": START + timedelta(days=30),
            "by": "executor",
            **fields,
        }
        return self.person(str(given["by"])).add(PersonsEvidence.model_validate({"at": at, **given}), artifact)

    def review(self, record: Path, *, by: str = "reviewer", accepted: bool = True, minutes: int = 20) -> Path:
        """A review of a record, so long after the start."""
        at = START + timedelta(minutes=minutes)
        return self.person(by).review(record, accepted=accepted, remarks="", at=at)
