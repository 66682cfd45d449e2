"""A PostgreSQL of the machine's own packages, which the packaged backup tools know how to back up."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

_NOBODY = 65534
PORT = 54329
"""Names the socket in the server's own folder; no network port is opened."""


def packaged_programs() -> Path:
    """The folder of the server programs that Debian's packages bring."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server in /usr/lib/postgresql (package postgresql-15)")
    return found[0].parent


def unprivileged() -> list[str]:
    """What goes before a server program where the tests run as root, as which PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return []
    who = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return ["setpriv", *who, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


@dataclass
class PostgresServer:
    """A new cluster in a folder of its own, reached by a socket in it."""

    folder: Path
    programs: Path
    running: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def new(cls) -> "PostgresServer":
        server = cls(Path(tempfile.mkdtemp(prefix="backed-up-")), packaged_programs())
        server.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(server.data, _NOBODY, _NOBODY)
        initdb = [str(server.programs / "initdb"), f"--pgdata={server.data}", "--username=readiness", "--auth=trust"]
        subprocess.run([*unprivileged(), *initdb, "--no-sync", "--data-checksums"], capture_output=True, check=True)
        return server

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self, **settings: str) -> None:
        plain = {"listen_addresses": "", "fsync": "off", "unix_socket_directories": str(self.folder), "port": PORT}
        options = [f"--{name}={value}" for name, value in {**plain, **settings}.items()]
        command = [*unprivileged(), str(self.programs / "postgres"), "-D", str(self.data), *options]
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(600):
            try:
                self.run("select 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError((self.folder / "log").read_text()[-1000:])

    def run(self, statement: str) -> None:
        with psycopg.connect(
            host=str(self.folder), port=PORT, user="readiness", dbname="postgres", autocommit=True
        ) as c:
            c.execute(statement.encode())

    def stop(self) -> None:
        if self.running:
            self.running.send_signal(signal.SIGINT)
            self.running.wait(60)
        self.running = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
