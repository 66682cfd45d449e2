"""What is newest as of an instant, and what the evidence before looked like."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import TWO, hour, record, verdict


def told(store: EvidenceStore, hours: float) -> dict[str, str]:
    newest = store.latest(as_of=TWO + timedelta(hours=hours))
    return {verdict.check: verdict.because for verdict in newest}


def test_each_check_has_its_newest_verdict_as_of_an_instant(store: EvidenceStore):
    record(store, hour(0), verdict(hour(0), "api at two"), verdict(hour(0), "ledger at two", check="ledger"))
    record(store, hour(2), verdict(hour(2), "api at four"))
    assert told(store, -0.1) == {}
    assert told(store, 0) == {"api": "api at two", "ledger": "ledger at two"}
    assert told(store, 1.99) == {"api": "api at two", "ledger": "ledger at two"}
    assert told(store, 2) == {"api": "api at four", "ledger": "ledger at two"}
    assert told(store, 9999) == {"api": "api at four", "ledger": "ledger at two"}


def test_a_slot_counts_from_its_very_instant_on(store: EvidenceStore):
    slot = Slot(TWO, Cadence.PULSE)
    record(store, slot)
    assert store.latest(as_of=TWO - timedelta(microseconds=1)) == []
    assert store.latest(as_of=TWO) == [verdict(slot)]


def test_a_missed_slot_recorded_later_does_not_become_the_newest(store: EvidenceStore):
    record(store, hour(2), verdict(hour(2), "collected"))
    record(store, hour(1), verdict(hour(1), "missed"))
    assert told(store, 3) == {"api": "collected"}
    assert told(store, 1) == {"api": "missed"}


def test_what_was_judged_late_was_not_known_before(store: EvidenceStore):
    late = replace(verdict(hour(1), "judged late"), judged_at=hour(5).at)
    record(store, hour(0), verdict(hour(0), "in time"))
    record(store, hour(1), late)
    assert told(store, 4) == {"api": "in time"}
    assert told(store, 5) == {"api": "judged late"}


def test_an_on_demand_verdict_is_the_newest_until_the_next_slot(store: EvidenceStore):
    asked = Slot(TWO + timedelta(minutes=17), Cadence.HOURLY)
    for slot in (hour(0), asked, hour(1)):
        record(store, slot, verdict(slot, slot.label))
    assert [told(store, hours)["api"] for hours in (0.2, 0.5, 1)] == [hour(0).label, asked.label, hour(1).label]


def test_of_two_cadences_at_one_instant_the_longer_counts_on_every_store(store: EvidenceStore):
    midnight = TWO.replace(hour=0)
    for cadence in (Cadence.DAILY, Cadence.PULSE, Cadence.HOURLY):
        slot = Slot(midnight, cadence)
        record(store, slot, verdict(slot, cadence))
    assert told(store, 0) == {"api": "daily"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_newest_means_what_a_plain_maximum_means(store: EvidenceStore, data: st.DataObject):
    taken = data.draw(st.dictionaries(st.integers(0, 50), st.sets(st.sampled_from("abc"), min_size=1), max_size=5))
    for number, checks in taken.items():
        if not store.recorded(hour(number)):
            record(store, hour(number), *[verdict(hour(number), f"{check}{number}", check=check) for check in checks])
    as_of = data.draw(st.integers(-1, 52))
    stored = {number: store.verdicts(hour(number)) for number in range(as_of + 1)}
    newest = {verdict.check: verdict for number in sorted(stored) for verdict in stored[number]}
    assert store.latest(as_of=TWO + timedelta(hours=as_of)) == [newest[check] for check in sorted(newest)]


def test_fingerprints_come_newest_first_and_no_more_than_asked(store: EvidenceStore):
    for number, mark in enumerate(["a", "b", None, "c", "d"]):
        record(store, hour(number), verdict(hour(number), mark=mark), verdict(hour(number), check="other", mark="x"))
    key = ("api", "api")
    assert store.fingerprints(["api"], before=hour(5), depth=2) == {key: ("d", "c")}
    assert store.fingerprints(["api"], before=hour(4), depth=2) == {key: ("c",)}, "the gap counts as one of the two"
    assert store.fingerprints(["api"], before=hour(4), depth=9) == {key: ("c", "b", "a")}
    assert store.fingerprints(["api"], before=hour(0), depth=3) == {}
    assert store.fingerprints([], before=hour(5), depth=3) == {}


def test_fingerprints_of_thousands_of_checks_are_one_answer(store: EvidenceStore):
    checks = [f"c{number}" for number in range(1234)]
    record(store, hour(), *[verdict(hour(), check=check, mark=check) for check in checks])
    found = store.fingerprints(checks, before=hour(1), depth=3)
    assert found == {(check, check): (check,) for check in checks}


@pytest.mark.parametrize("question", ["latest", "fingerprints", "verdicts", "unsealed", "owe"])
def test_no_question_reads_a_whole_table(store: EvidenceStore, engine_name: str, question: str):
    """SQLite plans by its indexes alone; PostgreSQL, asked of a few rows, rightly reads them all."""
    if engine_name != "sqlite":
        return
    record(store, hour(), verdict(hour(), mark="a"))
    plans: list[str] = []
    engine = store._engine

    def explain(connection, cursor, statement, parameters, context, many):
        if statement.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            plan = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in plan)

    event.listen(engine, "before_cursor_execute", explain)
    asked = {
        "latest": lambda: store.latest(as_of=TWO),
        "fingerprints": lambda: store.fingerprints(["api"], before=hour(1), depth=3),
        "verdicts": lambda: store.verdicts(hour()),
        "unsealed": store.unsealed,
        "owe": lambda: store.owe(Cadence.HOURLY, until=TWO),
    }
    asked[question]()
    event.remove(engine, "before_cursor_execute", explain)
    assert plans
    whole = [plan for plan in plans if plan.startswith("SCAN") and "series" not in plan and "INDEX" not in plan]
    assert [plan for plan in whole if "verdicts" in plan or "bundles" in plan or "slots" in plan] == []
