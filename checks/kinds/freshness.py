"""Freshness: is a document there, does it still move, and does it say what it should?"""

from typing import Annotated, Literal

from pydantic import Field

from checks.catalog import Check
from checks.evidence.records import Scalar
from checks.kinds.dated import TIMESTAMPS, AgeExpectation, DocumentRow
from checks.kinds.fields import FieldPath, Limits
from checks.places import Place


class FreshnessExpectation(AgeExpectation):
    """What a document must show when it is looked at.

    `equals` and `max` hold fields, by dotted path, against values. A document is
    frozen when its timestamp, or all of its content but the timestamp, is the same in `frozen_after` slots: by default
    3, or as many as `max_age` spans, so that a daily report may rest between its days. `may_repeat` is for documents
    whose content rightly stays the same while their timestamp moves on.
    """

    status: tuple[str, ...] | None = Field(default=None, min_length=1)
    equals: dict[FieldPath, Scalar] = Field(default_factory=dict)
    max: Limits = Field(default_factory=dict)
    frozen_after: Annotated[int, Field(ge=2)] | None = None
    may_repeat: bool = False


class FreshnessCheck(Check):
    """Looks at a JSON document, which says itself when it was made.

    `*` in the path of a file, or a date in it, stands for the newest such file by what the files say. `timestamp` and
    `status_field` are dotted paths; without `timestamp` the first of generated_at, timestamp and ts counts.
    """

    kind: Literal["freshness"] = "freshness"
    document: Place
    timestamp: FieldPath | None = None
    status_field: FieldPath = "status"
    expect: FreshnessExpectation

    @property
    def timestamps(self) -> tuple[FieldPath, ...]:
        """Where its timestamp may stand, in order."""
        return (self.timestamp,) if self.timestamp else TIMESTAMPS

    @property
    def fields(self) -> tuple[FieldPath, ...]:
        """The fields that the check holds against values."""
        return tuple(dict.fromkeys((*self.expect.equals, *self.expect.max)))

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.document.source,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (str(self.document),)


class FreshnessRow(DocumentRow):
    """A document as it was found; `content_digest` leaves its timestamp out."""

    content_digest: str | None = None
    status: str | None = None
    fields: dict[str, Scalar] = Field(default_factory=dict)
