"""A slot is recorded once, whole, and never again otherwise."""

import subprocess
import sys
from dataclasses import replace
from threading import Barrier, Thread
from time import perf_counter

import pytest
from sqlalchemy import text

from checks.errors import StoreError
from checks.findings import Verdict
from checks.outcome import Outcome, Severity
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.store.making import CONTEXT, finding, hour, past_the_store, record, verdict


def test_a_slot_comes_back_as_it_was_recorded(store: EvidenceStore):
    given = [verdict(hour(), check="ledger"), verdict(hour(), check="api", mark="sha256:aa")]
    assert record(store, hour(), *given) is True
    assert store.recorded(hour())
    assert store.verdicts(hour()) == [given[1], given[0]]


def test_a_slot_that_nobody_recorded_is_empty(store: EvidenceStore):
    record(store, hour())
    assert not store.recorded(hour(1))
    assert store.verdicts(hour(1)) == []


def test_a_missed_slot_without_checks_is_on_record_all_the_same(store: EvidenceStore):
    assert store.record(hour(), SlotContents([]), status=SlotStatus.MISSED, context=CONTEXT, staging="s") is True
    assert store.recorded(hour())


def test_the_same_content_twice_changes_nothing(store: EvidenceStore):
    given = [verdict(hour(), check="ledger"), verdict(hour(), check="api")]
    record(store, hour(), *given)
    assert record(store, hour(), *reversed(given)) is False
    assert len(store.verdicts(hour())) == 2


def test_a_repetition_from_another_staging_folder_leaves_the_first(store: EvidenceStore):
    record(store, hour())
    assert not store.record(
        hour(), SlotContents([verdict(hour())]), status=SlotStatus.COLLECTED, context=CONTEXT, staging="elsewhere"
    )
    assert store.unsealed()[0].staging == f".staging/{hour().label}"


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ([verdict(hour(), "answered in 9 s")], "the verdict of api"),
        ([verdict(hour(), mark="sha256:bb")], "the verdict of api"),
        ([replace(verdict(hour()), judged_at=hour(1).at)], "the verdict of api"),
        ([replace(verdict(hour()), kind="metrics")], "the verdict of api"),
        ([verdict(hour()), verdict(hour(), check="ledger")], "the verdict of ledger"),
        ([replace(verdict(hour()), subject="eu")], "the verdict of api .and 1 more"),
    ],
    ids=["reason", "fingerprint", "instant", "kind", "one more", "subject"],
)
def test_other_content_for_a_recorded_slot_is_refused(store: EvidenceStore, other: list[Verdict], named: str):
    record(store, hour())
    with pytest.raises(StoreError, match=f"slot 2026-11-22T1400Z.hourly already holds other evidence: {named}"):
        record(store, hour(), *other)
    assert store.verdicts(hour()) == [verdict(hour())]


def test_another_status_or_context_for_a_recorded_slot_is_refused(store: EvidenceStore):
    record(store, hour())
    with pytest.raises(StoreError, match="its status, its context or its samples"):
        record(store, hour(), status=SlotStatus.LATE)
    other = replace(CONTEXT, version=None)
    with pytest.raises(StoreError, match="its status, its context or its samples"):
        store.record(hour(), SlotContents([verdict(hour())]), status=SlotStatus.COLLECTED, context=other, staging="s")


def test_a_verdict_of_another_slot_is_refused(store: EvidenceStore):
    with pytest.raises(StoreError, match=r"is of slot 2026-11-22T1500Z.hourly; it cannot be stored in"):
        record(store, hour(), verdict(hour(1)))
    assert not store.recorded(hour())


def test_two_verdicts_that_differ_under_one_key_are_refused(store: EvidenceStore):
    with pytest.raises(StoreError, match="two verdicts that differ for the verdict of api"):
        record(store, hour(), verdict(hour()), verdict(hour(), "answered in 9 s"))
    assert record(store, hour(), verdict(hour()), verdict(hour())) is True


def test_an_instant_without_a_zone_and_a_slot_still_owed_are_refused(store: EvidenceStore):
    with pytest.raises(StoreError, match="no time zone"):
        record(store, hour(), replace(verdict(hour()), judged_at=hour().at.replace(tzinfo=None)))
    with pytest.raises(StoreError, match="cannot be recorded as owed"):
        record(store, hour(), status=SlotStatus.OWED)


def test_people_who_ask_in_sql_see_the_finding_that_decided(store: EvidenceStore, url: str):
    failing = finding("it said fail", outcome=Outcome.FAIL).model_copy(update={"severity": Severity.CRITICAL})
    record(store, hour(), replace(verdict(hour()), findings=(finding(), failing, finding())))
    with past_the_store(url) as connection:
        row = connection.execute(text("SELECT outcome, severity, because FROM verdicts")).one()
    assert tuple(row) == ("FAIL", "critical", "it said fail")


def test_two_writers_of_one_slot_leave_one_evidence(url: str):
    together, ends = Barrier(2), []

    def write(because: str) -> None:
        with EvidenceStore.open(url) as store:
            together.wait()
            try:
                ends.append(record(store, hour(), *[verdict(hour(), because, check=f"c{n}") for n in range(300)]))
            except StoreError:
                ends.append("refused")

    writers = [Thread(target=write, args=(because,)) for because in ("one", "other")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(map(str, ends)) == ["True", "refused"]
    with EvidenceStore.open(url) as store:
        assert len({verdict.because for verdict in store.verdicts(hour())}) == 1


DIES_HALFWAY = """
import os, sys
from sqlalchemy import Engine, event
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import hour, record, verdict

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.startswith("INSERT INTO verdicts"):
        os._exit(9)

record(EvidenceStore.open(sys.argv[1]), hour(), verdict(hour(), "first"))
"""


def test_a_process_that_dies_while_it_writes_leaves_nothing_behind(url: str):
    assert subprocess.run([sys.executable, "-c", DIES_HALFWAY, url], check=False).returncode == 9
    with EvidenceStore.open(url) as store:
        assert not store.recorded(hour())
        assert record(store, hour(), verdict(hour(), "second")) is True


def test_twenty_five_thousand_findings_are_stored_in_seconds(store: EvidenceStore):
    given = [replace(verdict(hour(), check=f"c{n}"), findings=(finding(check=f"c{n}"),) * 5) for n in range(5000)]
    started = perf_counter()
    record(store, hour(), *given)
    assert perf_counter() - started < 10, "half a second alone; ten are left for a busy machine"
