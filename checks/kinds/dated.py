"""Dated evidence: documents that must be young enough, and of the version that is the candidate."""

from typing import Literal

from checks.catalog import Check, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.fields import FieldPath
from checks.places import Place

TIMESTAMPS: tuple[FieldPath, ...] = ("generated_at", "timestamp", "ts")


class VersionPlace(Record):
    """Where something says its version: a field, by dotted path, of a JSON document."""

    at: Place
    field: FieldPath = "version"


Candidate = Text | VersionPlace
"""The version that evidence has to be of: the very word, or where it is said."""


class AgeExpectation(Record):
    """How old evidence may be by its own word; `future` is how far clocks may differ."""

    max_age: Duration
    future: Duration = parse_duration("60s")


class VersionedCheck(Check):
    """Looks at documents that are of some version; `candidate` is the one that they have to be of.

    `version_at` is where their version is said, for documents that do not say it themselves.
    """

    candidate: Candidate | None = None
    version_at: VersionPlace | None = None

    @property
    def version_sources(self) -> tuple[str, ...]:
        """The sources that are asked for versions."""
        return tuple(one.at.source for one in (self.candidate, self.version_at) if isinstance(one, VersionPlace))


class DatedCheck(VersionedCheck):
    """Looks at documents that say when they were made.

    `dated_by: file` lets a file's own time stand in for formats that say nothing of when they were made.
    """

    dated_by: Literal["content", "file"] = "content"


class DocumentRow(EvidenceRow):
    """A document as it was found, or what stood in the way.

    `missing` says why there was nothing to read, `unreadable` why it is no document, `undated` why nobody knows when it
    was made. `linked` is the dated file that the catalogue names, where a newer one was read instead or beside it.
    """

    where: str
    linked: str | None = None
    candidates: int | None = None
    fetched_at: Instant
    file_time: Instant | None = None
    content_time: Instant | None = None
    body_bytes: int | None = None
    missing: str | None = None
    unreadable: str | None = None
    undated: str | None = None


class VersionedRow(DocumentRow):
    """A document that is of some version.

    `candidate` is the version that it has to be of, and `candidate_missing` why nobody knows that.
    """

    version: str | None = None
    candidate: str | None = None
    candidate_missing: str | None = None
