"""Load: which requests count as taken, and whether a server closes what its clients keep open."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from checks.kinds.drill import SendSignal
from checks.kinds.restart import Load, RestartCheck
from checks.places import Place
from tasks.collectors import restart
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_failures import NO_PORT
from tasks.collectors.sources import HttpAccess, Sources
from tasks.drills.answers import Sample
from tasks.drills.course import DrillFacts, StepFacts
from tasks.drills.load import SETTLED_SECONDS, IdleConnection, Request, Traffic
from tasks.drills.restart import RestartFacts
from tasks.drills.service_database import WriteFacts
from tests.loopback import LoopbackServer
from tests.resolving import leading


async def test_a_connection_that_the_server_keeps_open_is_not_drained():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    async with LoopbackServer(answer) as server:
        idle = IdleConnection(HttpAccess("api", server.url, {}, 1, 1000), Place("api", "/version"))
        await idle.open()
        assert await idle.closed_within(0.1) is False
        assert idle.cause == "a connection on which nothing went on is still open after 0.1 s"
        await idle.close()


async def test_no_connection_is_kept_open_to_a_metadata_address(monkeypatch: pytest.MonkeyPatch):
    leading(monkeypatch, **{"api.test": ("127.0.0.1", "fd00:ec2::254")})

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    async with LoopbackServer(answer) as server:
        url = server.url.replace("127.0.0.1", "api.test")
        idle = IdleConnection(HttpAccess("api", url, {}, 1, 1000), Place("api", "/version"))
        await idle.open()
    assert await idle.closed_within(0.1) is None
    assert str(idle.cause).startswith("no connection could be kept open: it leads to fd00:ec2::254")


async def test_a_connection_that_was_never_made_shows_nothing():
    idle = IdleConnection(HttpAccess("api", "http://127.0.0.1:9", {}, 1, 1000), Place("api", "/version"))
    await idle.open()
    assert await idle.closed_within(0.1) is None
    assert (idle.cause or "").startswith("no connection could be kept open")


def request(began: float, seconds: float, **more: object) -> Request:
    told = {"place": "api:/slow", "accepted": began + 0.001, "http": 200, **more}
    return Request.model_validate({**told, "began": began, "seconds": seconds})


def test_in_flight_is_what_the_service_had_taken_and_not_yet_answered():
    load = [
        request(0.0, 0.5),  # answered before
        request(0.5, 1.0),
        request(0.6, 0.9, http=None, no_answer="the connection was reset"),
        request(0.99, 1.0, http=None, no_answer="reset"),  # perhaps only the kernel had taken it
        request(0.5, 2.0, accepted=None, http=None, no_answer="refused"),
    ]
    columns = restart._load(load, RestartFacts(stopped_at=1.0))
    assert (columns["in_flight"], columns["completed"], columns["turned_away"]) == (2, 1, 1)
    assert columns["broken_cause"] == "api:/slow: the connection was reset"


def test_a_write_that_was_acknowledged_and_is_not_there_is_lost():
    load = [
        request(0, 1, key="k-1"),
        request(0, 1, key="k-2"),
        request(2, 1, key="k-1"),
        request(0, 1, key="k-3", http=400),
    ]
    seen = RestartFacts(stopped_at=1.0, writes=WriteFacts(counts={"k-1": 2}))
    columns = restart._writes(load, seen)
    assert (columns["writes"], columns["repeats"], columns["doubled"], columns["lost"]) == (2, 1, 1, 1)
    assert columns["writes_cause"] == "k-1 2 times, k-2 not at all"


def test_where_no_write_was_acknowledged_repetitions_show_nothing():
    load = [request(0, 1, key="k-1", http=400), request(0, 1, key="k-1", http=400)]
    assert restart._writes(load, RestartFacts(writes=WriteFacts()))["repeats"] == 0


@asynccontextmanager
async def traffic(answering: float, load: Load, arrived: Callable[[float], object] = lambda _: None):
    """Load on a server that takes so many seconds for each answer, and tells of each request when it arrived."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived(asyncio.get_running_loop().time())
        await asyncio.sleep(answering)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with LoopbackServer(answer) as server, asyncio.timeout(60):
        sources = Sources({"api": HttpAccess("api", server.url, {}, 10, 1000)})
        http = HttpClient(lambda: datetime.now(UTC))
        going = Traffic(sources, http, asyncio.get_running_loop().time)
        going.start(load, None)
        yield going
        await going.stop()
        await http.aclose()


async def test_workers_do_not_ask_in_step():
    """In step, all would be between two requests when the service is asked to end, and nothing would be in flight."""
    arrived: asyncio.Queue[float] = asyncio.Queue()
    async with traffic(60, Load(requests=(Place("api", "/slow"),), workers=4), arrived.put_nowait):
        arrivals = [await arrived.get() for _ in range(4)]
    assert max(arrivals) - min(arrivals) > SETTLED_SECONDS


async def test_a_moment_with_enough_requests_in_flight_is_waited_for():
    now, arrived = asyncio.get_running_loop().time, asyncio.Queue[float]()
    async with traffic(0.5, Load(requests=(Place("api", "/slow"),), workers=2), arrived.put_nowait) as going:
        for _ in range(5):
            assert await going.in_flight(2, within=30)
            stopped_at = now()
            while await arrived.get() < stopped_at + 0.6:  # longer than both were still under way
                pass
            assert restart._load(going.requests, RestartFacts(stopped_at=stopped_at))["in_flight"] == 2


async def test_where_nothing_is_in_flight_the_wait_ends():
    http = HttpClient(lambda: datetime.now(UTC))
    assert not await Traffic(Sources({}), http, asyncio.get_running_loop().time).in_flight(1, within=0.05)


async def test_a_connection_that_the_server_closes_by_itself_shows_nothing_of_how_it_ends():
    """As a server does that lets go of a connection after some seconds without a request."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with LoopbackServer(answer) as server:
        idle = IdleConnection(HttpAccess("api", server.url, {}, 1, 1000), Place("api", "/version"))
        await idle.open()
        await asyncio.sleep(0.2)
        assert await idle.closed_within(5) is None
        assert idle.cause == "a connection on which nothing went on was closed before, so nothing is shown of it"
        await idle.close()


BY_COMMAND = RestartCheck.model_validate(
    {
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "stop": {"run": "stopper"},
        "load": {"requests": ["api:/slow"]},
    }
)
BY_SIGNAL = BY_COMMAND.model_copy(update={"stop": SendSignal(process=Place("files", "pid"))})
STOPPED = StepFacts(name="stop", shown="stop", began=1.0, seconds=0.1, ended=True, succeeded=True)


def effect(check: RestartCheck, load: list[Request], status: str = "pass", **seen: object) -> dict[str, object]:
    facts = DrillFacts.model_validate(
        {
            "environment": "x",
            "executor": "y",
            "declared_at": datetime.now(UTC),
            "abort_condition": "z",
            "declared": ("stop",),
            "steps": (STOPPED,),
        }
    )
    answers = [
        {"place": "api:/health", "began": 1.2, "seconds": 0.01, "http": 200, "body": f'{{"status": "{status}"}}'},
        {"place": "api:/version", "began": 1.2, "seconds": 0.01, "http": 200, "body": '{"version": "v1"}'},
    ]
    sample = Sample.model_validate({"phase": "back", "answers": answers})
    return restart._effect(check, facts, [sample], load, RestartFacts.model_validate({"stopped_at": 1.0, **seen}))


def test_a_command_that_ends_nothing_has_no_effect_though_everything_is_answered():
    load = [request(0.5, 1.0), request(1.2, 0.1)]
    assert effect(BY_COMMAND, load) == {"disturbed": False, "exit_seconds": 0.5}


@pytest.mark.parametrize(
    "seen",
    [
        {"check": BY_SIGNAL},
        {"load": [request(1.2, 0.0, accepted=None, http=None, no_answer="the connection was refused")]},
        {"status": "fail"},
        {"sessions": {"before": (7,), "left": ()}},
    ],
)
def test_what_shows_that_a_service_ended(seen: dict[str, Any]):
    assert effect(**{"check": BY_COMMAND, "load": [], **seen})["disturbed"] is True


@pytest.mark.parametrize(
    "seen",
    [
        {"load": [request(0.2, 0.0, accepted=None, http=None, no_answer="the connection was refused")]},
        {"load": [request(1.2, 0.0, accepted=None, http=None, no_answer=NO_PORT)]},
        {"sessions": {"before": (), "left": ()}},
        {"sessions": {"before": (7,), "left": (7,)}},
    ],
)
def test_what_shows_nothing_of_the_kind(seen: dict[str, Any]):
    assert effect(**{"check": BY_COMMAND, "load": [], **seen})["disturbed"] is False
