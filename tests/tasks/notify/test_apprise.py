"""Telling through Apprise, for real: its answer is that it was accepted, and no more."""

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from checks.outcome import Outcome
from checks.telling.deliveries import Delivered, Failure
from tasks.notify.apprise_sink import tell
from tasks.notify.sinks import AppriseAccess
from tests.tasks.notify.making import speaker, told
from tests.tasks.notify.receiving import receiver
from tests.tasks.serving import free_port


async def test_a_message_is_accepted_and_nothing_more_can_be_shown():
    (message,) = told(Outcome.FAIL, sink="chat")
    with receiver() as sink:
        delivery = await tell(message, AppriseAccess(f"json://127.0.0.1:{sink.port}/hook"), speaker())
    assert (delivery.accepted, delivery.delivered, delivery.settled) == (True, Delivered.UNKNOWN, True)
    (body,) = sink.bodies
    assert body["title"] == "desk in test: 1 fired"
    assert body["message"].startswith("FAIL api: so it is, since ")
    assert body["type"] == "failure"


async def test_a_service_that_refuses_has_accepted_nothing():
    (message,) = told(Outcome.FAIL, sink="chat")
    with receiver() as sink:
        sink.status = 500
        refused = await tell(message, AppriseAccess(f"json://127.0.0.1:{sink.port}/"), speaker())
    away = await tell(message, AppriseAccess(f"json://127.0.0.1:{free_port()}/"), speaker())
    assert [(one.accepted, one.failure) for one in (refused, away)] == [(False, Failure.REFUSED)] * 2


@pytest.mark.parametrize("address", ["json://169.254.169.254/", "rsyslog://100.100.100.200"])
async def test_a_service_at_a_metadata_address_is_said_to_be_there(address: str):
    (message,) = told(Outcome.FAIL, sink="chat")
    delivery = await tell(message, AppriseAccess(address), speaker())
    assert (delivery.accepted, delivery.failure) == (False, Failure.NO_ANSWER)
    assert "a link-local or metadata address, which is not asked" in delivery.because


@pytest.mark.parametrize("scheme", ["json", "rsyslog"])
def test_whatever_a_service_s_library_does_no_socket_goes_to_a_metadata_address(scheme: str):
    asked = {"url": f"{scheme}://192.0.0.192", "tag": None, "title": "a", "body": "b", "bad": True}
    program = [sys.executable, "-m", "tasks.notify.apprise_program"]
    said = subprocess.run(program, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(said.stdout) == {
        "added": True,
        "said": False,
        "barred": "it leads to 192.0.0.192, a link-local or metadata address, which is not asked",
    }


@pytest.mark.parametrize("address", ["nothing-that-apprise-knows://x", "", "json://"])
async def test_an_address_that_apprise_does_not_know_is_named_as_that_and_not_repeated(address: str):
    (message,) = told(Outcome.FAIL, sink="chat")
    delivery = await tell(message, AppriseAccess(address), speaker())
    assert (delivery.accepted, delivery.failure) == (False, Failure.NO_ADDRESS)
    assert "apprise-knows" not in delivery.because


async def test_a_configuration_in_which_no_service_has_the_tag_is_a_failure_with_a_name_of_its_own(tmp_path: Path):
    (message,) = told(Outcome.FAIL, sink="chat")
    with receiver() as sink:
        config = tmp_path / "apprise.yml"
        service = f"  - json://127.0.0.1:{sink.port}/:\n    - tag: "
        config.write_text(f"urls:\n{service}desk\n{service}always\n")  # a tag that Apprise means for everything
        theirs = await tell(message, AppriseAccess(config.as_uri(), tag="desk"), speaker())
        nobodys = await tell(message, AppriseAccess(config.as_uri(), tag="data"), speaker())
    assert theirs.accepted
    assert len(sink.bodies) == 1
    assert (nobodys.accepted, nobodys.failure) == (False, Failure.NO_TAG_MATCHED)


async def test_what_tells_finds_none_of_our_secrets_in_its_environment(monkeypatch: pytest.MonkeyPatch):
    from tasks.notify import apprise_sink

    found = apprise_sink._environment({"PATH": "/bin", "DESK_TOKEN": "hush", "https_proxy": "http://proxy:3128"})
    assert found == {"PATH": "/bin", "https_proxy": "http://proxy:3128"}


def test_a_program_whose_time_is_over_is_killed():
    import asyncio

    from tests.tasks.notify.receiving import silent

    (message,) = told(Outcome.FAIL, sink="chat")

    async def impatient(port: int) -> None:
        async with asyncio.timeout(2):
            await tell(message, AppriseAccess(f"json://127.0.0.1:{port}/?cto=60&rto=60"), speaker())

    with silent() as port:
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            asyncio.run(impatient(port))
        assert time.monotonic() - began < 20
    assert not [child for child in psutil.Process().children() if "apprise_program" in " ".join(child.cmdline())]
