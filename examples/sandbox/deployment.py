"""Deploys a release of the service: the same port, another version, the old one ended gracefully first."""

import http.client
import json
import signal
import sys
import time
from collections.abc import Mapping

from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder
from examples.sandbox.leash import Leashed
from examples.sandbox.ports import HOST, held_port
from examples.sandbox.releases import NEWEST, RELEASES

_START_SECONDS = 20.0


class Deployment:
    """The service process, its release and its port.

    The port stays reserved while nothing listens: a second socket is bound to it and never listens, so that a stopped
    service refuses connections and nobody else can take its place.
    """

    def __init__(self, folder: Folder, *, database_url: str, tokens: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = {"SANDBOX_LEDGER_URL": database_url, **tokens}
        self._running: Leashed | None = None
        self._reserved = held_port(shared=True)
        self._port = int(self._reserved.getsockname()[1])
        self._record(NEWEST)

    @property
    def url(self) -> str:
        """Where the service listens."""
        return f"http://{HOST}:{self._port}"

    @property
    def release(self) -> str:
        """The release that is deployed, whether or not it is running."""
        return self._folder.release.read_text(encoding="ascii").strip()

    def deploy(self, version: str) -> None:
        """Ends the running release, starts the other one, and waits until it has started up."""
        if version not in RELEASES:
            raise SandboxError(f"{version}: no such release; there are {', '.join(RELEASES)}")
        self.stop()
        self._record(version)
        self.resume()

    def stop(self) -> None:
        """Lets the service finish the requests in flight and end."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def resume(self) -> None:
        """Starts the deployed release if nothing runs, and waits until it has started up."""
        self.start()
        self.wait()

    def start(self) -> None:
        """Starts the deployed release if nothing runs, and waits for nothing."""
        if self._running is not None and self._running.has_ended:
            self.stop()
        if self._running is None:
            command = [sys.executable, "-m", "examples.sandbox.service", str(self._folder.root)]
            arguments = [self.release, HOST, str(self._port)]
            log = self._folder.logs / "service.err"
            self._running = Leashed([*command, *arguments], log=log, end=signal.SIGTERM, env=self._env)
            self._folder.process.write_text(f"{self._running.pid}\n", encoding="ascii")

    def wait(self) -> None:
        """Waits until the service has started up."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._has_started():
            if self._running is not None:
                self._running.check()
            if time.monotonic() > deadline:
                raise SandboxError("the service does not start; see logs/service.err in the sandbox's folder")
            time.sleep(0.02)

    def close(self) -> None:
        """Stops the service and gives the port back."""
        self.stop()
        self._reserved.close()

    def _record(self, version: str) -> None:
        self._folder.release.write_text(f"{version}\n", encoding="ascii")

    def _has_started(self) -> bool:
        asking = http.client.HTTPConnection(HOST, self._port, timeout=5)
        try:
            asking.request("GET", "/startupz")
            return bool(json.load(asking.getresponse())["status"] == "pass")
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asking.close()
