"""A PostgreSQL cluster that archives its log, and base backups of it as `pg_basebackup` makes them."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from examples.sandbox.database import binaries
from examples.sandbox.leash import Leashed
from tasks.drills.server_process import give_away, unprivileged
from tests.tasks.dumps import TABLES

MORE = "insert into entries select n, 'later', n, now() from generate_series({0}, {0} + 99) n"


@dataclass(frozen=True, slots=True)
class Primary:
    """A running cluster with a ledger in it, one tablespace, and segments of 1 MB so that a log has several."""

    folder: Path
    port: int
    data: Path

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/ledger"

    def run(self, *statements: str, database: str = "ledger") -> None:
        with psycopg.connect(self.url.replace("/ledger", f"/{database}"), autocommit=True) as session:
            for statement in statements:
                session.execute(statement.encode())

    def ask(self, query: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as session:
            row = session.execute(query.encode()).fetchone()
        return str(row[0]) if row else ""

    def write(self, first: int) -> datetime:
        """Another hundred rows in a transaction of their own; returns when its end is on record."""
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute("set timezone = 'UTC'")
            session.execute(MORE.format(first).encode())
            row = session.execute("select max(pg_xact_commit_timestamp(xmin)) from entries").fetchone()
        assert row is not None
        return row[0]

    def archived(self) -> str:
        """Ends the segment that is being written and waits for it to be in the archive; returns its name."""
        with psycopg.connect(self.url, autocommit=True) as session:
            row = session.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
        assert row is not None
        for _ in range(400):
            if (self.archive / str(row[0])).exists():
                return str(row[0])
            time.sleep(0.05)
        raise TimeoutError(row[0])

    def back_up(self, name: str, *options: str) -> Path:
        """A base backup with the log that it needs."""
        target = self.folder / "backups" / name
        spaces = f"--tablespace-mapping={self.folder / 'space'}={self.folder / f'space-of-{name}'}"
        mapped = [] if "--format=tar" in options else [spaces]
        where = ["--host=127.0.0.1", f"--port={self.port}", "--username=postgres", "--no-password"]
        command = [str(binaries() / "pg_basebackup"), f"--pgdata={target}", "--checkpoint=fast", "--no-sync"]
        subprocess.run([*command, *where, *mapped, *options], check=True, capture_output=True)
        return target


@contextmanager
def primary(folder: Path) -> Iterator[Primary]:
    """A new cluster that runs as long as the context."""
    data = folder / "data"
    for made in (data, folder / "archive", folder / "space", folder / "backups"):
        made.mkdir()
    for owned in (data, folder / "archive", folder / "space"):
        give_away(owned)
    options = ["--username=postgres", "--auth=trust", "--no-sync", "--wal-segsize=1", "--locale=C", "--encoding=UTF8"]
    command = [*unprivileged(), str(binaries() / "initdb"), f"--pgdata={data}", *options]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    with _served(folder, data) as running:
        running.run(
            "create database ledger", f"create tablespace space location '{folder / 'space'}'", database="postgres"
        )
        running.run(TABLES, "create table placed tablespace space as select 1 as id")
        yield running


@contextmanager
def standby(of: Primary) -> Iterator[Primary]:
    """A standby that follows a cluster, and archives its log to the same place once it is promoted."""
    data = of.back_up("standby", "--write-recovery-conf")
    for owned in (data, of.folder / "space-of-standby"):
        give_away(owned)
    with _served(of.folder, data) as running:
        yield running


@contextmanager
def _served(folder: Path, data: Path) -> Iterator[Primary]:
    """A server on a data folder, as long as the context."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = int(reserved.getsockname()[1])
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "off",
        "archive_mode": "on",
        "archive_command": f"cd {folder / 'archive'} && cp {data}/%p %f.new && mv %f.new %f",
        "track_commit_timestamp": "on",
        "autovacuum": "off",
    }
    arguments = [f"--{name}={value}" for name, value in settings.items()]
    command = [*unprivileged(), str(binaries() / "postgres"), "-D", str(data), *arguments]
    server = Leashed(command, log=folder / f"{data.name}.log", end=signal.SIGINT)
    running = Primary(folder, port, data)
    try:
        _wait(running, server)
        yield running
    finally:
        server.stop()


def _wait(running: Primary, server: Leashed) -> None:
    for _ in range(600):
        server.check()
        try:
            psycopg.connect(running.url.replace("/ledger", "/postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the primary does not answer")
