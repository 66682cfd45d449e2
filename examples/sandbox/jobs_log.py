"""The log of the sandbox's own jobs: one JSON object a line for each report that was written."""

import json
import threading
import uuid
from datetime import datetime, timedelta
from pathlib import Path

_EARLIER = 150
# Of the form that its issuer documents, and nobody's.
_SECRET = "ghp_" + "0Nobodys" * 4 + "Key0"


class JobsLog:
    """Appends a line for each report; it can give a secret away, and take that line back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def begin(self, now: datetime) -> None:
        """Writes what the jobs of the last hours would have left."""
        for back in range(_EARLIER, 0, -1):
            self.write("reconciliation", now - timedelta(minutes=back))

    def write(self, job: str, at: datetime, **more: str) -> None:
        """Writes one line."""
        line = {"time": at.isoformat(), "level": "info", "rid": uuid.uuid4().hex, "job": job, **more}
        with self._lock, self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def leak(self, now: datetime) -> None:
        """Writes a line that holds a key."""
        self.write("export", now, message=f"uploading with {_SECRET}")

    def mend(self) -> None:
        """Removes the lines that hold it."""
        with self._lock:
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            draft = self._path.with_suffix(".draft")
            draft.write_text("".join(line for line in lines if _SECRET not in line), encoding="utf-8")
            draft.replace(self._path)
