"""Keeping a slot, as Prefect tasks: stored whole with everything its bundle will hold, then sealed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from checks.evidence.bag_info import BagInfo
from checks.evidence.layout import bundle_path
from checks.slots import Slot
from tasks.sealing.bundle import EvidenceBundle
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.staging import Files
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotContents, SlotStatus

OpenStore = Callable[[], EvidenceStore]
OpenWriter = Callable[[], BundleWriter]


@dataclass(frozen=True, slots=True)
class SlotRecording:
    """A slot as it goes on record: what it brought, and every file of its bag (paths relative to `data/`)."""

    slot: Slot
    contents: SlotContents
    files: Files
    status: SlotStatus
    context: RunContext


@dataclass(frozen=True, slots=True)
class StagedSlot:
    """A slot that is on record, where its bag is staged, and what the bag will say of itself."""

    slot: Slot
    staging: Path
    info: BagInfo


@task(name="store", cache_policy=NO_CACHE, persist_result=False)
def store_slot(recording: SlotRecording, open_store: OpenStore, open_writer: OpenWriter) -> Path:
    """Stages the bag's files, then records the slot; returns the staging folder, from which it can be sealed.

    In this order, so that whatever is on record as stored can be sealed later, also by another run.
    """
    staging = open_writer().stage(recording.slot, recording.files)
    with open_store() as store:
        store.record(
            recording.slot,
            recording.contents,
            status=recording.status,
            context=recording.context,
            staging=str(staging),
        )
    return staging


@task(name="seal", cache_policy=NO_CACHE, persist_result=False)
def seal(
    staged: StagedSlot, now: Callable[[], datetime], open_store: OpenStore, open_writer: OpenWriter
) -> EvidenceBundle:
    """Seals a staged slot and notes that on its record."""
    bundle = open_writer().seal(staged.staging, staged.slot, staged.info)
    with open_store() as store:
        store.seal(staged.slot, digest=bundle.digest, path=bundle_path(staged.slot), at=now())
    return bundle
