"""Metrics: is a document of metrics whole and well formed, and do its figures keep their limits?"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from checks.durations import Duration
from checks.evidence.records import EvidenceRow, Record
from checks.kinds.pulsed import Look, Measured, PulsedCheck, Shown
from checks.places import Place

MetricName = Annotated[str, StringConstraints(pattern=r"^[^\s{}]{1,200}$")]
MetricFormat = Literal["prometheus", "openmetrics", "json"]
MetricType = Literal["counter", "gauge", "histogram", "summary", "info", "stateset", "gaugehistogram", "unknown"]
Share = Annotated[float, Field(gt=0, lt=1)]


class Series(Record):
    """All series of one metric whose labels are as named; `*` in a label's value stands for anything, as in `5*`."""

    metric: MetricName
    labels: dict[str, str] = Field(default_factory=dict)

    def __str__(self) -> str:
        inside = ",".join(f'{label}="{value}"' for label, value in self.labels.items())
        return f"{self.metric}{{{inside}}}" if inside else self.metric


class ValueLimit(Series):
    """The sum over the series lies between `min` and `max`, both included."""

    min: FiniteFloat | None = None
    max: FiniteFloat | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a limit needs min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} lies over max {self.max:g}, so nothing could meet both")
        return self

    def holds(self, value: float | None) -> bool | None:
        """Whether a value keeps the limit."""
        if value is None:
            return None
        return (self.min is None or self.min <= value) and (self.max is None or value <= self.max)


class LatencyLimit(Record):
    """The share `quantile` of a classic histogram's observations took no longer than `within`.

    Fewer observations than `samples` decide nothing. Observations count from when the process began to count.
    """

    histogram: MetricName
    labels: dict[str, str] = Field(default_factory=dict)
    quantile: Share = 0.95
    within: Duration
    samples: Annotated[int, Field(ge=1)] = 400

    def __str__(self) -> str:
        return f"{Series(metric=self.histogram, labels=self.labels)} p{self.quantile * 100:g}"

    def holds(self, row: "MetricsRow") -> tuple[bool | None, str]:
        """Whether the observations kept the limit for certain, or for certain not; and why not."""
        if (row.observations or 0) < self.samples or row.share_low is None or row.share_high is None:
            return None, ""
        if row.share_low >= self.quantile:
            return True, ""
        why = f"a share of at most {row.share_high:.4g} took up to {self.within.total_seconds():g} s"
        return (None if row.share_high >= self.quantile else False), why


class ErrorLimit(Record):
    """The share of `errors` in `total` is at most `max`; fewer than `samples` in total decide nothing."""

    errors: Series
    total: Series
    max: Annotated[float, Field(ge=0, lt=1)]
    samples: Annotated[int, Field(ge=1)] = 1

    def __str__(self) -> str:
        return f"{self.errors} of {self.total}"

    def holds(self, row: "MetricsRow") -> tuple[bool | None, str]:
        """Whether the share of errors kept the limit; and why not."""
        if row.errors is None or not row.observations or row.observations < self.samples:
            return None, ""
        if row.errors > row.observations:
            return None, f"{row.errors:g} errors of only {row.observations:g}: the two were not counted alike"
        return row.errors <= self.max * row.observations, f"a share of {row.errors / row.observations:.4g} are errors"


class MetricsExpectation(Record):
    """What the document and its figures must show.

    `types` names metrics that must be there, with their types. A document more than the share `shrink` smaller than
    before is taken for truncated.
    """

    types: dict[MetricName, MetricType] = Field(default_factory=dict)
    shrink: Share = 0.1
    values: tuple[ValueLimit, ...] = ()
    latency: tuple[LatencyLimit, ...] = ()
    errors: tuple[ErrorLimit, ...] = ()


class MetricsCheck(PulsedCheck):
    """Reads a document of metrics; the document itself is a subject, and so is each figure that has a limit.

    `format` is what is asked for and must come back; without it the document's own Content-Type, or the ending of a
    file's name, decides. `agrees_with` is the same document in another format: each series there must stand here too,
    within the relative `tolerance` or the absolute `slack`. `keep` names series whose values are kept at each look,
    beside those that a limit needs.
    """

    kind: Literal["metrics"] = "metrics"
    document: Place
    format: MetricFormat | None = None
    agrees_with: Place | None = None
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.01
    slack: Annotated[FiniteFloat, Field(ge=0)] = 0
    keep: tuple[Series, ...] = ()
    expect: MetricsExpectation = MetricsExpectation()

    @model_validator(mode="after")
    def _subjects_differ(self) -> Self:
        twice = [subject for subject, times in Counter(self.subjects).items() if times > 1]
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once; one limit can hold both min and max")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        places = (self.document, self.agrees_with) if self.agrees_with else (self.document,)
        return tuple(dict.fromkeys((*(place.source for place in places), *self.control_sources)))

    @property
    def subjects(self) -> tuple[str, ...]:
        figures = (*self.expect.values, *self.expect.latency, *self.expect.errors)
        return (str(self.document), *map(str, figures))

    @property
    def kept_series(self) -> tuple[Series, ...]:
        """The series whose values are kept: those that are named, and what the limits are about."""
        named = [Series(metric=one.metric, labels=one.labels) for one in (*self.keep, *self.expect.values)]
        for latency in self.expect.latency:
            named += [
                Series(metric=f"{latency.histogram}{part}", labels=latency.labels)
                for part in ("_bucket", "_count", "_sum")
            ]
        for errors in self.expect.errors:
            named += [errors.errors, errors.total]
        return tuple(named)

    def look(self, row: EvidenceRow, before: EvidenceRow | None) -> Look:
        assert isinstance(row, MetricsRow)  # noqa: S101 (its collector gives no other)
        if row.part != "document":
            kept, why = self._figure(row)
            value = float("nan") if kept is None else float(kept)
            return Look(row.subject, {"kept": Shown(kept, why)}, {"kept": Measured(value, kept)})
        trouble = row.trouble or self._shrunk(row, before)
        whole = {"whole": Measured(float(trouble is None), trouble is None)}
        readings = {series: Measured(value) for series, value in row.readings.items()}
        return Look(row.subject, {"whole": Shown(trouble is None, trouble or "")}, whole | readings)

    def blind(self, subject: str, why: str) -> Look:
        aspect = "whole" if subject == str(self.document) else "kept"
        return Look(subject, {aspect: Shown(None, why)}, {aspect: Measured(None)})

    def _shrunk(self, row: "MetricsRow", before: EvidenceRow | None) -> str | None:
        """Why a document may be truncated: it is much smaller than at the look before."""
        if not isinstance(before, MetricsRow) or before.trouble or not before.body_bytes or row.body_bytes is None:
            return None
        if row.body_bytes >= before.body_bytes * (1 - self.expect.shrink):
            return None
        return f"{row.body_bytes} bytes after {before.body_bytes} at the look before: it may be truncated"

    def _figure(self, row: "MetricsRow") -> tuple[bool | None, str]:
        """Whether a figure kept its limit, as far as one look can tell; and why not."""
        if row.absent or row.unusable:
            return False, row.absent or row.unusable or ""
        expect = self.expect
        if row.part == "value":
            limit = next(each for each in expect.values if str(each) == row.subject)
            return limit.holds(row.value), f"{row.value} is not between {limit.min} and {limit.max}"
        if row.part == "latency":
            return next(each for each in expect.latency if str(each) == row.subject).holds(row)
        return next(each for each in expect.errors if str(each) == row.subject).holds(row)


class MetricsRow(EvidenceRow):
    """The document (`part` says so), or one figure of it; fields of other parts are `None`.

    `missing` says why nothing was read, `unreadable` why it is no document of metrics. `unended`, `repeated`,
    `buckets`, `types` and `disagreement` each tell the first thing that is wrong of its sort, `None` where nothing is.
    For a figure `absent` says why there is none and `unusable` why it is no number to compare. Of `observations` the
    shares that certainly and possibly took no longer than the limit are `share_low` and `share_high`. `readings` are
    the values of the series that are kept, as Prometheus would write them; `crowded` says why there are none.
    """

    part: Literal["document", "value", "latency", "errors"]
    where: str
    format: MetricFormat | None = None
    body_bytes: int | None = None
    families: int | None = None
    series: int | None = None
    missing: str | None = None
    unreadable: str | None = None
    unended: str | None = None
    repeated: str | None = None
    buckets: str | None = None
    types: str | None = None
    disagreement: str | None = None
    absent: str | None = None
    unusable: str | None = None
    value: float | None = None
    observations: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    errors: float | None = None
    readings: dict[str, float] = Field(default_factory=dict)
    crowded: str | None = None

    @property
    def trouble(self) -> str | None:
        """The first thing that is wrong with the document."""
        wrong = (
            self.missing,
            self.unreadable,
            self.unended,
            self.repeated,
            self.buckets,
            self.types,
            self.disagreement,
        )
        return next(filter(None, wrong), None)
