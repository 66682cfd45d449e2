"""Running a cadence: the one way behind the hourly, daily and weekly flows.

slots → collect → judge → render → store → seal → publish
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prefect.runtime import flow_run

from checks.errors import CatalogError
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from flows import keeping, progress
from flows import wiring as wired
from flows.observing import observe, whole
from flows.pages import render_pages
from flows.settings import Settings
from flows.wiring import Wiring
from tasks.publish import Publication, publish
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotStatus


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run left: each check's outcome and where the bundle lies, or nothing where the slot was filled before.

    `missed` are older slots that it put on record. Kept small, since Prefect looks through all of what a flow returns.
    """

    slot: Slot
    outcomes: Mapping[str, Outcome]
    bundle: Path | None
    missed: tuple[Slot, ...] = ()


def run_name(cadence: Cadence) -> Callable[[], str]:
    """How Prefect names a run: its cadence and its slot."""

    def name() -> str:
        asked = flow_run.parameters.get("slot")
        return (Slot(asked, cadence) if asked else Slot.current(cadence, _due())).label

    return name


def _due() -> datetime:
    """When the run was to start, as a plain datetime: Prefect's own kind divides differently."""
    start = flow_run.scheduled_start_time
    return datetime.fromtimestamp(start.timestamp(), UTC) if start else wired.now()


def run_cadence(cadence: Cadence, *, slot: datetime | None, catalog: Path | None) -> RunSummary:
    """Fills one slot of a cadence, and puts every older one that nobody filled on record as missed.

    A check that cannot be collected is a finding. A run that cannot store or seal fails.
    """
    wiring = Wiring.of(Settings.of(catalog))
    with wiring.open_store() as store:
        keeping.seal_leftovers(wiring, store)
        chosen = choose_slot(cadence, slot, store, now=wiring.clock())
        missed = keeping.record_missed(wiring, store, chosen)
        if store.recorded(chosen):
            return RunSummary(chosen, {}, None, missed)
        return _fill(wiring, store, chosen, missed)


def _fill(wiring: Wiring, store: EvidenceStore, slot: Slot, missed: tuple[Slot, ...]) -> RunSummary:
    owed = wiring.catalog.on(slot.cadence)
    told = progress.begin(slot, len(owed))
    observed = observe(wiring, store, slot, checks=owed, told=told)
    status = SlotStatus.LATE if wiring.clock() >= slot.end else SlotStatus.COLLECTED
    pages = render_pages(wiring, store, observed, status=status)
    told.reach("render")
    staging = keeping.store(wiring, observed, pages, status=status)
    told.reach("store")
    context = RunContext(wiring.catalog.environment, observed.version, wiring.catalog_digest)
    bundle = keeping.seal_slot(wiring, slot, staging, status=status, context=context)
    keeping.anchor(wiring)
    keeping.archive(wiring)
    told.reach("seal", bundle.path.name)
    publish(whole(Publication(slot, observed.judgements, pages.newest, bundle.path)), wiring.settings.reports)
    told.reach("publish")
    outcomes = {judgement.check: judgement.outcome for judgement in observed.judgements}
    return RunSummary(slot, outcomes, bundle.path, missed)


def choose_slot(cadence: Cadence, asked: datetime | None, store: EvidenceStore, *, now: datetime) -> Slot:
    """The slot that was asked for; else the one that is due; else, where that is filled already, this very minute.

    A scheduled run never makes up a slot of its own: where its slot is filled it has nothing to do.
    """
    if asked is not None:
        slot = Slot(asked, cadence)
        if slot.at > now:
            raise CatalogError(f"slot {slot.label} is in the future; evidence can be collected only once it has begun")
        return slot
    due = Slot.current(cadence, now)
    scheduled = "auto-scheduled" in (flow_run.tags or ())
    return due if scheduled or not store.recorded(due) else Slot.on_demand(cadence, now)
