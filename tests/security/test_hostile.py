"""Every collector that asks over HTTP, against a server that answers as attackers and broken proxies do.

Whatever comes, it ends within its limit, takes little room, says in its own words what was wrong, and passes nothing.
"""

import asyncio
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.catalog import Check
from checks.expectations.registry import SUITES
from checks.kinds.registry import KINDS
from checks.outcome import Outcome
from tasks.collectors.asking import Collected, collect_one
from tasks.collectors.http_client import HttpClient
from tasks.collectors.registry import collector_of
from tests.checks.expectations.judging import Example, verdicts
from tests.hostile_server import GOOD, HOSTILE, HostileServer
from tests.tasks.collectors.asking import http_source, named, now, sources
from tests.tasks.collectors.test_health import Authority

TIMEOUT = 0.5
LIMIT = 200_000
LONGEST_SECONDS = 60
"""For all exchanges of one collector together, with a server that works as hard beside it."""
ROOM = 60_000_000
"""Bytes that all exchanges with the server may take at the same time, there and here; none may hold what never ends."""

WAYS = (
    *HOSTILE,
    *("/never-ends", "/drips", "/silent", "/cut", "/half-closed", "/resets", "/closes", "/gibberish", "/huge-headers"),
    *("/gzip-bomb", "/redirects"),
)
TOLD = {
    "/drips-headers": "0.5 s passed before it answered",
    "/endless-headers": "its headers are too large",
    "/length-too-long": "0.5 s passed before its body ended",
    "/more-than-its-length": "more follows behind its end",
    "/two-lengths": "no valid HTTP",
    "/negative-length": "no valid HTTP",
    "/length-in-words": "no valid HTTP",
    "/length-and-chunks": "it tells its length in two ways",
    "/chunked-garbage": "no valid HTTP",
    "/chunk-too-large": "0.5 s passed before its body ended",
    "/endless-chunk-size": "its headers are too large",
    "/endless-trailers": "its headers are too large",
    "/unknown-transfer": "no valid HTTP",
    "/interim-flood": "more than 20 interim answers",
    "/http-0.9": "0.5 s passed before it answered",
    "/status-of-none": "no valid HTTP",
    "/nul-in-header": "no valid HTTP",
    "/nameless-header": "no valid HTTP",
    "/never-ends": "its body is larger than 200000 bytes; the first 65536 of them are kept",
    "/drips": "0.5 s passed before its body ended",
    "/silent": "0.5 s passed before it answered",
    "/closes": "the connection was closed before it answered",
    "/gibberish": "no valid HTTP",
    "/huge-headers": "its headers are too large",
}
"""What is said of an exchange that came to nothing, word for word where an operator has to act on it."""

CHECKS: dict[str, Callable[[str], dict[str, Any]]] = {
    "health": lambda at: {"endpoints": [at], "expect": {"status": ["pass"]}},
    "http-contract": lambda at: {"steps": {"asked": {"call": at, "expect": {"equals": {"status": "pass"}}}}},
    "metrics": lambda at: {"document": at, "expect": {"values": [{"metric": "queue", "max": 1}]}},
    "freshness": lambda at: {"document": at, "expect": {"max_age": "10m", "status": ["pass"]}},
    "documents": lambda at: {"documents": [at]},
    "test-results": lambda at: {"results": [at], "expect": {"max_age": "1d"}},
    "audit": lambda at: {"reports": [at], "tool": "pip-audit", "expect": {"max_age": "1d"}},
    "sbom": lambda at: {"document": at, "expect": {"max_age": "1d"}},
    "secrets": lambda at: {"register": at},
    "listening-sockets": lambda at: {"listing": [at]},
    "configuration": lambda at: {"documents": {"one": {"at": at, "equals": {"status": "pass"}}}},
    "releases": lambda at: {"version": {"at": at}, "of": {"manifest": {"document": at, "commit": "commit"}}},
    "signatures": lambda at: {
        "artefacts": {"one": {"file": at}},
        "keys": {"release": "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"},
    },
    "container": lambda at: {"compose": at, "services": {"api": {}}},
    "backup-tool": lambda at: {"tool": "restic", "of": "main", "reports": {"backups": at}},
}
KIND = {kind.model_fields["kind"].default: kind for kind in KINDS}
SUITE = {suite.kind: suite for suite in SUITES}


@pytest.fixture
async def server() -> AsyncIterator[HostileServer]:
    async with HostileServer() as running:
        yield running


async def asked(kind: str, server: HostileServer, paths: tuple[str, ...]) -> list[Collected]:
    """What a collector brings of each path, all of them asked at the same time."""
    access = sources(server.url, timeout=TIMEOUT, limit=LIMIT)
    collector = collector_of(kind)(access, now)  # type: ignore[call-arg]
    checks: list[Check] = [
        named(KIND[kind].model_validate(CHECKS[kind](f"api:{path}")), f"check-{number}")
        for number, path in enumerate(paths)
    ]
    try:
        return list(await asyncio.gather(*(collect_one(collector, check) for check in checks)))
    finally:
        await collector.aclose()


@pytest.mark.parametrize("kind", CHECKS)
async def test_whatever_comes_nothing_passes_within_the_limits(kind: str, server: HostileServer):
    tracemalloc.start()
    began = time.monotonic()
    collected = await asked(kind, server, WAYS)
    took, (_, most) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < LONGEST_SECONDS
    assert most < ROOM
    brought = [one for one in collected if one.evidence is not None]
    assert [one.failure for one in collected if one.evidence is None and "broke" in (one.failure or "broke")] == []
    judged = verdicts(SUITE[kind], [Example(one.check, one.evidence.rows) for one in brought if one.evidence])
    for one, found in zip(brought, judged, strict=True):
        assert found, WAYS[collected.index(one)]
        for verdict in found:
            assert verdict.outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING, Outcome.INCONCLUSIVE), (
                WAYS[collected.index(one)],
                verdict.because,
            )
            assert verdict.because


async def test_a_good_answer_of_the_same_server_passes(server: HostileServer):
    """What is refused above is refused for what is wrong with it."""
    server.put("/fine", GOOD)
    (collected,) = await asked("health", server, ("/fine",))
    assert collected.evidence
    ((verdict,),) = verdicts(SUITE["health"], [Example(collected.check, collected.evidence.rows)])
    assert verdict.outcome is Outcome.PASS


@pytest.mark.parametrize("path", TOLD)
async def test_each_way_of_being_no_answer_has_its_own_words(path: str, server: HostileServer):
    exchange = await HttpClient(now).get(http_source(server.url, timeout=TIMEOUT, limit=LIMIT), path)
    assert TOLD[path] in (exchange.no_answer or "")
    assert len(exchange.body) <= LIMIT


async def test_no_redirect_is_followed_anywhere(server: HostileServer):
    access = http_source(server.url, timeout=TIMEOUT, X_Credential="open-sesame")
    for path in [path for path in WAYS if "redirects" in path]:
        before = len(server.requests)
        exchange = await HttpClient(now).get(access, path)
        assert exchange.status in (301, 302, 307)
        assert len(server.requests) == before + 1


async def test_a_server_that_listens_and_never_accepts_is_given_up():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        exchange = await HttpClient(now).get(http_source(url, timeout=0.3), "/")
    assert exchange.no_answer == "0.3 s passed before it answered"


async def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path):
    authority = Authority(tmp_path, given_to="other.test")
    async with HostileServer(authority.context(datetime.now(UTC) + timedelta(days=5))) as server:
        client = HttpClient(now, trust=authority.trust)
        exchange = await client.get(http_source(server.url, timeout=2), "/good")
    assert "its certificate is not trusted" in (exchange.no_answer or "")
    assert "127.0.0.1" in (exchange.no_answer or "")
