"""Freshness: is a document there, does it still move, and does it say what it should?"""

from datetime import timedelta
from math import nan
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.evidence.records import EvidenceRow, Instant, Record, Scalar
from checks.kinds import fields
from checks.kinds.dated import TIMESTAMPS, AgeExpectation, DocumentRow
from checks.kinds.fields import FieldPath, Limits
from checks.kinds.pulsed import LONGEST, Look, Measured, PulsedCheck, Shown
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


class ReportHistory(Record):
    """A folder in which every report is kept, by a path with `*`; each is dated by what it says, or by its name.

    A name holds an instant in UTC, such as 20261122T1405Z; reports that are dated by it need not be JSON.
    """

    reports: Place
    dated_by: Literal["content", "name"] = "content"


class FreshnessCheck(PulsedCheck):
    """Looks at a JSON document, which says itself when it was made.

    `*` in the path of a file, or a date in it, stands for the newest such file by what the files say. `timestamp` and
    `status_field` are dotted paths; without `timestamp` the first of generated_at, timestamp and ts counts. A limit
    that is shorter than the time between two looks is shown by a pulse, or by the `history` of all reports: one look
    cannot tell what was in between.
    """

    kind: Literal["freshness"] = "freshness"
    document: Place
    timestamp: FieldPath | None = None
    status_field: FieldPath = "status"
    history: ReportHistory | None = None
    expect: FreshnessExpectation

    @model_validator(mode="after")
    def _history_can_be_read(self) -> Self:
        if self.history is None:
            return self
        if self.is_pulsed:
            raise ValueError("history: a pulse sees every report itself; leave it out, or look hourly")
        if "*" not in self.history.reports.path:
            raise ValueError(f"history.reports: {self.history.reports} is one file; put * in the place of its date")
        return self

    @property
    def shown(self) -> float:
        """The share of a slot for which one look at the document speaks; a history speaks for all of it."""
        return 1.0 if self.history else min(1.0, self.expect.max_age / self.every.period)

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
        history = (self.history.reports.source,) if self.history else ()
        return tuple(dict.fromkeys((self.document.source, *history, *self.control_sources)))

    @property
    def subjects(self) -> tuple[str, ...]:
        return (str(self.document), *([str(self.history.reports)] if self.history else []))

    @property
    def at_least_every(self) -> timedelta:
        """Looks farther apart than half the limit could miss that it was broken."""
        return min(LONGEST, self.expect.max_age / 2)

    def wrong_fields(self, row: "FreshnessRow") -> str:
        """The fields that are not as asked, in words; an absent one is never as asked."""
        wrong = [
            f"{path} is {fields.shown(row.fields.get(path))}, expected {value}"
            for path, value in self.expect.equals.items()
            if not fields.same(row.fields.get(path), value)
        ]
        wrong += [
            f"{path} is {fields.shown(row.fields.get(path))}, expected at most {limit:g}"
            for path, limit in self.expect.max.items()
            if not fields.at_most(row.fields.get(path), limit)
        ]
        return "; ".join(wrong)

    def look(self, row: EvidenceRow, before: EvidenceRow | None) -> Look:  # noqa: ARG002 (each look speaks for itself)
        assert isinstance(row, FreshnessRow)  # noqa: S101 (its collector gives no other)
        lost = row.missing or row.unreadable or row.undated
        if lost or row.content_time is None:
            return Look(
                row.subject,
                {"fresh": Shown(None), "found": Shown(good=False, why=lost or "undated")},
                {"age": Measured(nan, good=False)},
            )
        age, expect = row.fetched_at - row.content_time, self.expect
        fresh = -expect.future <= age <= expect.max_age
        wrong = self._wrong_content(row)
        return Look(
            row.subject,
            {
                "fresh": Shown(fresh, self._why_not_fresh(age)),
                "found": Shown(good=True),
                "content": Shown(not wrong, wrong),
            },
            {"age": Measured(age.total_seconds(), fresh)},
            content_time=row.content_time,
            content_digest=row.content_digest,
        )

    def blind(self, subject: str, why: str) -> Look:
        return Look(subject, {"fresh": Shown(None, why), "found": Shown(None, why)}, {"age": Measured(None)})

    def _why_not_fresh(self, age: timedelta) -> str:
        if age < timedelta():
            return f"dated {-age.total_seconds():g} s in the future"
        return f"{age.total_seconds():g} s old; it may be {self.expect.max_age.total_seconds():g} s"

    def _wrong_content(self, row: "FreshnessRow") -> str:
        wrong = self.wrong_fields(row)
        if self.expect.status and row.status not in self.expect.status:
            said = f"its status is {row.status!r}" if row.status else "it has no status"
            return f"{said}; {wrong}" if wrong else said
        return wrong


class FreshnessRow(DocumentRow):
    """A document as it was found, whose `content_digest` leaves its timestamp out; or (`part` is history) a folder.

    A folder's `reports` are those made after `since`, and the one before them; `earliest` is the first of these,
    `content_time` the last, and `gap` the most seconds between two, from `gap_from`. `nameless` ones have no date.
    """

    part: Literal["document", "history"] = "document"
    content_digest: str | None = None
    status: str | None = None
    fields: dict[str, Scalar] = Field(default_factory=dict)
    since: Instant | None = None
    earliest: Instant | None = None
    reports: int | None = None
    gap: float | None = None
    gap_from: Instant | None = None
    nameless: int | None = None
    nameless_cause: str | None = None
