"""Whatever a verdict says, the store gives it back, on both databases."""

import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.findings import Finding, Verdict
from checks.outcome import Outcome, Severity
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tasks.store.slot_numbers import first_number_after, first_number_from, number_of, slot_of
from tests.tasks.store.making import CONTEXT, TWO, hour, record, verdict

texts = st.text(max_size=20) | st.sampled_from(["", "\x00", "a\x00b\x1a0000", "\x1a", "‰ ≤ 3 s", "{}", "\\u0000"])
keys = texts | st.sampled_from(["\ud800", "x\udfffy"])
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))])
instants = st.builds(
    lambda seconds, micros, zone: (TWO + timedelta(seconds=seconds, microseconds=micros)).astimezone(zone),
    st.integers(-4_000_000_000, 4_000_000_000),
    st.integers(0, 999_999),
    zones,
)
findings = st.builds(
    Finding,
    check=texts,
    kind=texts,
    subject=texts,
    expectation=texts,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from(Severity),
    observed=scalars,
    expected=scalars,
    because=texts,
    evidence=st.lists(texts, max_size=3).map(tuple),
)
cadences = st.sampled_from(Cadence)
slots = st.builds(
    lambda minutes, cadence: Slot(TWO + timedelta(minutes=minutes), cadence),
    st.integers(-40_000_000, 40_000_000),
    cadences,
)
_minutes = count()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(keys, texts, keys, st.lists(findings, max_size=4), instants, st.none() | keys),
        max_size=4,
        unique_by=lambda drawn: (drawn[0], drawn[2]),
    )
)
def test_verdicts_come_back_as_they_were(store: EvidenceStore, drawn: list[tuple]):
    slot = Slot(TWO + timedelta(minutes=next(_minutes)), Cadence.PULSE)
    given = [Verdict(*names, slot, tuple(found), *rest) for *names, found, rest in _split(drawn)]
    record_all(store, slot, given)
    assert store.verdicts(slot) == sorted(given, key=lambda verdict: (verdict.check, verdict.subject))
    assert all(verdict.judged_at.tzinfo is UTC for verdict in store.verdicts(slot))
    assert record_all(store, slot, given) is False


def _split(drawn: list[tuple]) -> list[tuple]:
    return [(check, kind, subject, found, (judged_at, mark)) for check, kind, subject, found, judged_at, mark in drawn]


def record_all(store: EvidenceStore, slot: Slot, given: list[Verdict]) -> bool:
    return store.record(slot, SlotContents(given), status=SlotStatus.COLLECTED, context=CONTEXT, staging="s")


def test_numbers_that_json_cannot_say_come_back(store: EvidenceStore):
    said = [math.nan, math.inf, -math.inf, -0.0, 10**40, True, 1, 1.0, "NaN"]
    one = verdict(hour())
    found = tuple(one.findings[0].model_copy(update={"observed": value}) for value in said)
    record(store, hour(), Verdict(one.check, one.kind, one.subject, one.slot, found, one.judged_at))
    back = [finding.observed for finding in store.verdicts(hour())[0].findings]
    assert list(map(repr, back)) == list(map(repr, said))


@given(slots, slots)
def test_slot_numbers_lead_back_and_sort_as_instants_do(one: Slot, other: Slot):
    assert slot_of(number_of(one)) == one
    if one.at < other.at:
        assert number_of(one) < number_of(other)


@given(slots, instants)
def test_slot_numbers_are_bounded_by_instants(slot: Slot, instant: datetime):
    assert (number_of(slot) < first_number_after(instant)) == (slot.at <= instant)
    assert (number_of(slot) >= first_number_from(instant)) == (slot.at >= instant)
