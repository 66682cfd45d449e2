"""The calendar says what is owed, from the moment the store knew of a cadence."""

from datetime import UTC, datetime, timedelta

from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotRecord, SlotStatus
from tests.tasks.store.making import TWO, hour, record, seal

WEEK = timedelta(weeks=1)


def owe(store: EvidenceStore, hours: float) -> list[Slot]:
    return store.owe(Cadence.HOURLY, until=TWO + timedelta(hours=hours))


def statuses(store: EvidenceStore) -> list[SlotStatus]:
    return [slot.status for slot in store.slots(Cadence.HOURLY, since=TWO - WEEK, until=TWO + WEEK)]


def test_the_first_run_owes_nothing_older(store: EvidenceStore):
    assert owe(store, 0.4) == []
    assert store.slots(Cadence.HOURLY, since=TWO - WEEK, until=TWO + WEEK) == [SlotRecord(hour(), SlotStatus.OWED)]


def test_evidence_older_than_the_calendar_makes_nothing_owed(store: EvidenceStore):
    record(store, hour(-5))
    assert owe(store, 0) == []
    assert statuses(store) == [SlotStatus.OWED]


def test_after_an_outage_the_slots_nobody_filled_are_told_oldest_first(store: EvidenceStore):
    owe(store, 0)
    record(store, hour())
    assert owe(store, 4.9) == [hour(1), hour(2), hour(3)]
    for missed in (hour(1), hour(2), hour(3)):
        record(store, missed, status=SlotStatus.MISSED)
    record(store, hour(4))
    assert owe(store, 5) == []
    assert statuses(store) == [SlotStatus.COLLECTED, *[SlotStatus.MISSED] * 3, SlotStatus.COLLECTED, SlotStatus.OWED]


def test_a_slot_that_a_crashed_run_left_open_is_told_again(store: EvidenceStore):
    owe(store, 0)
    assert owe(store, 1) == [hour()]
    assert owe(store, 1.5) == [hour()]


def test_a_clock_that_steps_back_owes_nothing_new(store: EvidenceStore):
    owe(store, 0)
    owe(store, 3)
    assert owe(store, 1) == [hour()]
    assert len(statuses(store)) == 4


def test_an_on_demand_slot_fills_the_calendar_slot_of_its_period(store: EvidenceStore):
    owe(store, 0)
    asked = Slot(TWO + timedelta(minutes=17), Cadence.HOURLY)
    record(store, asked)
    assert owe(store, 1) == []
    assert store.slots(Cadence.HOURLY, since=TWO, until=TWO + timedelta(hours=1)) == [
        SlotRecord(hour(), SlotStatus.COLLECTED, filled_by=asked)
    ]


def test_an_on_demand_slot_fills_only_its_own_cadence_and_period(store: EvidenceStore):
    owe(store, 0)
    record(store, Slot(TWO + timedelta(minutes=17), Cadence.PULSE))
    record(store, Slot(TWO - timedelta(minutes=1), Cadence.HOURLY))
    record(store, Slot(TWO + timedelta(minutes=60), Cadence.HOURLY))
    assert owe(store, 1.1) == [hour()]


def test_evidence_recorded_before_its_slot_was_owed_fills_it(store: EvidenceStore):
    owe(store, 0)
    record(store, hour())
    asked = Slot(TWO + timedelta(minutes=70), Cadence.HOURLY)
    record(store, asked)
    assert owe(store, 2) == []
    assert [slot.filled_by for slot in store.slots(Cadence.HOURLY, since=TWO, until=TWO + WEEK)] == [
        hour(),
        asked,
        None,
    ]


def test_cadences_owe_apart_from_each_other(store: EvidenceStore):
    owe(store, 0)
    assert store.owe(Cadence.WEEKLY, until=TWO + 3 * WEEK) == []
    assert owe(store, 1) == [hour()]


def test_a_slot_says_whether_it_is_sealed(store: EvidenceStore):
    owe(store, 0)
    record(store, hour())
    seal(store, hour())
    assert store.slots(Cadence.HOURLY, since=TWO, until=TWO + WEEK)[0].sealed


def test_slots_are_asked_for_from_an_instant_up_to_another(store: EvidenceStore):
    owe(store, 0)
    owe(store, 3)
    second = timedelta(seconds=1)
    asked = store.slots(Cadence.HOURLY, since=TWO + second, until=TWO + timedelta(hours=2) + second)
    assert [slot.slot for slot in asked] == [hour(1), hour(2)]


def test_a_year_without_power_is_told_slot_by_slot(store: EvidenceStore):
    start = datetime(2027, 3, 1, tzinfo=UTC)
    store.owe(Cadence.HOURLY, until=start)
    told = store.owe(Cadence.HOURLY, until=datetime(2028, 3, 1, tzinfo=UTC))
    assert len(told) == 366 * 24, "29 February 2028 is among them, and no summer time is"
