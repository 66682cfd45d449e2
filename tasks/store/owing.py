"""Keeps the calendar: which slots are owed, which nobody filled."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from checks.slots import Cadence, Slot, owed
from tasks.store.inserting import insert_new
from tasks.store.records import SlotRecord, SlotStatus
from tasks.store.schema import bundles, slots
from tasks.store.slot_numbers import first_number_from, number_of, numbers_in, slot_of


def materialise(connection: Connection, cadence: Cadence, *, until: datetime) -> None:
    """Adds the calendar's slots up to the one that holds an instant; the first time, that one alone."""
    newest = connection.scalar(select(func.max(slots.c.slot)).where(slots.c.cadence == cadence))
    current = Slot.current(cadence, until)
    since = current.at if newest is None else slot_of(newest).end
    new = [{"slot": number_of(slot), "cadence": cadence, "at": slot.at} for slot in owed(cadence, since, current.end)]
    if new:
        connection.execute(insert_new(connection)(slots).on_conflict_do_nothing(), new)
    _fill_from_recorded(connection, cadence)


def unfilled(connection: Connection, cadence: Cadence, *, before: Slot) -> list[Slot]:
    """The owed slots older than one that hold no evidence at all, oldest first."""
    open_slots = (slots.c.cadence == cadence) & slots.c.filled_by.is_(None) & (slots.c.slot < number_of(before))
    return [
        slot_of(number) for number in connection.scalars(select(slots.c.slot).where(open_slots).order_by(slots.c.slot))
    ]


def slot_records(connection: Connection, cadence: Cadence, *, since: datetime, until: datetime) -> Iterator[SlotRecord]:
    """The owed slots that start in [since, until), oldest first."""
    asked = select(slots.c.slot, slots.c.filled_by, bundles.c.status, bundles.c.sealed_at)
    within = slots.c.slot.between(first_number_from(since), first_number_from(until) - 1)
    rows = asked.outerjoin_from(slots, bundles, slots.c.filled_by == bundles.c.slot).where(
        slots.c.cadence == cadence, within
    )
    for number, filled_by, status, sealed_at in connection.execute(rows.order_by(slots.c.slot)):
        if filled_by is None:
            yield SlotRecord(slot_of(number), SlotStatus.OWED)
        else:
            yield SlotRecord(slot_of(number), SlotStatus(status), slot_of(filled_by), sealed_at is not None)


def _fill_from_recorded(connection: Connection, cadence: Cadence) -> None:
    """Links slots to evidence recorded before they were materialised, or while another process did so."""
    within = bundles.c.slot.between(slots.c.slot, slots.c.slot + numbers_in(cadence) - 1)
    filling = select(func.min(bundles.c.slot)).where(bundles.c.cadence == cadence, within).scalar_subquery()
    open_slots = (slots.c.cadence == cadence) & slots.c.filled_by.is_(None)
    connection.execute(update(slots).where(open_slots, filling.is_not(None)).values(filled_by=filling))
