"""Running a cadence: the one way behind the pulse, hourly, daily and weekly flows.

slots → collect → judge → render → store → seal → publish → tell
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from prefect.runtime import flow_run

from checks.errors import CatalogError
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from flows import keeping, progress
from flows import wiring as wired
from flows.belonging import demand_own
from flows.discretion import discreet
from flows.observing import Asked, observe, whole
from flows.pages import render_pages
from flows.pulsing import PulseTime, pulse_time
from flows.settings import Settings, keep_private
from flows.telling import telling
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
    """How Prefect names a run: its cadence, and the slot that is due as it begins, which is the one that it fills."""

    def name() -> str:
        asked = flow_run.parameters.get("slot")
        return (Slot(asked, cadence) if asked else Slot.current(cadence, wired.now())).label

    return name


def run_cadence(
    cadence: Cadence,
    *,
    slot: datetime | None,
    catalog: Path | None,
    lasting: timedelta | None = None,
    owed_only: bool = False,
) -> RunSummary:
    """Fills one slot of a cadence, and puts every older one that nobody filled on record as missed.

    A check that cannot be collected is a finding. A run that cannot store or seal fails. A pulse looks first, since
    nobody can look later, and while it does so the one before it may still be storing what it saw. With `owed_only` it
    stands in for a run of the calendar.
    """
    wiring = Wiring.of(Settings.of(catalog))
    if cadence is Cadence.PULSE and not wiring.catalog.on(cadence):
        return RunSummary(Slot.current(cadence, wiring.clock()), {}, None)  # its schedule is the same for everybody
    keep_private()
    with discreet(wiring.redactor), wiring.open_store() as store:
        demand_own(wiring.settings, wiring.catalog, store)
        with telling(wiring, store, cadence) as ran:
            keeping.seal_leftovers(wiring, store)
            owed_only = owed_only or _is_scheduled()
            chosen = choose_slot(cadence, slot, store, now=wiring.clock(), owed_only=owed_only)
            summary = _run(wiring, store, chosen, lasting)
            ran.sealed = summary.bundle is not None
        return summary


def _run(wiring: Wiring, store: EvidenceStore, chosen: Slot, lasting: timedelta | None) -> RunSummary:
    if chosen.cadence is Cadence.PULSE and not store.recorded(chosen):
        now = wiring.clock()
        time = pulse_time(chosen, now=now, scheduled=_is_scheduled(), lasting=lasting)
        return _fill(wiring, store, chosen, pulse=time)
    missed = keeping.record_missed(wiring, store, chosen)
    if store.recorded(chosen):
        return RunSummary(chosen, {}, None, missed)
    return replace(_fill(wiring, store, chosen), missed=missed)


def _fill(wiring: Wiring, store: EvidenceStore, slot: Slot, *, pulse: PulseTime | None = None) -> RunSummary:
    asked = Asked(wiring.catalog.on(slot.cadence), pulse)
    told = progress.begin(slot, len(asked.checks))
    observed = observe(wiring, store, slot, asked=asked, told=told)
    missed = keeping.record_missed(wiring, store, slot) if pulse else ()
    late = pulse is None and wiring.clock() >= slot.end
    status = SlotStatus.LATE if late else SlotStatus.COLLECTED
    pages = render_pages(wiring, store, observed, status=status)
    told.reach("render")
    staging = keeping.store(wiring, observed, pages, status=status)
    told.reach("store")
    context = RunContext(wiring.catalog.environment, observed.version, wiring.catalog_digest)
    judgements, newest, standings = observed.judgements, pages.newest, pages.standings
    del observed, pages  # of a big run, what is on disk by now and needed no more leaves room for the sealing
    bundle = keeping.seal_slot(wiring, slot, staging, status=status, context=context)
    keeping.anchor(wiring)
    keeping.archive(wiring)
    told.reach("seal", bundle.path.name)
    publish(whole(Publication(slot, judgements, newest, bundle.path)), wiring.settings.reports)
    told.reach("publish")
    keeping.note_run(store, slot, told.stopwatch.seconds, standings)
    outcomes = {judgement.check: judgement.outcome for judgement in judgements}
    return RunSummary(slot, outcomes, bundle.path, missed)


def choose_slot(
    cadence: Cadence, asked: datetime | None, store: EvidenceStore, *, now: datetime, owed_only: bool
) -> Slot:
    """The slot that was asked for; else the one that is due; else, where that is filled already, this very minute.

    A run for what is owed only never makes up a slot of its own: where that is filled it has nothing to do. A slot that
    is on record as missed before its time is over is a wrong clock's doing: it stays, and evidence comes beside it.
    """
    if asked is not None:
        slot = Slot(asked, cadence)
        if slot.at > now:
            raise CatalogError(f"slot {slot.label} is in the future; evidence can be collected only once it has begun")
        return slot
    due = Slot.current(cadence, now)
    if not store.recorded(due) or (owed_only and not _is_missed(due, store)):
        return due
    return Slot.on_demand(cadence, now)


def _is_missed(slot: Slot, store: EvidenceStore) -> bool:
    found = store.slots(slot.cadence, since=slot.at, until=slot.end)
    return any(one.status is SlotStatus.MISSED for one in found)


def _is_scheduled() -> bool:
    """Whether the calendar started this run, and no person."""
    return "auto-scheduled" in (flow_run.tags or ())
