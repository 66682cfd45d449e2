"""What objectives are about: shares, limits, metrics and where their history is found, in OpenSLO's words."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    FiniteFloat,
    PlainSerializer,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic import WithJsonSchema as Schema

from checks.durations import Duration, Size, parse_duration, parse_size
from checks.evidence.records import Record
from checks.kinds.fields import FieldPath
from checks.kinds.log_lines import TIMES
from checks.kinds.metrics import MetricName, Series
from checks.objectives.shares import exact
from checks.places import Place

Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=100)]
Form = Literal["ratio", "histogram", "native histogram", "gauge", "counter"]
Operator = Literal["lt", "lte", "gt", "gte"]


def parse_share(value: object) -> Fraction:
    """Reads 0.999 or `99.9%`, exactly; it lies over 0 and is at most 1."""
    if isinstance(value, Fraction):
        return value
    try:
        share = exact(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ArithmeticError, ValueError):
        share = None
    if share is None or not 0 < share <= 1:
        raise ValueError(f"{value!r} is no share; write 99.9% or 0.999")
    return share


def parse_limit(value: object) -> float:
    """Reads a number, or a duration as its seconds."""
    if isinstance(value, str):
        return parse_duration(value).total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"{value!r} is no limit; write a number, or a duration such as 500ms")


Share = Annotated[
    Fraction,
    BeforeValidator(parse_share),
    PlainSerializer(str),
    Schema({"anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}),
]
Limit = Annotated[
    FiniteFloat,
    BeforeValidator(parse_limit),
    Schema({"anyOf": [{"type": "number"}, {"type": "string", "examples": ["1s"]}]}),
]


class _History(Record):
    """Samples that were taken every `interval`.

    Of the last `recent` every sample is asked for, of what is older one for each `step`: by default as many as
    Prometheus gives. `started` is a gauge with the instant (in seconds) at which each process began, so that a
    restart shows that no counter tells.
    """

    interval: Annotated[Duration, Field(gt=timedelta(0))] = parse_duration("1m")
    recent: Annotated[Duration, Field(gt=timedelta(0))] = parse_duration("6h")
    step: Annotated[Duration, Field(gt=timedelta(0))] | None = None
    started: Series | None = None


class PrometheusHistory(_History):
    """Asks a Prometheus, by the name of its HTTP source, for what it has scraped."""

    prometheus: Annotated[str, Field(min_length=1)]


class SampleHistory(_History):
    """Reads what the looks of a `metrics` check left in the evidence store, by its name: the series that it `keep`s.

    So a system needs no Prometheus; `interval` is how often that check looks.
    """

    samples: Annotated[str, Field(min_length=1)]


class LogHistory(Record):
    """Counts the lines of a log of JSON lines in a folder; `*` in its path takes in files that were rotated away.

    Its lines are the counter `lines`, whose labels are their fields; a histogram is the field that holds a number. What
    ends in `.gz` is unpacked. A log that is silent for over two `interval`s may be one that nobody writes, so that
    nothing is known of that time. At most `most` bytes are read. A line that does not say what it must makes all of it
    inconclusive.
    """

    log: Place
    time: FieldPath | None = None
    interval: Annotated[Duration, Field(gt=timedelta(0))] = parse_duration("1m")
    most: Size = parse_size("5GB")

    @property
    def times(self) -> tuple[FieldPath, ...]:
        """Where a line's timestamp may stand, in order."""
        return (self.time,) if self.time else TIMES


LINES = "lines"
"""What the one metric of a log is called."""


def _history_tag(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return next((name for name in _HISTORIES if name in value), None)
    return next((name for name, sort in _HISTORIES.items() if isinstance(value, sort)), None)


_HISTORIES: dict[str, type[Record]] = {"prometheus": PrometheusHistory, "samples": SampleHistory, "log": LogHistory}
ObjectiveHistory = Annotated[
    Annotated[PrometheusHistory, Tag("prometheus")]
    | Annotated[SampleHistory, Tag("samples")]
    | Annotated[LogHistory, Tag("log")],
    Discriminator(
        _history_tag,
        custom_error_type="history_kind",
        custom_error_message=(
            "does not say where samples are; give it prometheus (a source), samples (a check) or log (a place)"
        ),
    ),
]


class RatioMetric(Record):
    """Events of a total: those that are good, those that are bad, or both, which then have to add up to it."""

    good: Series | None = None
    bad: Series | None = None
    total: Series

    @model_validator(mode="after")
    def _tells_one_from_the_other(self) -> Self:
        if self.good is None and self.bad is None:
            raise ValueError("a ratio needs good, bad or both, beside total")
        return self


class ThresholdMetric(Record):
    """What is held against a value: the observations of a histogram, the looks at a gauge, or what a counter counts.

    A counter is held against it in slices of time: so much at least (or at most) is to be counted in each.
    """

    histogram: MetricName | None = None
    native_histogram: MetricName | None = None
    gauge: MetricName | None = None
    counter: MetricName | None = None
    labels: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self._named) != 1:
            raise ValueError("a threshold metric is one of histogram, native_histogram, gauge and counter")
        return self

    @property
    def form(self) -> Form:
        return self._named[0][0]

    @property
    def series(self) -> Series:
        return Series(metric=self._named[0][1], labels=self.labels)

    @property
    def _named(self) -> list[tuple[Form, str]]:
        found: list[tuple[Form, str | None]] = [
            ("histogram", self.histogram),
            ("native histogram", self.native_histogram),
            ("gauge", self.gauge),
            ("counter", self.counter),
        ]
        return [(form, name) for form, name in found if name is not None]
