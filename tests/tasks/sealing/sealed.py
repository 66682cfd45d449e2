"""Sealed evidence to look at: a root with a key of its own, and as many slots as a test wants."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.evidence.bag_info import BagInfo, KeyKind, SlotStatus
from checks.evidence.digests import sha256
from checks.evidence.layout import Origin, bundle_files
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.sealing.bundle import EvidenceBundle
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import new_key, read_key
from tasks.sealing.signers import FileSigner
from tests.checks.evidence.examples import CATALOG, evidence, judgement

STREAM = "desk-stack/production/hourly"
START = datetime(2026, 11, 22, 14, tzinfo=UTC)
SUITES = sha256(b"suites")
INFO = BagInfo(
    stream=STREAM,
    environment="production",
    status=SlotStatus.COLLECTED,
    catalog_digest=sha256(CATALOG),
    suites_digest=SUITES,
    collector_version="0.1.0",
)


def hour(number: int = 0) -> Slot:
    """The n-th slot, counted from 14:00."""
    return Slot(START + timedelta(hours=number), Cadence.HOURLY)


def files(slot: Slot, *outcomes: Outcome) -> dict[str, bytes]:
    judged = judgement(*(outcomes or (Outcome.PASS,)), slot=slot)
    origin = Origin(STREAM, "production", "1.4.2")
    return dict(bundle_files(slot, [evidence()], [judged], origin=origin, catalog=CATALOG))


def signer(folder: Path, name: str = "collector_ed25519") -> FileSigner:
    key = folder / "keys" / name
    if not key.exists():
        new_key(key)
    return FileSigner(read_key(key, outside=folder / "evidence"), "collector", KeyKind.CONFIGURED)


class Hands:
    """A clock that goes on to the slot that is sealed, and never back."""

    def __init__(self) -> None:
        self.now = START + timedelta(minutes=7)

    def __call__(self) -> datetime:
        return self.now

    def reach(self, slot: Slot) -> None:
        self.now = max(self.now, slot.at + timedelta(minutes=7))


@dataclass(frozen=True, slots=True)
class Sealing:
    """An evidence root, and the writer to seal with."""

    root: Path
    writer: BundleWriter
    clock: Hands

    @classmethod
    def at(cls, folder: Path) -> "Sealing":
        root, clock = folder / "evidence", Hands()
        return cls(root, BundleWriter(root, signer(folder), clock), clock)

    def seal(self, slot: Slot, *outcomes: Outcome) -> EvidenceBundle:
        self.clock.reach(slot)
        staging = self.writer.stage(slot, files(slot, *outcomes))
        self.writer.add(staging, {"report.md": b"# Report\n", "pages/tracker.md": b"# Tracker\n"})
        return self.writer.seal(staging, slot, INFO)
