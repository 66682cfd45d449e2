"""Metrics: is a document of metrics whole and well formed, and do its figures keep their limits?"""

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from checks.catalog import Check
from checks.durations import Duration
from checks.evidence.records import EvidenceRow, Record
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


class ErrorLimit(Record):
    """The share of `errors` in `total` is at most `max`; fewer than `samples` in total decide nothing."""

    errors: Series
    total: Series
    max: Annotated[float, Field(ge=0, lt=1)]
    samples: Annotated[int, Field(ge=1)] = 1

    def __str__(self) -> str:
        return f"{self.errors} of {self.total}"


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


class MetricsCheck(Check):
    """Reads a document of metrics; the document itself is a subject, and so is each figure that has a limit.

    `format` is what is asked for and must come back; without it the document's own Content-Type, or the ending of a
    file's name, decides. `agrees_with` is the same document in another format: each series there must stand here too,
    within the relative `tolerance` or the absolute `slack`.
    """

    kind: Literal["metrics"] = "metrics"
    document: Place
    format: MetricFormat | None = None
    agrees_with: Place | None = None
    tolerance: Annotated[float, Field(ge=0, lt=1)] = 0.01
    slack: Annotated[FiniteFloat, Field(ge=0)] = 0
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
        return tuple(dict.fromkeys(place.source for place in places))

    @property
    def subjects(self) -> tuple[str, ...]:
        figures = (*self.expect.values, *self.expect.latency, *self.expect.errors)
        return (str(self.document), *map(str, figures))


class MetricsRow(EvidenceRow):
    """The document (`part` says so), or one figure of it; fields of other parts are `None`.

    `missing` says why nothing was read, `unreadable` why it is no document of metrics. `unended`, `repeated`,
    `buckets`, `types` and `disagreement` each tell the first thing that is wrong of its sort, `None` where nothing is.
    For a figure `absent` says why there is none and `unusable` why it is no number to compare. Of `observations` the
    shares that certainly and possibly took no longer than the limit are `share_low` and `share_high`.
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
