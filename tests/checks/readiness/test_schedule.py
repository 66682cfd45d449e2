"""A cadence's schedule at an instant: owed, overdue, paused, never collected."""

from datetime import UTC, datetime, timedelta

import pytest

from checks.readiness.schedule import CalendarRecord, Keeping, Schedule
from checks.readiness.standing import good_for, grace
from checks.slots import Cadence, Slot

TWO = datetime(2026, 11, 22, 14, tzinfo=UTC)  # a Sunday


def hour(number: int) -> Slot:
    return Slot(TWO + timedelta(hours=number), Cadence.HOURLY)


BEFORE = hour(-1)


def schedule(*unfilled: Slot, minutes: float, newest: Slot | None = BEFORE, paused: tuple[Slot, ...] = ()) -> Schedule:
    record = CalendarRecord(Cadence.HOURLY, unfilled, newest)
    return Schedule.of(record, as_of=TWO + timedelta(minutes=minutes), excused=lambda slot: slot in paused)


def test_a_filled_slot_owes_nothing_until_the_next_one():
    kept = schedule(minutes=59, newest=hour(0))
    assert (kept.keeping, kept.owed, kept.owed_for, kept.next) == (Keeping.KEPT, (), None, hour(1))


def test_a_slot_is_due_through_its_grace_and_overdue_after_it():
    assert schedule(hour(0), minutes=15).keeping is Keeping.DUE
    late = schedule(hour(0), minutes=15.1)
    assert (late.keeping, late.overdue) == (Keeping.OVERDUE, (hour(0),))
    assert late.owed_for == timedelta(minutes=15.1)


@pytest.mark.parametrize("cadence", list(Cadence))
def test_a_slot_is_overdue_from_the_moment_the_evidence_before_it_is_stale(cadence: Cadence):
    assert good_for(cadence) == cadence.period + grace(cadence)
    begun = cadence.floor(TWO)
    record = CalendarRecord(cadence, (Slot(begun, cadence),), Slot(begun - cadence.period, cadence))
    in_time = Schedule.of(record, as_of=begun + grace(cadence), excused=lambda _: False)
    too_late = Schedule.of(record, as_of=begun + grace(cadence) + timedelta(seconds=1), excused=lambda _: False)
    assert (in_time.keeping, too_late.keeping) == (Keeping.DUE, Keeping.OVERDUE)


def test_older_slots_are_overdue_while_the_present_one_is_only_due():
    behind = schedule(hour(-2), hour(-1), hour(0), minutes=3, newest=hour(-3))
    assert behind.owed == (hour(-2), hour(-1), hour(0))
    assert behind.overdue == (hour(-2), hour(-1))
    assert behind.keeping is Keeping.OVERDUE
    assert behind.owed_for == timedelta(hours=2, minutes=3)


def test_what_a_pause_excuses_is_not_owed():
    paused = schedule(hour(-1), hour(0), minutes=30, newest=hour(-2), paused=(hour(-1), hour(0)))
    assert (paused.keeping, paused.owed) == (Keeping.PAUSED, ())
    assert schedule(hour(-2), hour(0), minutes=30, newest=hour(-3), paused=(hour(0),)).keeping is Keeping.OVERDUE


def test_what_was_never_collected_is_not_excused_by_being_due_or_paused():
    assert schedule(hour(0), minutes=1, newest=None).keeping is Keeping.NEVER
    assert schedule(hour(0), minutes=1, newest=None, paused=(hour(0),)).keeping is Keeping.NEVER
    assert schedule(minutes=1, newest=None).keeping is Keeping.NEVER


def test_only_three_ways_of_standing_are_sound():
    assert {one for one in Keeping if one.is_sound} == {Keeping.KEPT, Keeping.DUE, Keeping.PAUSED}
