"""The backup folder: one real `pg_dump` archive of the ledger with its checksum, and the ways it can be worthless."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from psycopg import sql

from examples.sandbox.database import Cluster, binaries
from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder

_OTHER = "inventory"


class Backups:
    """Makes the archive, breaks it under its own name, and brings the good one back byte for byte."""

    def __init__(self, folder: Folder, cluster: Cluster, *, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._cluster = cluster
        self._now = now
        self._archive = folder.backups / "none"

    def make(self) -> None:
        """Dumps the ledger into an archive named with its instant in UTC, and keeps a pristine copy aside."""
        self._archive = self._folder.backups / f"ledger-{self._now():%Y%m%dT%H%M%SZ}.dump"
        self._dump("ledger", self._archive)
        self._sign()
        for path in (self._archive, self._checksum):
            shutil.copy2(path, self._folder.kept)

    def truncate(self) -> None:
        """Cuts the archive off after two thirds; its checksum still speaks of the whole."""
        with self._archive.open("r+b") as archive:
            archive.truncate(self._archive.stat().st_size * 2 // 3)

    def empty(self) -> None:
        """Leaves nothing of the archive, with a checksum that agrees: the job did all that it was asked."""
        self._archive.write_bytes(b"")
        self._sign()

    def replace(self) -> None:
        """Puts a sound archive of another database in its place, with a checksum that agrees."""
        self._cluster.ask(sql.SQL(f"create database {_OTHER}"))
        try:
            items = "create table items as select n as id, 'item ' || n as name from generate_series(1, 5000) n"
            self._cluster.ask(sql.SQL(items), database=_OTHER)
            self._dump(_OTHER, self._archive)
        finally:
            self._cluster.ask(sql.SQL(f"drop database {_OTHER}"))
        self._sign()

    def repair(self) -> None:
        """Brings the good archive and its checksum back, their file times included."""
        for path in (self._archive, self._checksum):
            shutil.copy2(self._folder.kept / path.name, path)

    @property
    def _checksum(self) -> Path:
        return self._archive.with_name(f"{self._archive.name}.sha256")

    def _dump(self, database: str, target: Path) -> None:
        command = [str(binaries() / "pg_dump"), "--format=custom", f"--file={target}"]
        access = self._cluster.client_environment(database)
        made = subprocess.run(command, env={**os.environ, **access}, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise SandboxError(f"pg_dump failed: {' '.join(made.stderr.split())}")

    def _sign(self) -> None:
        """Writes the checksum as `sha256sum` does, so that `sha256sum --check` reads it."""
        digest = hashlib.sha256(self._archive.read_bytes()).hexdigest()
        self._checksum.write_text(f"{digest}  {self._archive.name}\n", encoding="ascii")
