"""The captures of a backup check: what each is called, and the facts that are of the collector's own making."""

from collections.abc import Mapping
from typing import TypeVar

from checks.evidence.records import Instant, RawCapture, Record
from tasks.drills.copies import CopyFacts

SOURCE, FOLDER, DIGEST, READING = "source.json", "folder.json", "digest.json", "reading.json"
CONTENTS, REHEARSAL, SPANS, STDERR = "contents.txt", "rehearsal.json", "spans.json", "restore.stderr.txt"
SQLITE, BASE, LOG, RECOVERED = "sqlite.json", "base.json", "wal.json", "recovered.json"

Captures = Mapping[str, RawCapture]
F = TypeVar("F", bound=Record)


class DigestFacts(Record):
    """The archive's digest, how it compares with the one beside it, and its copies elsewhere."""

    sha256: str
    checksum: str | None = None
    copies: tuple[CopyFacts, ...] = ()


class RecoveredFacts(Record):
    """The end of the last transaction that a recovered copy replayed; `None` where there was none to replay."""

    replayed_at: Instant | None = None


def read(model: type[F], captures: Captures, item: str) -> F | None:
    """The facts in a capture; `None` where the climb did not come that far."""
    return model.model_validate_json(captures[item].body) if item in captures else None
