"""The keeping half of a run: stored whole, then sealed; and what an earlier run left undone."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from prefect.logging import get_run_logger

from checks.errors import ReadinessError, StoreError
from checks.evidence.bag_info import BagInfo
from checks.evidence.bag_info import SlotStatus as BagStatus
from checks.evidence.digests import sha256
from checks.evidence.inputs import Collection, EarlierStanding, Inputs, Judging
from checks.evidence.layout import CATALOG, INPUTS, PAYLOAD
from checks.slots import Slot
from flows.anchoring import anchor_log
from flows.following import open_items_before
from flows.observed import Observed, nothing_observed, stream_of
from flows.observing import whole
from flows.pages import Pages, render_pages
from flows.retaining import Retaining
from flows.wiring import Wiring, made_with, signer_of, suites_digest
from tasks.seal import SlotRecording, StagedSlot, seal, store_slot
from tasks.sealing.bundle import EvidenceBundle
from tasks.sealing.catalogs import keep_catalog
from tasks.sealing.changes import coming_change
from tasks.sealing.logged import pauses_on_record
from tasks.sealing.recollecting import inputs_in
from tasks.sealing.turn import sealing_in_turn
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotContents, SlotStatus


def store(wiring: Wiring, observed: Observed, pages: Pages, *, status: SlotStatus) -> Path:
    """Stores a slot with everything its bundle will hold; returns where that is staged."""
    context = RunContext(wiring.catalog.environment, observed.version, wiring.catalog_digest)
    inputs = Inputs(made_with=made_with(), suites=suites_digest(), judging=observed.judging, quoted=pages.quoted)
    files = chain(
        observed.files(wiring.catalog, wiring.catalog_bytes),
        pages.bag.items(),
        [(INPUTS.removeprefix(PAYLOAD), inputs.data)],
        wiring.open_writer().summed(stream_of(wiring.catalog, observed.slot.cadence), observed.slot).items(),
    )
    verdicts = [verdict for judgement in observed.judgements for verdict in judgement.verdicts]
    recording = SlotRecording(observed.slot, SlotContents(verdicts, observed.samples), files, status, context)
    return store_slot(whole(recording), wiring.open_store, wiring.open_writer)


def seal_slot(wiring: Wiring, slot: Slot, staging: Path, *, status: SlotStatus, context: RunContext) -> EvidenceBundle:
    """Seals what is staged for a slot; if it was judged by another catalogue than the one before, the log says so.

    Nobody seals in between, so that the change in force is the one that the bundle was judged by.
    """
    inputs = inputs_in(staging / "bag")  # an earlier version of this program may have judged what is sealed now
    made, suites = (inputs.made_with, inputs.suites) if inputs else (made_with(), suites_digest())
    info = BagInfo(
        stream=stream_of(wiring.catalog, slot.cadence),
        environment=context.environment,
        status=BagStatus(status.value),
        catalog_digest=context.catalog_digest,
        suites_digest=suites,
        collector_version=made["readiness-evidence"],
    )
    with sealing_in_turn(wiring.settings.evidence):
        _log_change(wiring, staging / "bag", suites)
        return seal(whole(StagedSlot(slot, staging, info)), wiring.clock, wiring.open_store, wiring.open_writer)


def _log_change(wiring: Wiring, bag: Path, suites: str) -> None:
    """Puts into the evidence log that another catalogue, or other suites, are in force from the next bundle on."""
    if not bag.is_dir():
        return  # its bundle has its name, and so the leaf before it says what judged it
    records, catalog = wiring.open_records(), (bag / CATALOG).read_bytes()
    records.settle()
    by = signer_of(wiring.settings).identity
    change = coming_change(records.root, (sha256(catalog), suites), by=by, at=wiring.clock())
    if change is None:
        return
    keep_catalog(records.root, catalog)
    records.append(change)
    if change.approved_by is None and change.before is not None:
        told = "the catalogue" if change.before != change.after else "what is expected of each kind"
        get_run_logger().warning("%s has changed, and nobody approved it: `readiness catalog approve`", told)


def note_run(
    store_of_slots: EvidenceStore, slot: Slot, seconds: Mapping[str, float], standings: Sequence[EarlierStanding]
) -> None:
    """Notes how long each stage took and where models stood; what is sealed is sealed, even if that cannot be noted."""
    try:
        store_of_slots.note_run(slot, seconds, standings)
    except StoreError as error:
        get_run_logger().warning("how long the run took is not on record: %s", error)


def seal_leftovers(wiring: Wiring, store: EvidenceStore) -> None:
    """Seals what earlier runs stored and could not seal, oldest first, and clears what they never stored."""
    writer = wiring.open_writer()
    left = writer.leftovers()  # before the store is asked: what a dead run has not stored by now, it never will
    unsealed = store.unsealed()
    for stored in unsealed:
        get_run_logger().warning("%s was stored and not sealed; sealing it now", stored.slot.label)
        seal_slot(wiring, stored.slot, Path(stored.staging), status=stored.status, context=stored.context)
    on_record = {Path(stored.staging).name for stored in unsealed}
    for path in left:
        if path.name not in on_record and writer.clear(path):
            get_run_logger().warning("%s was left by a run that died before it was stored; it is cleared", path.name)


def anchor(wiring: Wiring) -> None:
    """Has others vouch for the log as it stands now, if the settings name any; who cannot be asked holds no run."""
    anchored = anchor_log(wiring.settings)
    for problem in anchored.problems if anchored else ():
        get_run_logger().warning("unanchored: %s", problem)


def archive(wiring: Wiring) -> None:
    """Copies to the archive what is not there yet; while it is away the evidence is here, and the lag is told."""
    try:
        done = Retaining.under(wiring.catalog, wiring.catalog_bytes, wiring.settings).copy()
    except ReadinessError as error:
        get_run_logger().warning("unarchived: %s", error)
        return
    if done is not None and (done.problem or done.waiting):
        since = f" since {done.oldest}" if done.oldest else ""
        get_run_logger().warning("unarchived: %d bundles%s: %s", done.waiting, since, done.problem or "the rest waits")


def record_missed(wiring: Wiring, store_of_slots: EvidenceStore, chosen: Slot) -> tuple[Slot, ...]:
    """Puts every older slot that was owed and never filled on record as missed, each sealed in a bundle of its own.

    In a pause that is on record nothing was owed.
    """
    paused = pauses_on_record(wiring.settings.evidence)
    unfilled = store_of_slots.owe(chosen.cadence, until=chosen.at)
    missed = tuple(slot for slot in unfilled if not any(one.covers(slot) for one in paused))
    for slot in missed:
        owed = wiring.catalog.on(slot.cadence)
        judging = Judging(
            judged_at=wiring.clock(),
            checks=tuple(Collection(check=check.id) for check in owed),
            open_items=dict(open_items_before(wiring, store_of_slots, slot, owed)),
        )
        observed = nothing_observed(wiring.catalog, slot, judging)
        pages = render_pages(wiring, store_of_slots, observed, status=SlotStatus.MISSED)
        staging = store(wiring, observed, pages, status=SlotStatus.MISSED)
        context = RunContext(wiring.catalog.environment, None, wiring.catalog_digest)
        seal_slot(wiring, slot, staging, status=SlotStatus.MISSED, context=context)
    return missed
