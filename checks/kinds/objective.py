"""Objectives: is a service level kept over its window, and how fast is its error budget spent?"""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Check
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.metrics import Series
from checks.kinds.objective_metrics import (
    LINES,
    Form,
    Label,
    Limit,
    LogHistory,
    ObjectiveHistory,
    Operator,
    PrometheusHistory,
    RatioMetric,
    SampleHistory,
    Share,
    ThresholdMetric,
)
from checks.objectives.coverage import fewest_samples
from checks.objectives.shares import exact
from checks.places import Place
from checks.timespans import duration_words

_LEAST_OBSERVATIONS = 400
"""Fewer say nothing of a quantile."""
_MOST_POINTS = 10_000
"""Prometheus gives at most 11,000 points of a series."""
_EVENTS, _SLICES = 100, 10
"""What has to lie in a burn rate's long window: events, or looks and slices of time, of which there are never many."""
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Each(Record):
    """A verdict for each value of a label, beside the one over all: those that are named are owed."""

    label: Label
    values: tuple[str, ...] = ()


class BurnExpectation(Record):
    """No pair of windows burns; fewer than `events` in the long one decide nothing."""

    events: Annotated[int, Field(ge=1)] | None = None


class ObjectiveExpectation(Record):
    """What the history must be like to decide anything, and what is told beside the target.

    `samples` is how many events must lie in the window: by default as many as can show the target at all, and 400 of a
    histogram. Between the target and `tolerated` it is a warning. `future` is how far clocks may differ.
    """

    samples: Annotated[int, Field(ge=1)] | None = None
    coverage: Share = exact("99%")
    age: Duration = parse_duration("10m")
    future: Duration = parse_duration("60s")
    tolerated: Share | None = None
    burn: BurnExpectation | None = BurnExpectation()


class ObjectiveCheck(Check):
    """Holds the share of good events over a window that ends now against a target.

    `value` is in the metric's own unit. All of it is counted from single series, with resets taken out of each.
    """

    kind: Literal["objective"] = "objective"
    history: ObjectiveHistory
    ratio_metric: RatioMetric | None = None
    threshold_metric: ThresholdMetric | None = None
    op: Operator = "lte"
    value: Limit | None = None
    time_slice_window: Duration | None = None
    target: Share
    time_window: Duration = parse_duration("30d")
    each: Each | None = None
    expect: ObjectiveExpectation = ObjectiveExpectation()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        problems = [text for text, wrong in self._problems() if wrong]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _problems(self) -> list[tuple[str, bool]]:
        threshold = self.threshold_metric
        form = threshold.form if threshold else None
        tolerated = self.expect.tolerated
        slice_window = self.time_slice_window
        return [
            ("time_window: an hour is the least to say anything of", self.time_window < _HOUR),
            ("time_slice_window: a minute is the least", slice_window is not None and slice_window < _MINUTE),
            ("it needs either ratio_metric or threshold_metric", (self.ratio_metric is None) is (threshold is None)),
            (
                "value and op belong to a threshold_metric, which needs a value",
                (threshold is None) is not (self.value is None),
            ),
            (
                "a counter is held against its value in slices; give it a time_slice_window",
                form == "counter" and slice_window is None,
            ),
            (
                "time_slice_window belongs to a threshold_metric that is a counter",
                form != "counter" and slice_window is not None,
            ),
            (
                "of a histogram op can only be lt or lte: its buckets count what is small",
                form in ("histogram", "native histogram") and self.op in ("gt", "gte"),
            ),
            (
                f"history.step: of {duration_words(self.time_window)} only {_MOST_POINTS} steps can be asked for",
                self.time_window / self.step > _MOST_POINTS and not isinstance(self.history, LogHistory),
            ),
            (
                "history.samples: no native histogram is kept as samples; ask for its classic buckets",
                form == "native histogram" and isinstance(self.history, SampleHistory),
            ),
            (
                "history.log: the lines of a log are a ratio, a histogram or a counter, and nothing else",
                form in ("gauge", "native histogram") and isinstance(self.history, LogHistory),
            ),
            (
                f"history.log: the one metric of a log is {LINES}, and what its lines say are labels",
                form in (None, "counter")
                and isinstance(self.history, LogHistory)
                and any(series.metric != LINES for series in self.series.values()),
            ),
            (
                "tolerated lies under the target, or nothing would be a warning",
                tolerated is not None and tolerated >= self.target,
            ),
        ]

    @property
    def form(self) -> Form:
        """What is counted."""
        return self.threshold_metric.form if self.threshold_metric else "ratio"

    @property
    def series(self) -> dict[str, Series]:
        """The series that it needs, by their role."""
        if self.threshold_metric is not None:
            return {self.threshold_metric.form: self.threshold_metric.series}
        ratio = self.ratio_metric
        parts = {"total": ratio.total, "good": ratio.good, "bad": ratio.bad} if ratio else {}
        return {role: series for role, series in parts.items() if series is not None}

    @property
    def step(self) -> timedelta:
        """How far apart the older samples are that it asks for, in whole minutes unless it is said."""
        if isinstance(self.history, LogHistory):
            return _MINUTE
        if self.history.step is not None:
            return self.history.step
        return max(self.history.interval, -(-self.time_window // _MOST_POINTS // _MINUTE) * _MINUTE)

    @property
    def recent(self) -> timedelta:
        """Of how long ago every sample is asked for; of a gauge all of them, since it may be bad between two steps."""
        if self.form == "gauge" or isinstance(self.history, LogHistory):
            return self.time_window
        return self.history.recent

    @property
    def samples(self) -> int:
        """How many events can decide."""
        least = _LEAST_OBSERVATIONS if self.form in ("histogram", "native histogram") else 1
        return self.expect.samples or max(least, fewest_samples(self.target) or 1)

    @property
    def burn_events(self) -> int | None:
        """How many events a burn rate's long window needs; `None` where nobody asks for burn rates."""
        if self.expect.burn is None:
            return None
        return self.expect.burn.events or (_SLICES if self.form in ("gauge", "counter") else _EVENTS)

    @property
    def sources(self) -> tuple[str, ...]:
        match self.history:
            case PrometheusHistory(prometheus=source) | LogHistory(log=Place(source=source)):
                return (source,)
            case _:
                return ()

    @property
    def looks_at(self) -> tuple[str, ...]:
        return (self.history.samples,) if isinstance(self.history, SampleHistory) else ()

    @property
    def subjects(self) -> tuple[str, ...]:
        if self.each is None:
            return (self.id,)
        return (self.id, *(f"{self.each.label}={value}" for value in self.each.values))


class Slice(Record):
    """A stretch of the window for a chart: how many events kept the limit, certainly and possibly, of how many."""

    low: float
    high: float
    total: float


class ObjectiveRow(EvidenceRow):
    """One subject over its window, or (`part` is burn) over one pair of windows; other fields are `None` there.

    `unanswered` says why its source told nothing, `warned` what that warned of, `absent` what is not there, `unusable`
    why it is no count. Of `total` events at least `low` and at most `high` were good. Durations are seconds; `gaps` are
    when nothing was observed. `long` and `short` are a pair's windows, with `total`, `low` and `high` of the long one.
    """

    part: Literal["objective", "burn"] = "objective"
    form: Form
    start: Instant
    end: Instant
    unanswered: str | None = None
    warned: str | None = None
    absent: str | None = None
    unusable: str | None = None
    series: int | None = None
    resets: int | None = None
    total: float | None = None
    low: float | None = None
    high: float | None = None
    coverage: float | None = None
    samples: int | None = None
    newest: Instant | None = None
    longest_gap: float | None = None
    gaps: tuple[tuple[Instant, Instant], ...] = ()
    course: tuple[Slice, ...] = ()
    long: float | None = None
    short: float | None = None
    short_total: float | None = None
    short_low: float | None = None
    short_high: float | None = None
