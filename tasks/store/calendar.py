"""How a cadence's calendar was kept, for somebody who only looks: a few steps down an index, however long the history.

A run notes what is owed as it comes to it. Where no run comes any more nobody notes anything, so what is owed since the
newest note is taken from the calendar itself.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, exists, func, select, text

from checks.readiness.schedule import CalendarRecord
from checks.slots import Cadence, Slot, owed
from tasks.store.reading import newest_sealed
from tasks.store.records import SlotStatus
from tasks.store.schema import MISSED, bundles, run_stages, slots
from tasks.store.slot_numbers import first_number_after, first_number_from, numbers_in, slot_of

_SHOWN = 5  # missed slots that are told by name
_LOOKED_AT = 100  # newest slots among which a run is looked for that noted its stages


def calendar_record(connection: Connection, cadence: Cadence, *, as_of: datetime) -> CalendarRecord:
    """What is on record of a cadence at an instant."""
    missed = select(func.count()).select_from(bundles).where(bundles.c.cadence == cadence, text(MISSED))
    sealed = newest_sealed(connection, cadence, before=None)
    return CalendarRecord(
        cadence=cadence,
        unfilled=(*_noted(connection, cadence, as_of), *_not_noted(connection, cadence, as_of)),
        newest=_newest_collected(connection, cadence, as_of),
        missed=connection.scalar(missed) or 0,
        last_missed=_last_missed(connection, cadence),
        last_sealed=sealed.sealed_at if sealed else None,
        stages=_last_stages(connection, cadence),
    )


def _noted(connection: Connection, cadence: Cadence, as_of: datetime) -> Iterator[Slot]:
    """The slots that a run noted as owed, that have begun, and that hold no evidence; oldest first."""
    within = bundles.c.slot.between(slots.c.slot, slots.c.slot + numbers_in(cadence) - 1)
    filled = exists().where(bundles.c.cadence == cadence, within)
    begun = slots.c.slot < first_number_after(as_of)
    asked = select(slots.c.slot).where(slots.c.cadence == cadence, slots.c.filled_by.is_(None), begun, ~filled)
    return (slot_of(number) for number in connection.scalars(asked.order_by(slots.c.slot)))


def _not_noted(connection: Connection, cadence: Cadence, as_of: datetime) -> Iterator[Slot]:
    """The slots that the calendar has owed since the newest note and that hold no evidence; oldest first.

    Before the first note it is the present one alone: nothing is owed for the time before the store knew of a cadence.
    """
    noted = connection.scalar(select(func.max(slots.c.slot)).where(slots.c.cadence == cadence))
    since = cadence.floor(as_of) if noted is None else slot_of(noted).end
    later = select(bundles.c.slot).where(bundles.c.cadence == cadence, bundles.c.slot >= first_number_from(since))
    filled = {cadence.floor(slot_of(number).at) for number in connection.scalars(later)}
    return (slot for slot in owed(cadence, since, Slot.current(cadence, as_of).end) if slot.at not in filled)


def _newest_collected(connection: Connection, cadence: Cadence, as_of: datetime) -> Slot | None:
    """The newest slot that somebody collected, in time or late."""
    begun = bundles.c.slot < first_number_after(as_of)
    asked = select(bundles.c.slot).where(bundles.c.cadence == cadence, begun, bundles.c.status != SlotStatus.MISSED)
    number = connection.scalar(asked.order_by(bundles.c.slot.desc()).limit(1))
    return None if number is None else slot_of(number)


def _last_missed(connection: Connection, cadence: Cadence) -> tuple[Slot, ...]:
    asked = select(bundles.c.slot).where(bundles.c.cadence == cadence, text(MISSED))
    newest = connection.scalars(asked.order_by(bundles.c.slot.desc()).limit(_SHOWN))
    return tuple(slot_of(number) for number in newest)


def _last_stages(connection: Connection, cadence: Cadence) -> tuple[tuple[str, float], ...]:
    """How many seconds each stage of the last run took that came to its end; nothing if none did of late."""
    newest = (
        select(bundles.c.slot).where(bundles.c.cadence == cadence).order_by(bundles.c.slot.desc()).limit(_LOOKED_AT)
    )
    of_late = newest.subquery("of_late")
    last = select(func.max(run_stages.c.slot)).where(run_stages.c.slot.in_(select(of_late.c.slot))).scalar_subquery()
    asked = select(run_stages.c.stage, run_stages.c.seconds).where(run_stages.c.slot == last)
    return tuple((stage, seconds) for stage, seconds in connection.execute(asked.order_by(run_stages.c.stage)))
