"""Telling a real Alertmanager: accepted is one thing, and delivered is what it shows afterwards."""

import json
from collections.abc import Iterator

import httpx
import pytest

from checks.outcome import Outcome
from checks.telling.deliveries import Delivered, Failure
from checks.telling.round import message_to
from tasks.collectors.sources import HttpAccess
from tasks.notify.alertmanager import alerts_of, tell
from tests.hostile_server import HostileServer
from tests.tasks.drills.test_alert import alertmanager, needs_alertmanager
from tests.tasks.notify.making import speaker, told
from tests.tasks.serving import free_port


@pytest.fixture(scope="module")
def alerts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager"), f"http://127.0.0.1:{free_port()}/") as url:
        yield url


def access(url: str, seconds: float = 5) -> HttpAccess:
    return HttpAccess("alerts", url, {}, seconds, 10_000_000)


def shown(url: str, topic: str) -> list[dict[str, dict[str, str]]]:
    found = httpx.get(f"{url}/api/v2/alerts", trust_env=False).json()
    return [alert for alert in found if alert["labels"]["topic"] == topic]


def silence(url: str, topic: str) -> None:
    matcher = {"name": "topic", "value": topic, "isRegex": False, "isEqual": True}
    asked = {"matchers": [matcher], "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
    asked |= {"createdBy": "ops", "comment": "quiet"}
    assert httpx.post(f"{url}/api/v2/silences", json=asked, trust_env=False).status_code == 200


@needs_alertmanager
async def test_a_failure_is_accepted_and_found_there_by_its_nonce(alerts: str):
    (message,) = told(Outcome.FAIL, topic="found")
    delivery = await tell(message, access(alerts), speaker())
    assert (delivery.accepted, delivery.delivered, delivery.failure) == (True, Delivered.YES, None)
    (alert,) = shown(alerts, "found")
    assert alert["annotations"]["readiness_nonce"] == message.key
    assert alert["labels"]["severity"] == "major"


@needs_alertmanager
async def test_a_change_is_of_the_same_alert_and_its_end_takes_it_away(alerts: str):
    fired, worse, ended = told(Outcome.WARN, Outcome.FAIL, Outcome.PASS, topic="changing")
    assert (await tell(fired, access(alerts), speaker())).delivered is Delivered.YES
    assert (await tell(worse, access(alerts), speaker())).delivered is Delivered.YES
    (alert,) = shown(alerts, "changing")
    assert alert["annotations"]["outcome"] == "FAIL"
    end = await tell(ended, access(alerts), speaker())
    assert (end.accepted, end.delivered, end.settled) == (True, Delivered.UNKNOWN, True)
    assert shown(alerts, "changing") == []


@needs_alertmanager
async def test_what_fired_and_ended_before_it_could_be_told_never_stands_there(alerts: str):
    notices = tuple(message.notices[0] for message in told(Outcome.FAIL, Outcome.PASS, topic="over"))
    delivery = await tell(message_to("alerts", notices), access(alerts), speaker())
    assert delivery.settled
    assert shown(alerts, "over") == []


@needs_alertmanager
async def test_a_silenced_alert_is_there_all_the_same(alerts: str):
    silence(alerts, "silenced")
    (message,) = told(Outcome.FAIL, topic="silenced")
    assert (await tell(message, access(alerts), speaker())).delivered is Delivered.YES


async def test_an_alertmanager_that_accepts_and_shows_nothing_has_not_been_told():
    async with HostileServer() as server:
        server.put("/api/v2/alerts", "[]")
        server.put(listing(), "[]")
        (message,) = told(Outcome.FAIL)
        delivery = await tell(message, access(server.url), speaker())
    assert delivery.accepted
    assert delivery.delivered is Delivered.NO
    assert delivery.failure is Failure.NOT_SHOWN
    assert not delivery.settled


async def test_an_alert_that_stands_there_from_an_earlier_message_is_not_this_one():
    (message,) = told(Outcome.FAIL)
    shown_of_yesterday = [{"labels": {"topic": "api"}, "annotations": {"readiness_nonce": "an earlier one"}}]
    async with HostileServer() as server:
        server.put("/api/v2/alerts", "")
        server.put(listing(), json.dumps(shown_of_yesterday))
        earlier = await tell(message, access(server.url, 1), speaker())
        shown_of_yesterday[0]["annotations"]["readiness_nonce"] = message.key
        server.put(listing(), json.dumps(shown_of_yesterday))
        this = await tell(message, access(server.url, 1), speaker())
    assert (earlier.delivered, earlier.failure) == (Delivered.NO, Failure.NOT_SHOWN)
    assert this.delivered is Delivered.YES


async def test_an_end_that_is_accepted_while_the_alert_still_stands_is_not_delivered():
    _, ended = told(Outcome.FAIL, Outcome.PASS)
    async with HostileServer() as server:
        server.put("/api/v2/alerts", "")
        server.put(listing(), '[{"labels": {"topic": "api"}, "annotations": {}}]')
        delivery = await tell(ended, access(server.url, 1), speaker())
    assert (delivery.accepted, delivery.delivered, delivery.failure) == (True, Delivered.NO, Failure.STILL_SHOWN)


@pytest.mark.parametrize("body", ["", "{", "{}", "[1]", "null", '[{"labels": 1}]', "[" * 100_000])
async def test_a_list_of_alerts_that_cannot_be_read_shows_nothing(body: str):
    (message,) = told(Outcome.FAIL)
    async with HostileServer() as server:
        server.put("/api/v2/alerts", "")
        server.put(listing(), body)
        delivery = await tell(message, access(server.url, 0.3), speaker())
    assert (delivery.accepted, delivery.delivered, delivery.failure) == (True, Delivered.NO, Failure.NOT_SHOWN)


async def test_one_that_refuses_or_is_not_there_has_accepted_nothing():
    (message,) = told(Outcome.FAIL)
    async with HostileServer() as server:
        server.put("/api/v2/alerts", "no", status="400 Bad Request")
        refused = await tell(message, access(server.url), speaker())
    away = await tell(message, access(f"http://127.0.0.1:{free_port()}"), speaker())
    nowhere = await tell(message, access("not an address/hush"), speaker())
    assert [(one.accepted, one.failure) for one in (refused, away, nowhere)] == [
        (False, Failure.REFUSED),
        (False, Failure.NO_ANSWER),
        (False, Failure.NO_ADDRESS),
    ]
    assert "hush" not in nowhere.because


def test_the_labels_of_an_alert_stay_the_same_until_it_ends():
    labels = [alerts_of(message, speaker())[0]["labels"] for message in told(Outcome.WARN, Outcome.FAIL, Outcome.PASS)]
    assert labels[0] == labels[1] == labels[2]


def test_an_alert_that_stands_does_not_end_by_itself():
    (message,) = told(Outcome.FAIL)
    (alert,) = alerts_of(message, speaker())
    assert alert["endsAt"] > "2027-06"
    assert alert["startsAt"] < alert["endsAt"]


def listing() -> str:
    from tasks.notify.alertmanager import _listing

    return _listing(speaker())
