"""The heartbeat: one request under a time limit, and its address in no word."""

import time
from datetime import timedelta

import pytest

from checks.telling.deliveries import Delivery, Failure
from tasks.notify.heartbeat import beat
from tests.tasks.notify.making import now
from tests.tasks.notify.receiving import receiver, silent
from tests.tasks.serving import free_port


def beaten(address: str, seconds: float = 5) -> Delivery:
    return beat("${BEAT}", {"BEAT": address}, timeout=timedelta(seconds=seconds), now=now)


def test_the_switch_hears_the_very_address_that_was_given():
    with receiver() as switch:
        assert beaten(f"http://127.0.0.1:{switch.port}/ping/hush?rid=1") == Delivery(accepted=True)
        assert beaten(f"http://127.0.0.1:{switch.port}/hush/") == Delivery(accepted=True)
    assert switch.paths == ["/ping/hush?rid=1", "/hush/"]


def test_a_switch_that_refuses_has_heard_nothing():
    with receiver() as switch:
        switch.status = 404
        assert beaten(f"http://127.0.0.1:{switch.port}/hush").because == "it did not accept the message: HTTP 404"


def test_a_switch_that_never_answers_holds_nobody():
    with silent() as port:
        began = time.monotonic()
        assert beaten(f"http://127.0.0.1:{port}/hush", 0.5).failure is Failure.NO_ANSWER
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("address", ["hush", "ftp://hush/", "http://[hush", "http://"])
def test_an_address_that_is_none_is_named_as_that_and_not_repeated(address: str):
    found = beaten(address)
    assert found.failure is Failure.NO_ADDRESS
    assert "hush" not in found.because


def test_an_address_that_is_not_set_or_not_there_is_named():
    assert beat("${BEAT}", {}, timeout=timedelta(seconds=1), now=now).because.endswith("export BEAT")
    assert beaten(f"http://127.0.0.1:{free_port()}/hush").failure is Failure.NO_ANSWER
