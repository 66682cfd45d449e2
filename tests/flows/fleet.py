"""Several Prefect servers on one PostgreSQL with Redis between them, set as in `examples/operation/fleet`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import make_url

from tests.flows.conftest import free_port, wait_for
from tests.flows.prefect_asking import asked

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "examples" / "operation" / "fleet"
AUTH = ("readiness", "only-in-this-test")


def settings_in(path: Path) -> dict[str, str]:
    """An environment file as systemd and compose read it."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@dataclass(slots=True)
class Fleet:
    """Its processes, each with a log of its own; `database` and `redis` are addresses of servers that run."""

    folder: Path
    database: str
    redis: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def _environment(self) -> dict[str, str]:
        url = make_url(self.database).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
        mine = {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
            "PREFECT_REDIS_MESSAGING_URL": self.redis,
            "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": self.redis,
            "PREFECT_SERVER_DOCKET_URL": self.redis,
            "PREFECT_SERVER_API_AUTH_STRING": ":".join(AUTH),
            "PREFECT_API_AUTH_STRING": ":".join(AUTH),
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",  # it would look for what is due once a minute
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_SERVER_LOGGING_LEVEL": "INFO",  # which automation was triggered, and what became of it
            "PWD": str(ROOT),
        }
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "READINESS_"))}
        return {**clean, **settings_in(SETTINGS / "server.env"), **mine}

    def api(self, server: str) -> str:
        return f"http://127.0.0.1:{self.ports[server]}/api"

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        """Starts one of its programs, of which each is Prefect's command line."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "prefect", *arguments],
                cwd=ROOT,
                env={**self._environment, **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, *arguments: str, **environment: str) -> str:
        """Runs Prefect's command line to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "prefect", *arguments],
            cwd=ROOT,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_server(self, name: str) -> None:
        """Starts an API server; one must answer before the next is started."""
        self.ports[name] = free_port()
        self.start(name, "server", "start", "--no-services", "--port", str(self.ports[name]))

    def start_worker(self, name: str, server: str, settings: Mapping[str, str]) -> None:
        self.start(
            name,
            *("worker", "start", "--pool", "readiness", "--type", "process", "--name", name),
            **{"PREFECT_API_URL": self.api(server), **settings},
        )

    def kill(self, name: str) -> None:
        """Kills a program and everything that it has started, as a machine that loses its power does."""
        program = self.running.pop(name)
        below = psutil.Process(program.pid).children(recursive=True)
        for one in (program, *below):
            one.kill()
        program.wait()
        psutil.wait_procs(below, timeout=10)

    def wait(self, condition: Any, *, seconds: float = 400) -> None:
        """Waits for something while every program runs."""

        def so() -> bool:
            for name, program in self.running.items():
                assert program.poll() is None, f"{name} has ended"
            return bool(condition())

        try:
            wait_for(so, seconds=seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._said()}") from error

    def _said(self) -> str:
        """The end of what each program has logged."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)

    def ask(self, server: str, path: str, **body: Any) -> Any:
        return asked(f"{self.api(server)}{path}", body, auth=AUTH)

    def answers(self, server: str) -> bool:
        try:
            return httpx.get(f"{self.api(server)}/health", trust_env=False, verify=False).is_success
        except httpx.TransportError:
            return False


@contextmanager
def fleet(folder: Path, *, database: str, redis: str) -> Iterator[Fleet]:
    """A fleet of which nothing runs yet; whatever a test starts is ended."""
    one = Fleet(folder, database, redis)
    try:
        yield one
    finally:
        below = [
            child for program in one.running.values() for child in psutil.Process(program.pid).children(recursive=True)
        ]
        for program in one.running.values():
            program.send_signal(signal.SIGKILL)
            program.wait()
        for child in below:
            if child.is_running():
                child.kill()
