"""Delivering: no sink holds a run, none holds another, and what is not taken waits."""

import time

import pytest

from checks.notifications import Notifications
from checks.outcome import Outcome
from checks.telling.deliveries import Delivered, Failure
from tasks.notify import delivering
from tasks.notify.delivering import Delivering
from tests.checks.telling.making import section
from tests.tasks.drills.test_alert import alertmanager, needs_alertmanager
from tests.tasks.notify.making import MemoryOutbox, speaker, told
from tests.tasks.notify.receiving import receiver, silent
from tests.tasks.serving import free_port

CHAT_AND_ALERTS = [*told(Outcome.FAIL, sink="chat"), *told(Outcome.FAIL, sink="alerts")]


def quick(**more: object) -> Notifications:
    return section(**{"timeout": "2s", "overall": "4s"} | more)


def test_sinks_that_never_answer_hold_nobody_longer_than_their_time_and_are_told_again_later():
    outbox = MemoryOutbox(*CHAT_AND_ALERTS)
    with silent() as port:
        variables = {"CHAT": f"json://127.0.0.1:{port}/?cto=60&rto=60", "ALERTS": f"http://127.0.0.1:{port}"}
        began = time.monotonic()
        found = Delivering(quick(), speaker(**variables), outbox).run()
        took = time.monotonic() - began
    assert {one.sink: one.delivery.failure for one in found} == {
        "chat": Failure.TIMED_OUT,
        "alerts": Failure.NO_ANSWER,
    }
    assert took < 4  # both at once, and not one after the other
    assert len(outbox.waiting["chat"]) == len(outbox.waiting["alerts"]) == 1


def test_a_sink_that_hangs_does_not_keep_another_from_being_told():
    outbox = MemoryOutbox(*CHAT_AND_ALERTS)
    with silent() as port, receiver() as sink:
        variables = {"CHAT": f"json://127.0.0.1:{sink.port}/", "ALERTS": f"http://127.0.0.1:{port}"}
        found = Delivering(quick(timeout="4s"), speaker(**variables), outbox).run()
    assert {one.sink: one.delivery.accepted for one in found} == {"chat": True, "alerts": False}
    assert len(sink.bodies) == 1
    assert not outbox.waiting["chat"]


def test_the_time_for_all_is_never_exceeded_however_much_waits():
    outbox = MemoryOutbox(
        *(message for topic in "abcdefgh" for message in told(Outcome.FAIL, sink="chat", topic=topic))
    )
    with silent() as port:
        began = time.monotonic()
        limits = {"timeout": "3s", "overall": "1s"}
        found = Delivering(quick(**limits), speaker(CHAT=f"json://127.0.0.1:{port}/?rto=60"), outbox).run()
        took = time.monotonic() - began
    assert took < 2.5
    assert [one.delivery.failure for one in found] == [Failure.TIMED_OUT]
    assert len(outbox.waiting["chat"]) == 8


def test_a_sinks_messages_are_told_in_order_until_it_takes_one_no_more():
    messages = [*told(Outcome.FAIL, Outcome.PASS, sink="chat"), *told(Outcome.FAIL, sink="chat", topic="db")]
    outbox = MemoryOutbox(*messages)
    with receiver() as sink:
        address = {"CHAT": f"json://127.0.0.1:{sink.port}/"}
        sink.status = 503
        assert [one.delivery.accepted for one in Delivering(quick(), speaker(**address), outbox).run()] == [False]
        sink.status = 200
        sink.bodies.clear()
        found = Delivering(quick(timeout="5s", overall="15s"), speaker(**address), outbox).run()
    assert [one.delivery.accepted for one in found] == [True, True, True]
    assert [body["message"].split(":")[0] for body in sink.bodies] == ["FAIL api", "resolved", "FAIL db"]


def test_an_address_that_is_not_set_is_a_failure_that_names_the_variable():
    outbox = MemoryOutbox(*CHAT_AND_ALERTS)
    found = Delivering(quick(), speaker(), outbox).run()
    assert {one.sink: one.delivery.because for one in found} == {
        "chat": "its address is not set in the environment: export CHAT",
        "alerts": "its address is not set in the environment: export ALERTS",
    }


def test_a_sink_that_breaks_us_is_a_failure_of_that_sink(monkeypatch: pytest.MonkeyPatch):
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("at http://hush@host")

    monkeypatch.setattr(delivering.alertmanager, "tell", broken)
    outbox = MemoryOutbox(*CHAT_AND_ALERTS)
    with receiver() as sink:
        found = Delivering(
            quick(timeout="5s"), speaker(CHAT=f"json://127.0.0.1:{sink.port}/", ALERTS="http://x"), outbox
        ).run()
    told_of = {one.sink: one.delivery for one in found}
    assert told_of["alerts"].because == "telling it broke: ZeroDivisionError"
    assert told_of["chat"].accepted


def test_only_the_messages_that_are_asked_for_are_told():
    outbox = MemoryOutbox(*told(Outcome.FAIL, sink="chat"), *told(Outcome.FAIL, sink="chat", topic="db"))
    key = outbox.waiting["chat"][1].key
    found = Delivering(quick(), speaker(), outbox, keys={key}).run()
    assert [one.message.key for one in found] == [key]


@needs_alertmanager
def test_a_real_alertmanager_and_a_real_service_are_told_side_by_side(tmp_path):
    outbox = MemoryOutbox(*CHAT_AND_ALERTS)
    with receiver() as sink, alertmanager(tmp_path, f"http://127.0.0.1:{free_port()}/") as alerts:
        variables = {"CHAT": f"json://127.0.0.1:{sink.port}/", "ALERTS": alerts}
        found = Delivering(quick(timeout="10s", overall="20s"), speaker(**variables), outbox).run()
    assert {one.sink: (one.delivery.accepted, one.delivery.delivered) for one in found} == {
        "chat": (True, Delivered.UNKNOWN),
        "alerts": (True, Delivered.YES),
    }
