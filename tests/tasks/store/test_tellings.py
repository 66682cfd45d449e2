"""What is told is on record before anybody is told, survives whoever dies, and is never changed."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from checks.errors import StoreError
from checks.outcome import Outcome
from checks.telling.deliveries import Delivered, Delivery, Failure, failed
from checks.telling.round import Decision, Message, Round, decide, message_to
from checks.telling.topics import Event, Notice, State
from tasks.store.evidence_store import EvidenceStore
from tests.checks.telling.making import NOON, section, seen
from tests.tasks.store.making import past_the_store

LEASE = timedelta(minutes=1)
ACCEPTED = Delivery(accepted=True)


def known(outcome: Outcome, minutes: int = 0, topic: str = "api") -> Round:
    at = NOON + timedelta(minutes=minutes)
    return Round(at, [seen(outcome, at, topic=topic)], frozenset({"api", "db"}))


def decided(store: EvidenceStore, outcome: Outcome, minutes: int = 0, topic: str = "api") -> tuple[Message, ...]:
    found = known(outcome, minutes, topic)
    return store.tellings.decide(lambda states: decide(states, found, section()))


def test_what_was_decided_waits_until_a_sink_has_taken_it(store: EvidenceStore):
    (message,) = decided(store, Outcome.FAIL)
    assert decided(store, Outcome.FAIL, 1) == ()
    claim = store.tellings.claim("chat", at=NOON, lease=LEASE)
    assert claim is not None
    assert claim.message == message
    store.tellings.record(claim, ACCEPTED, at=NOON)
    assert store.tellings.claim("chat", at=NOON, lease=LEASE) is None
    assert store.tellings.waiting() == []
    (attempt,) = store.tellings.attempts([message.key])
    assert (attempt.number, attempt.accepted, attempt.delivered, attempt.failure) == (1, True, Delivered.UNKNOWN, "")


def test_accepted_and_delivered_are_two_things_and_a_message_that_did_not_arrive_is_told_again(store: EvidenceStore):
    (message,) = decided(store, Outcome.FAIL)
    missing = Delivery(accepted=True, delivered=Delivered.NO, failure=Failure.NOT_SHOWN, detail="1 of 1 alerts")
    for delivery in (failed(Failure.REFUSED, "HTTP 500"), missing, Delivery(accepted=True, delivered=Delivered.YES)):
        claim = store.tellings.claim("chat", at=NOON, lease=LEASE)
        assert claim is not None
        store.tellings.record(claim, delivery, at=NOON)
    assert [(one.accepted, str(one.delivered), one.failure) for one in store.tellings.attempts([message.key])] == [
        (False, "cannot be shown", "it did not accept the message: HTTP 500"),
        (True, "no", "it accepted the message and does not show it: 1 of 1 alerts"),
        (True, "yes", ""),
    ]
    assert store.tellings.claim("chat", at=NOON, lease=LEASE) is None


DIES_WHILE_TELLING = """
import os, sys
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.test_tellings import *
store = EvidenceStore.open(sys.argv[1])
decided(store, Outcome.FAIL)
store.tellings.claim("chat", at=NOON, lease=LEASE)
os._exit(9)
"""


def test_a_run_that_died_between_telling_and_recording_is_told_again_with_the_same_key(url: str):
    assert subprocess.run([sys.executable, "-c", DIES_WHILE_TELLING, url], check=False).returncode == 9
    with EvidenceStore.open(url) as store:
        assert store.tellings.claim("chat", at=NOON + LEASE / 2, lease=LEASE) is None  # it may live
        claim = store.tellings.claim("chat", at=NOON + LEASE, lease=LEASE)
        assert claim is not None
        assert claim.attempt == 2
        assert [one.sink for one in store.tellings.waiting()] == ["chat"]
        store.tellings.record(claim, ACCEPTED, at=NOON + LEASE)
        ends = [one.ended_at for one in store.tellings.attempts([claim.message.key])]
        assert ends == [None, NOON + LEASE]


def test_two_runs_at_once_decide_one_after_the_other_and_tell_once(store: EvidenceStore):
    told: list[tuple[Message, ...]] = []
    runs = [threading.Thread(target=lambda: told.append(decided(store, Outcome.FAIL))) for _ in range(4)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sorted(map(len, told)) == [0, 0, 0, 1]


def test_what_is_remembered_is_the_newest_state_of_every_topic(store: EvidenceStore):
    for number, outcome in enumerate([Outcome.FAIL, Outcome.WARN, Outcome.PASS]):
        decided(store, outcome, number)
        decided(store, Outcome.STALE, number, topic="db")
    found: dict[str, State] = {}

    def look(states: dict[str, State]) -> Decision:
        found.update(states)
        return Decision(NOON, {}, ())

    store.tellings.decide(look)
    assert {topic: state.outcome for topic, state in found.items()} == {
        "api": Outcome.PASS,
        "db": Outcome.STALE,
    }


def test_messages_to_a_sink_that_is_no_more_are_settled_as_not_told(store: EvidenceStore):
    (message,) = decided(store, Outcome.FAIL)
    assert store.tellings.drop_all_but(["chat"], at=NOON) == 0
    assert store.tellings.drop_all_but(["alerts"], at=NOON) == 1
    assert store.tellings.waiting() == []
    (attempt,) = store.tellings.attempts([message.key])
    assert (attempt.accepted, attempt.failure) == (False, "the catalogue has no such sink any more")


def test_what_waits_says_since_when_and_why(store: EvidenceStore):
    decided(store, Outcome.FAIL)
    decided(store, Outcome.FAIL, 5, topic="db")
    claim = store.tellings.claim("chat", at=NOON, lease=LEASE)
    assert claim is not None
    store.tellings.record(claim, failed(Failure.REFUSED), at=NOON)
    (waiting,) = store.tellings.waiting()
    assert (waiting.messages, waiting.since, waiting.attempts) == (2, NOON, 1)
    assert waiting.failure == "it did not accept the message"


def test_a_test_is_tried_once_whatever_becomes_of_it(store: EvidenceStore):
    notice = Notice(
        key="k", topic="test", event=Event.TEST, outcome=Outcome.PASS, because="a test", at=NOON, sinks=("chat",)
    )
    store.tellings.enqueue([message_to("chat", (notice,))], at=NOON)
    claim = store.tellings.claim("chat", at=NOON, lease=LEASE)
    assert claim is not None
    store.tellings.record(claim, failed(Failure.REFUSED), at=NOON)
    assert store.tellings.waiting() == []


def test_a_state_that_nobody_here_wrote_is_refused_in_one_line(store: EvidenceStore, url: str):
    decided(store, Outcome.FAIL)
    with past_the_store(url) as connection:
        connection.execute(text("INSERT INTO topic_states SELECT topic, 2, at, '{\"mood\": 1}' FROM topic_states"))
    with pytest.raises(StoreError, match="what was told of api cannot be read"):
        decided(store, Outcome.FAIL)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE topics SET name = 'another'",
        "UPDATE topic_states SET state = '{}'",
        "DELETE FROM topic_states",
        "UPDATE messages SET content = '{}'",
        "UPDATE messages SET settled_at = NULL",
        "DELETE FROM messages",
        "UPDATE deliveries SET accepted = 'yes'",
        "UPDATE deliveries SET ended_at = NULL, accepted = NULL, delivered = NULL, failure = NULL",
        "DELETE FROM deliveries",
    ],
)
def test_what_was_told_cannot_be_changed(store: EvidenceStore, url: str, statement: str):
    decided(store, Outcome.FAIL)
    claim = store.tellings.claim("chat", at=NOON, lease=LEASE)
    assert claim is not None
    store.tellings.record(claim, ACCEPTED, at=NOON)
    with pytest.raises(DBAPIError, match="is append-only"), past_the_store(url) as connection:
        connection.execute(text(statement))
