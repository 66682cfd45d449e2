"""A real Prefect server for the flows' tests, and one way to run a cadence in a home of its own."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from checks.slots import Cadence
from examples.sandbox.system import Sandbox
from flows.cadence import RunSummary
from flows.daily import daily
from flows.hourly import hourly
from flows.pulse import pulse
from flows.weekly import weekly
from tasks.sealing.keys import DevelopmentKeyWarning

FLOWS = {Cadence.PULSE: pulse, Cadence.HOURLY: hourly, Cadence.DAILY: daily, Cadence.WEEKLY: weekly}
SANDBOX_CATALOG = Path(__file__).parents[2] / "examples" / "sandbox" / "readiness.yaml"

Run = Callable[..., RunSummary]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Migrated:
    """What a server of this version of Prefect has made of an empty home: it is laid into the homes of later ones.

    Making it takes as long as everything else that a server does until it answers. It is kept with the tests' cache.
    """

    def __init__(self, kept: Path) -> None:
        self._kept = kept

    @classmethod
    def of(cls, config: pytest.Config) -> "Migrated | None":
        """None where the tests are run without a cache."""
        cache = getattr(config, "cache", None)
        return cls(cache.mkdir("prefect") / version("prefect")) if cache else None

    def lay_into(self, home: Path) -> None:
        if self._kept.exists():
            shutil.copytree(self._kept, home, dirs_exist_ok=True)

    def keep(self, home: Path) -> None:
        """Kept from a server that just answers; another worker that came first has kept the same."""
        if self._kept.exists():
            return
        with tempfile.TemporaryDirectory(dir=self._kept.parent) as folder, suppress(OSError):
            made = Path(folder, "made")
            made.mkdir()
            with (
                closing(sqlite3.connect(home / "prefect.db")) as running,
                closing(sqlite3.connect(made / "prefect.db")) as copy,
            ):
                running.backup(copy)
            shutil.copy(home / "memo_store.toml", made)  # which blocks the database knows
            made.rename(self._kept)


@pytest.fixture(scope="session")
def prefect_environment(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[dict[str, str]]:
    """The environment of Prefect's own command line, with a server of its own running."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    home = tmp_path_factory.mktemp("prefect")
    migrated = Migrated.of(pytestconfig)
    if migrated:
        migrated.lay_into(home)
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",  # it would look for what is due once a minute
    }
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: _answers(f"{url}/health"), seconds=300)
        if migrated:
            migrated.keep(home)
        yield environment
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    """Asked again and again, so without certificates, which take longer to load than all else."""
    try:
        return httpx.get(url, trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    """Waits until something is so; a test whose condition never comes fails here."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"waited {seconds} s in vain"
        time.sleep(0.2)


@pytest.fixture
def prefect_api(prefect_environment: dict[str, str]) -> Iterator[str]:
    """Flows that are called in this process report to the server."""
    url = prefect_environment["PREFECT_API_URL"]
    with temporary_settings({PREFECT_API_URL: url}):
        yield url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for evidence, store and pages."""
    monkeypatch.setenv("READINESS_HOME", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def run(home: Path, prefect_api: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one cadence of the sandbox's catalogue, or of another."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)

    def once(cadence: Cadence, catalog: Path = SANDBOX_CATALOG, **parameters: object) -> RunSummary:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DevelopmentKeyWarning)
            return FLOWS[cadence](catalog=catalog, **parameters)

    return once
