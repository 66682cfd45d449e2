"""Where everything stands now: read from the store, nothing collected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from checks.evidence.approval import ChangeStanding
from checks.evidence.in_force import InForce
from checks.readiness.schedule import Schedule
from checks.readiness.watched import WatchedCheck, watched_checks
from checks.slots import Cadence, Slot
from flows.belonging import own_store
from flows.facts import facts_at, waivers_of
from flows.scheduled import schedules
from flows.settings import Settings
from flows.wiring import load_catalog, now
from reports.tracker import Tracker, tracker
from tasks.sealing.changes import belief_beside, in_force
from tasks.sealing.waiting import Unanchored, unanchored
from tasks.store.records import SlotRecord, StoredSlot
from tasks.store.tellings import Waiting

LOOK_BACK = {
    Cadence.PULSE: timedelta(hours=1),
    Cadence.HOURLY: timedelta(days=1),
    Cadence.DAILY: timedelta(days=7),
    Cadence.WEEKLY: timedelta(weeks=5),
}
"""How far back the schedule is shown."""


@dataclass(frozen=True, slots=True)
class NowStanding:
    """The tracker as of now, how the schedule is and was kept, what is not sealed, and what no outsider vouches for.

    `checks` says of every check of the catalogue whether what it rests on is fresh, `slots` how those of the recent
    past stand.
    `untold` is what sinks did not take yet.
    `change` is what the log says is in force, and by whose approval; of a log that cannot be believed, `log_problem`.
    """

    tracker: Tracker
    checks: Mapping[str, WatchedCheck]
    schedules: tuple[Schedule, ...]
    slots: dict[Cadence, tuple[SlotRecord, ...]]
    unsealed: tuple[StoredSlot, ...]
    unanchored: Unanchored
    change: ChangeStanding | None
    log_problem: str | None
    untold: tuple[Waiting, ...] = ()


def standing(settings: Settings) -> NowStanding:
    """Where every check of the catalogue stands at this moment."""
    catalog, _ = load_catalog(settings.catalog)
    as_of = now()
    cadences = [cadence for cadence in Cadence if catalog.on(cadence)]
    belief = belief_beside(settings.evidence)
    told = InForce.of(belief.log.changes).model_copy(update={"why_not": belief.log.why_not})
    with own_store(settings, catalog) as store:
        facts = facts_at(catalog, store, waivers_of(settings), as_of=as_of)
        found = tracker(facts, bundles=_no_links, in_force=told)
        slots = {
            cadence: tuple(store.slots(cadence, since=as_of - LOOK_BACK[cadence], until=as_of)) for cadence in cadences
        }
        return NowStanding(
            found,
            {check.name: check for check in watched_checks(facts)},
            schedules(settings, catalog, store, as_of=as_of),
            slots,
            tuple(store.unsealed()),
            unanchored(settings.evidence),
            change=in_force(belief),
            log_problem=belief.log.why_not,
            untold=tuple(store.tellings.waiting()),
        )


def _no_links(_: Slot) -> None:
    """A page on standard output has no place from which to link."""
