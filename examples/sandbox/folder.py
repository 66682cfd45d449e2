"""Where everything of a sandbox lies inside its folder, and who may use that folder."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.sandbox.errors import SandboxError

_LOCK = ".sandbox.lock"


@dataclass(frozen=True, slots=True)
class Folder:
    """The layout of one sandbox's folder; every path in it is absolute."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The data directory of the database server."""
        return self.root / "postgres"

    @property
    def events(self) -> Path:
        """The event log that the ledger is reconciled against, one JSON object a line."""
        return self.root / "events" / "ledger.jsonl"

    @property
    def reports(self) -> Path:
        """One folder for each report, with its `latest.json`."""
        return self.root / "reports"

    @property
    def backups(self) -> Path:
        """The archives of the ledger, each with its checksum beside it."""
        return self.root / "backups"

    @property
    def team(self) -> Path:
        """What the team keeps in files: documents, and what its builds leave behind."""
        return self.root / "team"

    @property
    def cache(self) -> Path:
        """What the cache keeps on disk."""
        return self.root / "cache"

    @property
    def kept(self) -> Path:
        """Pristine copies of what a switch breaks, outside every folder that a check looks into."""
        return self.root / "kept"

    @property
    def logs(self) -> Path:
        """What service and database server say while they run."""
        return self.root / "logs"

    @property
    def faults(self) -> Path:
        """One empty file for each fault that the service has to show."""
        return self.root / "faults"

    @property
    def release(self) -> Path:
        """The version that is deployed, one line."""
        return self.root / "releases" / "current"

    @property
    def process(self) -> Path:
        """The service's process id, one line."""
        return self.root / "releases" / "service.pid"

    @property
    def state(self) -> Path:
        """How to reach the sandbox; there only while it runs."""
        return self.root / "state.json"

    def parts(self) -> tuple[Path, ...]:
        """Every folder that a sandbox fills and may therefore clear."""
        owned = (self.postgres, self.events.parent, self.reports, self.backups, self.team)
        return (*owned, self.cache, self.kept, self.logs, self.faults, self.release.parent)

    def clear(self) -> None:
        """Removes what an earlier run left, and makes the folders anew."""
        self.state.unlink(missing_ok=True)
        for part in self.parts():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)


@contextmanager
def claimed(root: Path) -> Iterator[Folder]:
    """The folder, held for one sandbox alone; the operating system frees it however that sandbox ends."""
    root = root.expanduser().resolve()
    lock = root / _LOCK
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not lock.exists() and any(root.iterdir()):
            raise SandboxError(f"{root}: not empty and not the folder of a sandbox; name another one")
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise SandboxError(f"{root}: cannot be used as a folder ({error.strerror})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield Folder(root)
    except BlockingIOError as error:
        raise SandboxError(f"{root}: another sandbox is running there") from error
    finally:
        os.close(descriptor)
