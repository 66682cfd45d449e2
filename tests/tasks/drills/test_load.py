"""Load: which requests count as taken, and whether a server closes what its clients keep open."""

import asyncio
from datetime import UTC, datetime

from checks.kinds.restart import Load
from checks.places import Place
from tasks.collectors import restart
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import HttpAccess, Sources
from tasks.drills.load import IdleConnection, Request, Traffic
from tasks.drills.restart import RestartFacts
from tasks.drills.service_database import WriteFacts
from tests.loopback import LoopbackServer


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
        idle.close()


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


async def test_workers_do_not_ask_in_step():
    """In step, all would be between two requests when the service is asked to end, and nothing would be in flight."""
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.put_nowait(asyncio.get_running_loop().time())
        await asyncio.sleep(60)

    async with LoopbackServer(answer) as server:
        sources = Sources({"api": HttpAccess("api", server.url, {}, 10, 1000)})
        http = HttpClient(lambda: datetime.now(UTC))
        traffic = Traffic(sources, http, asyncio.get_running_loop().time)
        traffic.start(Load(requests=(Place("api", "/slow"),), workers=4), None)
        async with asyncio.timeout(60):
            arrivals = [await arrived.get() for _ in range(4)]
        await traffic.stop()
        await http.aclose()
    assert max(arrivals) - min(arrivals) > restart._SETTLED_SECONDS
