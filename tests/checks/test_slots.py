"""Slots: the calendar in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.errors import CatalogError
from checks.slots import Cadence, Slot, owed, parse_instant

instants = st.integers(946684800, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))  # this century
cadences = st.sampled_from(Cadence)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cadence", "start"),
    [
        (Cadence.PULSE, "2026-11-22T14:35Z"),
        (Cadence.HOURLY, "2026-11-22T14:00Z"),
        (Cadence.DAILY, "2026-11-22T00:00Z"),
        (Cadence.WEEKLY, "2026-11-16T00:00Z"),  # the Monday before
    ],
)
def test_a_slot_starts_where_its_period_starts(cadence: Cadence, start: str):
    assert Slot.current(cadence, at("2026-11-22T14:37:21Z")).at == at(start)


@given(cadences, instants)
def test_an_instant_lies_in_its_slot(cadence: Cadence, instant: datetime):
    slot = Slot.current(cadence, instant)
    assert slot.at <= instant < slot.end
    assert slot.is_owed


@given(cadences, instants)
def test_a_label_reads_back(cadence: Cadence, instant: datetime):
    slot = Slot.on_demand(cadence, instant)
    assert Slot.parse_label(slot.label) == slot


@given(cadences, instants, st.integers(0, 50))
def test_owed_slots_follow_each_other_without_gap(cadence: Cadence, since: datetime, count: int):
    slots = list(owed(cadence, since, since + count * cadence.period))
    assert len(slots) == count
    assert all(later.at - earlier.at == cadence.period for earlier, later in pairwise(slots))
    assert all(since <= slot.at < since + count * cadence.period for slot in slots)


def test_a_slot_that_a_person_asked_for_is_not_owed():
    assert not Slot.on_demand(Cadence.HOURLY, at("2026-11-22T14:37:21Z")).is_owed


@pytest.mark.parametrize("label", ["2026-11-22T1400Z", "2026-11-22T1400Z.yearly", "2026-11-22T14:00Z.hourly", ""])
def test_what_is_no_label_is_refused(label: str):
    with pytest.raises(CatalogError, match="is no slot"):
        Slot.parse_label(label)


def test_a_slot_outside_utc_is_refused():
    with pytest.raises(CatalogError, match="not in UTC"):
        Slot(datetime(2026, 11, 22, 14, tzinfo=timezone(timedelta(hours=1))), Cadence.HOURLY)


def test_a_slot_finer_than_a_minute_is_refused():
    with pytest.raises(CatalogError, match="finer than a minute"):
        Slot(datetime(2026, 11, 22, 14, 0, 1, tzinfo=UTC), Cadence.HOURLY)


def test_an_instant_without_an_offset_is_refused():
    with pytest.raises(CatalogError, match="write it as 2026-11-22T14:00Z"):
        parse_instant("2026-11-22T14:00")


def test_an_instant_in_another_offset_is_read_as_utc():
    assert parse_instant("2026-11-22T15:00+01:00") == at("2026-11-22T14:00Z")
