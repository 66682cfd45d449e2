"""Samples come back as they were, and long times cost their roll-ups; on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from checks.errors import StoreError
from checks.rollups import Rollup, Span, rollup_of
from checks.samples import Sample, Samples, SeriesKey
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.store.making import CONTEXT, TWO, past_the_store, verdict

UP = SeriesKey("api", "api:/health", "up")
SECONDS = SeriesKey("api", "api:/health", "seconds")
COUNTER = SeriesKey("api-metrics", "api:/metrics", 'http_requests_total{code="200"}')
MILLISECOND, MINUTE, HOUR, DAY = timedelta(milliseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_minutes = count(-50_000_000)

looks = st.lists(
    st.tuples(
        st.integers(0, 3_599_999),
        st.none() | st.floats() | st.sampled_from([0.0, 1.0, 1e300]),
        st.none() | st.booleans(),
    ),
    max_size=30,
)


def pulse(at: datetime) -> Slot:
    return Slot(at, Cadence.PULSE)


def sampled(key: SeriesKey, at: datetime, values: list[float | None], *, every: timedelta = MINUTE) -> Samples:
    looked = (Sample(at + number * every, value, good=bool(value)) for number, value in enumerate(values))
    return Samples.of(key, looked, every=every)


def record_samples(store: EvidenceStore, slot: Slot, *given: Samples) -> bool:
    contents = SlotContents([verdict(slot)], given)
    return store.record(slot, contents, status=SlotStatus.COLLECTED, context=CONTEXT, staging="s")


def fill(store: EvidenceStore, since: datetime, hours: int, *, keys: tuple[SeriesKey, ...] = (UP,)) -> None:
    """An hour's samples for each of some hours: a counter that starts anew every fifty minutes."""
    for number in range(hours):
        at = since + number * HOUR
        values: list[float | None] = [float((number * 60 + minute) % 50) for minute in range(60)]
        record_samples(store, pulse(at), *(sampled(key, at, values) for key in keys))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks)
def test_samples_come_back_as_they_were(store: EvidenceStore, drawn: list[tuple[int, float | None, bool | None]]):
    slot = pulse(TWO + timedelta(minutes=next(_minutes)))
    key = SeriesKey("api", "api:/health", slot.label)
    looked = [
        Sample(slot.at + timedelta(milliseconds=at), value, None if value is None else good)
        for at, value, good in drawn
    ]
    given = Samples.of(key, looked, every=timedelta(seconds=10))
    record_samples(store, slot, given)
    back = store.samples([key], since=slot.at, until=slot.at + HOUR)[key]
    assert (back == given) if len(given) else not len(back)
    summary, wanted = store.summaries([key], since=slot.at, until=slot.at + HOUR)[key], rollup_of(given)
    assert (summary.good, summary.bad, summary.unseen, summary.odd) == (
        wanted.good,
        wanted.bad,
        wanted.unseen,
        wanted.odd,
    )


def test_series_are_listed_by_their_check(store: EvidenceStore):
    slot = pulse(TWO)
    record_samples(store, slot, *(sampled(key, TWO, [1.0]) for key in (UP, COUNTER, SECONDS)))
    assert store.series(["api"]) == [SECONDS, UP]
    assert store.series(["api", "api-metrics", "other"]) == [SECONDS, UP, COUNTER]


def test_the_same_samples_twice_change_nothing_and_others_are_refused(store: EvidenceStore):
    given = sampled(UP, TWO, [1.0, 1.0, 0.0])
    assert record_samples(store, pulse(TWO), given) is True
    assert record_samples(store, pulse(TWO), given) is False
    with pytest.raises(StoreError, match="its status, its context or its samples differs"):
        record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0, 1.0, 1.0]))
    assert store.samples([UP], since=TWO, until=TWO + HOUR)[UP] == given


def test_a_window_is_cut_to_the_millisecond(store: EvidenceStore):
    record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0, 2.0, 3.0]))
    found = store.samples([UP, SECONDS], since=TWO + MILLISECOND, until=TWO + 2 * MINUTE)
    assert [row.value for row in found[UP].rows] == [2.0]
    assert len(found[SECONDS]) == 0


def test_runs_that_overlap_are_one_series(store: EvidenceStore):
    record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0] * 6))
    record_samples(store, pulse(TWO + 5 * MINUTE), sampled(UP, TWO + 5 * MINUTE, [0.0] * 5))
    found = store.samples([UP], since=TWO, until=TWO + HOUR)[UP]
    assert len(found) == 10
    assert [row.value for row in found.rows][4:7] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (timedelta(), 50 * HOUR),
        (7 * MINUTE, 50 * HOUR),
        (90 * MINUTE, 49 * HOUR + 59 * MINUTE),
        (10 * HOUR, 34 * HOUR),
        (5 * MINUTE, 20 * MINUTE),
        (55 * MINUTE, 65 * MINUTE),
        (49 * HOUR, 60 * HOUR),
        (-DAY, 3 * HOUR),
        (60 * HOUR, 61 * HOUR),
    ],
)
def test_any_window_comes_to_what_its_samples_come_to(store: EvidenceStore, since: timedelta, until: timedelta):
    fill(store, TWO, 50, keys=(UP, COUNTER))
    since_at, until_at = TWO + since, TWO + until
    samples = store.samples([UP, COUNTER], since=since_at, until=until_at)
    wanted = {key: rollup_of(one) for key, one in samples.items()}
    assert store.summaries([UP, COUNTER], since=since_at, until=until_at) == wanted


def test_rollups_say_the_present_hour_too(store: EvidenceStore):
    fill(store, TWO, 26)
    hours = store.rollups([UP], span=Span.HOUR, since=TWO, until=TWO + 26 * HOUR)[UP]
    assert list(hours) == [TWO + number * HOUR for number in range(26)]
    assert {one.count for one in hours.values()} == {60}
    days = store.rollups([UP], span=Span.DAY, since=TWO, until=TWO + 26 * HOUR)[UP]
    assert [one.count for one in days.values()] == [10 * 60, 16 * 60]


def test_samples_that_come_after_all_are_rolled_up_after_all(store: EvidenceStore):
    fill(store, TWO, 3)
    fill(store, TWO + 4 * HOUR, 44)
    late = sampled(UP, TWO + 3 * HOUR, [7.0] * 60)
    odd = sampled(UP, TWO + 30 * HOUR + MINUTE / 2, [9.0, 9.0])
    record_samples(store, pulse(TWO + 48 * HOUR), late)
    record_samples(store, pulse(TWO + 49 * HOUR), odd)
    hours = store.rollups([UP], span=Span.HOUR, since=TWO, until=TWO + 48 * HOUR)[UP]
    assert hours[TWO + 3 * HOUR] == rollup_of(late)
    assert hours[TWO + 30 * HOUR].count == 62
    whole = store.samples([UP], since=TWO, until=TWO + 60 * HOUR)[UP]
    assert store.summaries([UP], since=TWO, until=TWO + 60 * HOUR)[UP] == rollup_of(whole)


def test_one_more_day_of_history_costs_one_more_roll_up(store: EvidenceStore):
    """What history costs is counted in questions for samples, not in noisy seconds."""
    fill(store, TWO, 24 * 4 + 3)
    now = TWO + 4 * DAY + 3 * HOUR
    with samples_read() as of_two_days:
        store.summaries([UP], since=now - 2 * DAY, until=now)
    with samples_read() as of_four:
        store.summaries([UP], since=now - 4 * DAY, until=now)
    assert of_four == of_two_days
    assert len(of_four) <= 2


@contextmanager
def samples_read() -> Iterator[list[str]]:
    """The statements that ask for samples while the block lasts."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "samples.packed" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_samples_over_more_than_an_hour_are_refused(store: EvidenceStore):
    with pytest.raises(StoreError, match="up of api on 'api:/health' span more than an hour; record them in several"):
        record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0] * 62))
    with pytest.raises(StoreError, match="two lots of samples"):
        record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0]), sampled(UP, TWO, [1.0]))
    assert not store.recorded(pulse(TWO))


@pytest.mark.parametrize("table", ["samples", "sample_series", "rollups"])
def test_samples_and_roll_ups_are_never_changed(store: EvidenceStore, url: str, table: str):
    fill(store, TWO, 2)
    column = "measure" if table == "sample_series" else "every_ms"
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match=f"{table} is append-only"), past_the_store(url) as connection:
            connection.execute(text(statement))


def test_samples_that_somebody_damaged_are_one_clear_line(store: EvidenceStore, url: str):
    record_samples(store, pulse(TWO), sampled(UP, TWO, [1.0] * 5))
    with past_the_store(url) as connection:
        on_server = connection.dialect.name == "postgresql"
        connection.execute(text("DROP TRIGGER samples_no_update" + (" ON samples" if on_server else "")))
        connection.execute(text("UPDATE samples SET packed = " + (r"'\x0101'" if on_server else "x'0101'")))
    with pytest.raises(StoreError, match=r"^the samples of up of api on 'api:/health' cannot be read: .*; restore"):
        store.samples([UP], since=TWO, until=TWO + HOUR)


def test_a_store_without_samples_is_led_to_one_with_them(store: EvidenceStore):
    assert store.series(["api"]) == []
    assert store.summaries([UP], since=TWO, until=TWO + HOUR)[UP] == Rollup()


def test_many_stretches_of_a_series_are_read_as_each_alone(store: EvidenceStore):
    fill(store, TWO, 5)
    stretches = [(TWO + number * 4 * MINUTE, TWO + (number * 4 + 3) * MINUTE) for number in range(80)]
    alone = [store.samples([UP], since=since, until=until)[UP] for since, until in stretches]
    found = store.samples_in(UP, stretches)
    assert [one.rows for one in found] == [one.rows for one in alone]
    assert [len(one) for one in found] == [3] * 75 + [0] * 5
    assert [len(one) for one in store.samples_in(SECONDS, stretches[:2])] == [0, 0]
