"""A thousand sources of which a third is down: each is told apart, and they hold nobody up."""

import asyncio
import time
from collections import Counter

import pytest

from checks.kinds.health import HealthCheck, HealthRow
from checks.places import Place
from tasks.collect import _collect_all
from tasks.collectors import turns
from tasks.collectors.health import HealthCollector
from tasks.collectors.http_client import CONCURRENCY, HttpClient
from tasks.collectors.redacting import Redactor
from tasks.collectors.sources import HttpAccess, Sources
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import closed_port, http_source, named, now

TIMEOUT = 5.0
LIMIT = 200_000
MANY = {"good": 700, "refused": 170, "silent": 150, "never-ends": 30}
SAID = {
    None: "good",
    "the connection was refused": "refused",
    f"{TIMEOUT:g} s passed before it answered": "silent",
    f"its body is larger than {LIMIT} bytes; the first 65536 of them are kept": "never-ends",
}


def checks(ways: dict[str, int]) -> list[HealthCheck]:
    """So many checks of each way of answering, mixed as evenly as they can be."""
    every = [((number + 0.5) / count, way, number) for way, count in ways.items() for number in range(count)]
    return [
        named(HealthCheck(endpoints=(Place("gone" if way == "refused" else "api", f"/{way}?{number}"),)))
        for _, way, number in sorted(every)
    ]


def sources(url: str) -> Sources:
    gone = HttpAccess("gone", f"http://127.0.0.1:{closed_port()}", {}, TIMEOUT, LIMIT)
    return Sources({"api": http_source(url, timeout=TIMEOUT, limit=LIMIT), "gone": gone})


async def asked(server: HostileServer, ways: dict[str, int]) -> tuple[Counter[str], float]:
    """How many answered in which way, and how long it took to ask them all."""
    began = time.perf_counter()
    collected = await _collect_all(
        checks(ways), lambda: HealthCollector(sources(server.url), now, http=HttpClient(now)), Redactor
    )
    took = time.perf_counter() - began
    rows = [row for one in collected if one.evidence for row in one.evidence.rows if isinstance(row, HealthRow)]
    return Counter(SAID.get(row.no_answer, row.no_answer or "") for row in rows), took


async def test_each_of_a_thousand_is_told_apart_and_those_that_hang_wait_side_by_side(server: HostileServer):
    """One after the other at `CONCURRENCY` a time, 150 that hang would take five times the time limit."""
    found, healthy = await asked(server, {"good": sum(MANY.values())})
    assert found == {"good": sum(MANY.values())}
    found, took = await asked(server, MANY)
    assert found == MANY
    assert took < 2 * healthy + TIMEOUT + (MANY["silent"] / CONCURRENCY + 2) * turns._PATIENCE


async def test_more_than_may_be_under_way_at_a_time_are_all_asked_in_the_end(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "MOST", CONCURRENCY + 8)
    monkeypatch.setattr(turns, "_PATIENCE", 0.1)
    hanging = CONCURRENCY + 20
    found, took = await asked(server, {"silent": hanging, "good": 10})
    assert found == {"silent": hanging, "good": 10}
    assert took > 2 * TIMEOUT


async def test_a_turn_that_was_given_up_is_not_given_back_twice(server: HostileServer):
    """Else every source that hung would let one more in, for good."""
    http = HttpClient(now, concurrency=2)
    access = http_source(server.url, timeout=1.2)
    for _ in range(2):
        await http.get(access, "/silent")
    assert http._turns.free._value == 2


async def test_while_this_process_has_no_time_itself_nobody_is_taken_to_wait_in_vain():
    """Else a busy machine asks ever more at a time, is slower still, and takes that for failures of others."""
    many = turns.Turns(2)
    together = most = 0

    async def answered() -> None:
        nonlocal together, most
        async with many.one():
            together += 1
            most = max(most, together)
            await asyncio.sleep(0.2)
            together -= 1

    asking = [asyncio.create_task(answered()) for _ in range(6)]
    await asyncio.sleep(0.1)
    time.sleep(2 * turns._PATIENCE)  # noqa: ASYNC251 (this is what it is about)
    await asyncio.gather(*asking)
    assert most == 2
