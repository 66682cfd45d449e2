"""The team's files, written once when the sandbox starts; each can be spoiled, and repaired to the very byte."""

import os
import shutil
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from examples.sandbox.folder import Folder
from examples.sandbox.team.alerts import alerts
from examples.sandbox.team.builds import builds, settings
from examples.sandbox.team.containers import containers
from examples.sandbox.team.documents import documents
from examples.sandbox.team.papers import papers
from examples.sandbox.team.release import release

Spoil = Callable[[str], str | None]
"""What becomes of a file's text; nothing means that the file is gone."""


class TeamFiles:
    """Everything beneath the folder `team`."""

    def __init__(self, folder: Folder, *, now: Callable[[], datetime]) -> None:
        self._folder = folder.team
        self._kept = folder.kept / "team"
        self._now = now
        self._lock = threading.Lock()

    def write(self) -> None:
        """Writes every file in its good state."""
        now = self._now()
        files = documents(now) | papers(now) | builds(now) | settings(now) | containers() | alerts()
        for name, text in (files | release(now, files)).items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def spoil(self, name: str, change: Spoil) -> None:
        """Changes one file, or takes it away; what it was is kept."""
        with self._lock:
            path, kept = self._folder / name, self._kept / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, kept)
            text = change(path.read_text(encoding="utf-8"))
            if text is None:
                path.unlink()
            else:
                _replace(path, text, times_of=kept)

    def repair(self, name: str) -> None:
        """Puts one file back as it was."""
        with self._lock:
            shutil.copy2(self._kept / name, self._folder / name)


def _replace(path: Path, text: str, *, times_of: Path) -> None:
    """Writes in one step, and leaves the file's time as it was: only its content tells."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    os.utime(draft, ns=(times_of.stat().st_atime_ns, times_of.stat().st_mtime_ns))
    draft.replace(path)
