"""What people do to the evidence, wired: their key, the collector's key, and the log of this home."""

from datetime import datetime
from pathlib import Path

from flows.settings import Settings
from flows.wiring import signer_of
from tasks.sealing.attesting import Attesting
from tasks.sealing.keys import open_signer
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import bury
from tasks.sealing.rotation import rotate
from tasks.sealing.trust import allow_key


def attesting(settings: Settings, key: Path, identity: str) -> Attesting:
    """Attests with a person's key file, under the name that the trust folder knows it by."""
    person = open_signer(key, evidence=settings.evidence, identity=identity)
    return Attesting(settings.evidence, RecordWriter(settings.evidence, signer_of(settings)), person)


def allow(settings: Settings, public_key: Path, identity: str, *, since: datetime) -> None:
    """Lists a person's public key among the allowed signers."""
    allow_key(settings.evidence / "trust", public_key.read_text(), identity=identity, since=since)


def rotate_to(settings: Settings, key: Path, *, at: datetime) -> Path:
    """Puts another key in place of the collector's; returns the record that both signed."""
    new = open_signer(key, evidence=settings.evidence, identity=settings.identity)
    return rotate(settings.evidence, signer_of(settings), new, at=at)


def bury_bundle(settings: Settings, bundle: Path, *, policy: str, at: datetime) -> Path:
    """Deletes a bundle under a policy; returns its tombstone."""
    signer = signer_of(settings)
    return bury(bundle, RecordWriter(settings.evidence, signer), signer=signer, policy=policy, at=at)
