"""Log lines: are they JSON that can be searched, do they say what they must, and give no secret away?"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from checks.catalog import Check
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.fields import FieldPath
from checks.places import Place

Share = Annotated[float, Field(gt=0, le=1)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
TIMES: tuple[FieldPath, ...] = ("time", "timestamp", "ts", "@timestamp")
ERRORS = ("error", "err", "critical", "crit", "fatal", "alert", "emerg", "panic")


class LogLinesExpectation(Record):
    """What the newest lines of a log must show; a null limit is not asked for.

    Fewer than `lines` decide nothing. At least the share `parseable` of them is JSON, and at least the share `complete`
    has all of `fields`. The newest is at most `max_age` old. At most the share `errors` is of an error's level, and at
    least the share `complete` says its level at all. Each of `mentions` stands in some line.
    """

    lines: Annotated[int, Field(ge=1)] = 100
    parseable: Share = 0.999
    fields: tuple[FieldPath, ...] = ()
    complete: Share = 0.999
    max_age: Duration | None = None
    future: Duration = parse_duration("60s")
    errors: Annotated[float, Field(ge=0, le=1)] | None = None
    secrets: bool = True
    mentions: tuple[Words, ...] = ()


class LogLinesCheck(Check):
    """Reads the newest lines of a log of JSON lines; `*` in its path takes in files that were rotated away.

    `sample` is how many lines are looked at. A secret of a known form is named and never kept.
    """

    kind: Literal["log-lines"] = "log-lines"
    log: Place
    sample: Annotated[int, Field(ge=1, le=200_000)] = 1_000
    time: FieldPath | None = None
    level: FieldPath = "level"
    error_levels: tuple[Words, ...] = Field(default=ERRORS, min_length=1)
    expect: LogLinesExpectation = LogLinesExpectation()

    @property
    def times(self) -> tuple[FieldPath, ...]:
        """Where a line's timestamp may stand, in order."""
        return (self.time,) if self.time else TIMES

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.log.source,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (str(self.log),)


class LogLinesRow(EvidenceRow):
    """The newest lines of a log, counted.

    `missing` says why there was nothing to read. Of `lines`, `parsed` are JSON objects, `complete` have every field
    that the check names, `levelled` say their level, and `errors` an error's. Columns that end in `cause` or `named`
    tell the first that is not as it should be. `content_time` is the newest line's own time, `undated` why there is
    none.
    """

    where: str
    missing: str | None = None
    files: int | None = None
    bytes: int | None = None
    bytes_read: int | None = None
    lines: int | None = None
    parsed: int | None = None
    unparsed_cause: str | None = None
    complete: int | None = None
    absent_named: str | None = None
    content_time: Instant | None = None
    undated: str | None = None
    levelled: int | None = None
    levels: str | None = None
    errors: int | None = None
    secrets: int | None = None
    secrets_named: str | None = None
    unmentioned: str | None = None
