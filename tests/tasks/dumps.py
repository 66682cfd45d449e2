"""A small ledger of a test's own, and real archives of it."""

import hashlib
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from examples.sandbox.database import Cluster, binaries

TABLES = """
create table entries (id bigint primary key, tenant text not null, amount numeric(18, 2), booked_at timestamptz);
create table heartbeat (name text primary key, beat_at timestamptz not null);
create index entries_by_tenant on entries (tenant);
insert into entries select n, 'tenant ' || n % 3, n, now() - interval '1 minute' * n from generate_series(1, 500) n;
insert into heartbeat values ('canary', now());
"""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A database of a test's own on the cluster."""

    cluster: Cluster
    name: str

    @classmethod
    def new(cls, cluster: Cluster, statements: str = TABLES) -> "Ledger":
        ledger = cls(cluster, f"ledger_{uuid4().hex[:8]}")
        cluster.ask(sql.SQL("create database {}").format(sql.Identifier(ledger.name)))
        ledger.run(statements)
        return ledger

    @property
    def url(self) -> str:
        return self.cluster.url("postgres", self.name)

    def run(self, statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statements.encode())

    def sessions_of(self, role: str) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("select count(*) from pg_stat_activity where usename = %s", [role]).fetchone()
        return int(row[0]) if row else 0

    def drop(self) -> None:
        with suppress(psycopg.Error):
            self.cluster.ask(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(self.name)))

    def dump(self, path: Path, *options: str, kind: str = "custom") -> Path:
        """A real archive, with its checksum beside it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [str(binaries() / "pg_dump"), f"--format={kind}", f"--file={path}", *options]
        subprocess.run(command, env={**os.environ, **self.cluster.client_environment(self.name)}, check=True)
        if path.is_file():
            sign(path)
        return path


def sign(path: Path) -> None:
    """Writes the checksum as `sha256sum` does."""
    path.with_name(f"{path.name}.sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")


def databases(cluster: Cluster) -> set[str]:
    """The names of the isolated databases that are there now."""
    with psycopg.connect(cluster.url("postgres", "postgres")) as connection:
        found = connection.execute("select datname from pg_database where datname like 'readiness%'").fetchall()
    return {str(row[0]) for row in found}


def alive(process: int) -> bool:
    """Whether a process still runs; one that ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
