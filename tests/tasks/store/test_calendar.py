"""How a calendar was kept, for somebody who only looks: what no run noted is owed all the same."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from checks.errors import StoreError
from checks.readiness.schedule import CalendarRecord
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotStatus
from tests.tasks.store.making import TWO, hour, past_the_store, record, seal, verdict


def calendar(store: EvidenceStore, hours: float, cadence: Cadence = Cadence.HOURLY) -> CalendarRecord:
    return store.calendar(cadence, as_of=TWO + timedelta(hours=hours))


def owe(store: EvidenceStore, hours: float) -> list[Slot]:
    return store.owe(Cadence.HOURLY, until=TWO + timedelta(hours=hours))


def test_a_store_that_knows_nothing_of_a_cadence_owes_its_present_slot(store: EvidenceStore):
    assert calendar(store, 0.5) == CalendarRecord(Cadence.HOURLY, unfilled=(hour(),))


def test_where_no_run_comes_any_more_the_calendar_says_what_is_owed(store: EvidenceStore):
    owe(store, 0)
    record(store, hour())
    assert calendar(store, 0.9).unfilled == ()
    assert calendar(store, 1.0).unfilled == (hour(1),)
    assert calendar(store, 3.2).unfilled == (hour(1), hour(2), hour(3))


def test_what_a_crashed_run_left_open_is_owed(store: EvidenceStore):
    owe(store, 0)
    assert calendar(store, 0.1).unfilled == (hour(),)


def test_a_slot_that_no_run_noted_is_filled_by_evidence_of_its_period(store: EvidenceStore):
    owe(store, 0)
    record(store, hour())
    record(store, Slot(TWO + timedelta(hours=1, minutes=17), Cadence.HOURLY))
    assert calendar(store, 1.5).unfilled == ()
    assert calendar(store, 2.5).unfilled == (hour(2),)


def test_a_slot_that_was_noted_after_its_evidence_came_is_filled(store: EvidenceStore):
    """Evidence of another process lies there before this one's note is linked to it."""
    owe(store, 0)
    record(store, hour())
    record(store, hour(1))
    with past_the_store(store._url.render_as_string(hide_password=False)) as connection:
        connection.execute(
            text(
                "INSERT INTO slots (slot, cadence, at) SELECT slot, cadence, at FROM bundles"
                " WHERE slot NOT IN (SELECT slot FROM slots)"
            )
        )
    assert calendar(store, 1.5).unfilled == ()


def test_slots_that_are_still_to_come_are_not_owed(store: EvidenceStore):
    owe(store, 3)
    assert calendar(store, 1).unfilled == ()
    assert calendar(store, 3.5).unfilled == (hour(3),)


def test_the_missed_slots_are_counted_and_the_newest_are_named(store: EvidenceStore):
    for number in range(8):
        record(store, hour(number), status=SlotStatus.MISSED)
    record(store, hour(8), status=SlotStatus.LATE)
    found = calendar(store, 8.5)
    assert (found.missed, found.last_missed) == (8, tuple(hour(number) for number in (7, 6, 5, 4, 3)))
    assert found.newest == hour(8)
    assert calendar(store, 8.5, Cadence.DAILY).missed == 0


def test_a_missed_slot_is_not_the_newest_that_was_collected(store: EvidenceStore):
    record(store, hour())
    seal(store, hour())
    record(store, hour(1), status=SlotStatus.MISSED)
    found = calendar(store, 1.5)
    assert found.newest == hour()
    assert found.last_sealed == hour().at + timedelta(minutes=2, microseconds=5)
    assert calendar(store, 1.5, Cadence.WEEKLY).newest is None


def test_the_stages_of_the_last_run_that_ended_are_told(store: EvidenceStore):
    for number in range(3):
        record(store, hour(number))
    store.note_run(hour(0), {"collect": 9.0, "seal": 1.0})
    store.note_run(hour(1), {"collect": 2.5, "seal": 0.25})
    assert calendar(store, 2.5).stages == (("collect", 2.5), ("seal", 0.25))
    assert calendar(store, 2.5, Cadence.DAILY).stages == ()


def test_how_long_a_run_took_is_noted_once_and_of_a_recorded_slot(store: EvidenceStore):
    record(store, hour())
    store.note_run(hour(), {"collect": 9.0})
    with pytest.raises(StoreError):
        store.note_run(hour(), {"collect": 1.0})
    with pytest.raises(StoreError):
        store.note_run(hour(1), {"collect": 1.0})
    assert calendar(store, 0.5).stages == (("collect", 9.0),)


def test_a_store_opened_to_read_refuses_to_write(url: str):
    with EvidenceStore.open(url) as store:
        record(store, hour())
    with EvidenceStore.open_to_read(url) as reader:
        assert [one.check for one in reader.latest(as_of=TWO + timedelta(hours=1))] == ["api"]
        with pytest.raises(StoreError, match=r"readonly|read-only"):
            record(reader, hour(1))


def test_reading_goes_on_while_somebody_writes(url: str):
    with EvidenceStore.open(url) as store, EvidenceStore.open_to_read(url) as reader, store._write() as connection:
        connection.execute(text("UPDATE bundles SET staging = '' WHERE slot = 0"))
        assert not reader.recorded(hour())


def test_a_role_that_may_only_read_will_do(url: str, engine_name: str):
    if engine_name == "sqlite":
        return  # it has no roles
    with EvidenceStore.open(url) as store:
        record(store, hour())
    reader = f"reader_{uuid4().hex}"
    with past_the_store(url) as connection:
        connection.execute(text(f"CREATE ROLE {reader}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}"))
    try:
        with EvidenceStore.open_to_read(f"{url}?options=-c%20role%3D{reader}") as opened:
            assert calendar(opened, 0.5).newest == hour()
            assert opened.latest(as_of=TWO + timedelta(hours=1))
    finally:
        with past_the_store(url) as connection:
            connection.execute(text(f"DROP OWNED BY {reader}"))
            connection.execute(text(f"DROP ROLE {reader}"))


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(StoreError, match=r"readiness\.db: there is none yet; the first run makes it"):
        EvidenceStore.open_to_read(f"sqlite:///{tmp_path}/readiness.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_odd_characters_in_its_name_is_read(tmp_path):
    url = f"sqlite:///{tmp_path}/a b#c%20.db"
    with EvidenceStore.open(url) as store:
        record(store, hour(), verdict(hour()))
    with EvidenceStore.open_to_read(url) as reader:
        assert reader.recorded(hour())


def test_an_older_store_is_left_to_the_next_run(new_url: Callable[[], str]):
    url = new_url()
    EvidenceStore.open(url).close()
    with past_the_store(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    with pytest.raises(StoreError, match="an older Readiness Evidence wrote it; the next run brings it up to date"):
        EvidenceStore.open_to_read(url)
