"""How each cadence of a catalogue keeps its schedule, read from the store and the pauses on record."""

from datetime import datetime

from checks.catalog import Catalog
from checks.readiness.schedule import Schedule
from checks.slots import Cadence, Slot
from flows.settings import Settings
from tasks.sealing.logged import pauses_on_record
from tasks.store.evidence_store import EvidenceStore


def schedules(settings: Settings, catalog: Catalog, store: EvidenceStore, *, as_of: datetime) -> tuple[Schedule, ...]:
    """One for each cadence that has checks; what a pause on record excuses is not owed."""
    paused = pauses_on_record(settings.evidence)

    def excused(slot: Slot) -> bool:
        return any(one.covers(slot) for one in paused)

    return tuple(
        Schedule.of(store.calendar(cadence, as_of=as_of), as_of=as_of, excused=excused)
        for cadence in Cadence
        if catalog.on(cadence)
    )
