"""What a git repository says of one document: who changed it when, and who reviewed that."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from checks.evidence.records import RawCapture
from tasks.collectors.http_exchange import printable
from tasks.collectors.sources import FolderAccess
from tasks.drills.programs import ProgramRun, run

HISTORY = "history"
_FIELDS = "%H%x1f%cI%x1f%an%x1f%(trailers:key=Reviewed-by,valueonly,separator=%x2C)%x1e"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Review:
    """A document's newest review, or why there is none."""

    at: datetime | None = None
    by: str | None = None
    trouble: str = ""


async def history_capture(access: FolderAccess, path: str, subject: str, number: int) -> RawCapture:
    """The commits that changed a document, newest first, and which content the newest has; that git cannot say is told.

    Nothing that the repository's own configuration names is run, and whose the repository is does not matter.
    """
    item, meta = f"{HISTORY}-{number}", {"subject": subject}
    try:
        log = await _git(access, "log", "--max-count=200", f"--format={_FIELDS}", "--", path)
        blob = await _git(access, "rev-parse", f"HEAD:./{path}")
    except OSError as error:
        return RawCapture(item, b"", {**meta, "trouble": f"git cannot be run: {error.strerror}"})
    trouble = None if log.succeeded else printable(log.complaint, 200)
    content = blob.stdout.decode("ascii", errors="replace").strip() if blob.succeeded else None
    return RawCapture(item, log.stdout, {**meta, "trouble": trouble, "content": content})


async def _git(access: FolderAccess, *arguments: str) -> ProgramRun:
    environment = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_OPTIONAL_LOCKS": "0"}
    settings = ("safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false")
    configured = [part for setting in settings for part in ("-c", setting)]
    return await run(["git", *configured, *arguments], seconds=_SECONDS, environment=environment, folder=access.folder)


def review_in(history: RawCapture, body: bytes) -> Review:
    """The review of the newest change by another than its author; a change nobody reviewed undoes earlier ones."""
    if trouble := history.meta.get("trouble"):
        return Review(trouble=f"is not known: {trouble}")
    commits = [line.split("\x1f") for line in history.body.decode(errors="replace").split("\x1e") if line.strip()]
    if not commits:
        return Review(trouble="is not known: git has no commit of it")
    content = str(history.meta.get("content"))
    if content != _content_id(body, content):
        return Review(trouble="is not known: the document has changes that nobody has committed")
    commit, when, author, reviewers = commits[0]
    others = [name for name in map(str.strip, reviewers.split(",")) if name and name.partition(" <")[0] != author]
    if not others:
        return Review(trouble=f"is missing: nobody but its author reviewed the newest change, {commit.strip()[:12]}")
    return Review(datetime.fromisoformat(when), printable(", ".join(others), 200))


def _content_id(body: bytes, like: str) -> str:
    """What git calls these bytes, by the hash that the repository uses."""
    hashed = hashlib.sha256 if len(like) == hashlib.sha256().digest_size * 2 else hashlib.sha1
    return hashed(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
