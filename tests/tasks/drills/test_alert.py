"""Alerts: fired through a real Alertmanager and read back at a receiver; accepted is not delivered."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from checks.expectations.alert import ALERT
from checks.kinds.alert import AlertCheck
from checks.outcome import Outcome
from checks.places import Place
from tasks.collectors.alert import AlertCollector
from tasks.collectors.sources import HttpAccess, Sources
from tests.checks.expectations.judging import Example, outcomes
from tests.loopback import LoopbackServer
from tests.tasks.serving import free_port, serving

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
needs_alertmanager = pytest.mark.skipif(PROGRAM is None, reason="Alertmanager is not installed on this machine")


class Sink(LoopbackServer):
    """A receiver: whatever is posted to it stands on its page."""

    def __init__(self, *, echoes: bool = False) -> None:
        super().__init__(self._show)
        self.received: list[bytes] = []
        self.echoes = echoes

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        if head.startswith("post"):
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            self.received.append(await reader.readexactly(length))
        body = head.partition("\r\n")[0].encode() if self.echoes else b"\n".join(self.received)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


@contextmanager
def alertmanager(folder: Path, receiver: str) -> Iterator[str]:
    """A real Alertmanager that sends everything to one webhook."""
    config = folder / "alertmanager.yml"
    route = {"receiver": "sink", "group_wait": "0s", "group_interval": "1s", "group_by": ["..."]}
    sink = {"name": "sink", "webhook_configs": [{"url": receiver}]}
    config.write_text(json.dumps({"route": route, "receivers": [sink]}))
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(PROGRAM),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
        "--log.level=error",
    ]
    with serving(command, url):
        yield url


CHECK = AlertCheck.model_validate(
    {"id": "the-alert", "alertmanager": "alerts", "receiver": "sink:/", "poll": "50ms", "expect": {"within": "3s"}}
)


async def drilled(alerts: str, sink: str, check: AlertCheck = CHECK) -> tuple[Example, dict[str, Outcome]]:
    """Carries the drill out; what does not pass, by expectation."""
    accesses = {name: HttpAccess(name, url, {}, 2, 100_000) for name, url in (("alerts", alerts), ("sink", sink))}
    collector = AlertCollector(Sources(accesses, environment="staging"), lambda: datetime.now(UTC))
    evidence = await collector.collect(check)
    await collector.aclose()
    assert AlertCollector.rows_from(check, evidence.captures) == evidence.rows
    example = Example(check, evidence.rows)
    found = outcomes(ALERT, example)
    return example, {name: outcome for name, outcome in found.items() if outcome is not Outcome.PASS}


@needs_alertmanager
async def test_an_alert_is_accepted_delivered_and_ended(tmp_path: Path):
    async with Sink() as sink:
        with alertmanager(tmp_path, sink.url) as alerts:
            example, unmet = await drilled(alerts, sink.url)
            async with httpx.AsyncClient(trust_env=False) as client:
                active = (await client.get(f"{alerts}/api/v2/alerts")).json()
    assert unmet == {}
    row = example.rows[0]
    assert row.nonce.encode() in sink.received[0]
    assert [span.span for span in example.rows[1:]] == ["fire", "read", "resolve"]
    assert active == []


@needs_alertmanager
async def test_an_alert_with_a_broken_receiver_is_accepted_and_not_delivered(tmp_path: Path):
    async with Sink() as sink:
        with alertmanager(tmp_path, f"http://127.0.0.1:{free_port()}/") as alerts:
            check = CHECK.model_copy(update={"expect": CHECK.expect.model_validate({"within": "500ms"})})
            _, unmet = await drilled(alerts, sink.url, check)
    assert unmet == {"delivered": Outcome.FAIL, "delivery-time": Outcome.INCONCLUSIVE}


async def test_where_nobody_accepts_the_alert_nothing_is_said_of_delivery():
    async with Sink() as sink:
        _, unmet = await drilled(f"http://127.0.0.1:{free_port()}", sink.url)
    assert unmet.pop("accepted") is Outcome.FAIL
    assert set(unmet.values()) == {Outcome.INCONCLUSIVE}


async def test_a_receiver_that_cannot_be_read_is_an_error_of_the_observer():
    async with Sink() as alerts:
        check = CHECK.model_copy(update={"expect": CHECK.expect.model_validate({"within": "200ms"})})
        _, unmet = await drilled(alerts.url, f"http://127.0.0.1:{free_port()}", check)
    assert unmet["receiver"] is Outcome.ERROR
    assert unmet["delivered"] is Outcome.INCONCLUSIVE


async def test_an_alert_that_stands_at_the_receiver_of_an_earlier_drill_is_not_this_one():
    async with Sink() as alerts, Sink() as sink:
        sink.received.append(b'{"readiness_drill": "an earlier nonce"}')
        check = CHECK.model_copy(update={"expect": CHECK.expect.model_validate({"within": "200ms"})})
        _, unmet = await drilled(alerts.url, sink.url, check)
    assert unmet["delivered"] is Outcome.FAIL


async def test_a_receiver_that_repeats_what_it_is_asked_shows_nothing():
    async with Sink() as alerts, Sink(echoes=True) as sink:
        check = CHECK.model_copy(update={"receiver": Place("sink", "/search?q={nonce}")})
        _, unmet = await drilled(alerts.url, sink.url, check)
    assert unmet == {
        "no-echo": Outcome.ERROR,
        "delivered": Outcome.INCONCLUSIVE,
        "delivery-time": Outcome.INCONCLUSIVE,
    }
