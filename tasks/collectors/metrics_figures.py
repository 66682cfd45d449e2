"""Figures out of a document of metrics: sums, shares under a limit, errors of a total."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from math import fsum, inf, isfinite
from typing import Any

from checks.kinds.metrics import ErrorLimit, LatencyLimit, Series, ValueLimit
from checks.kinds.series_text import series_text
from tasks.collectors.metrics_form import Histogram, histograms, series_key
from tasks.collectors.metrics_text import Metrics

Figure = dict[str, Any]
"""Fields of a `MetricsRow`."""
_MOST_READINGS = 5_000


def value_of(metrics: Metrics, limit: ValueLimit) -> Figure:
    """The sum over the series that a limit names."""
    values = _matching(metrics, limit)
    if not values:
        return {"absent": f"no series is {limit}"}
    return {"series": len(values), **_number("value", values)}


def latency_of(metrics: Metrics, limit: LatencyLimit) -> Figure:
    """How many observations there are, and the shares that certainly and possibly kept the limit."""
    found = [
        series
        for labels, series in histograms(metrics, limit.histogram).items()
        if series.buckets and fits(dict(labels), limit.labels)
    ]
    if not found:
        return {"absent": f"no histogram is {Series(metric=limit.histogram, labels=limit.labels)}"}
    try:
        brackets = [_bracket(series, limit.within.total_seconds()) for series in found]
    except ValueError:
        return {"unusable": "a bucket's bound is no number"}
    low, high, total = (fsum(each) for each in zip(*brackets, strict=True))
    if not (isfinite(total) and 0 <= low <= high <= total):
        return {"unusable": "its buckets do not add up"}
    shares = {"share_low": low / total, "share_high": high / total} if total > 0 else {}
    return {"series": len(found), "observations": total, **shares}


def errors_of(metrics: Metrics, limit: ErrorLimit) -> Figure:
    """Errors and total. Errors that never happened may have no series yet, so long as their metric is there."""
    errors, totals = _matching(metrics, limit.errors), _matching(metrics, limit.total)
    if not totals:
        return {"absent": f"no series is {limit.total}"}
    if not errors and not _known(metrics, limit.errors.metric):
        return {"absent": f"there is no metric {limit.errors.metric}"}
    if any(count < 0 for count in (*errors, *totals)):
        return {"unusable": "it counts less than nothing"}
    return {"series": len(totals), **_number("errors", errors), **_number("observations", totals)}


def readings_of(metrics: Metrics, wanted: Sequence[Series]) -> Figure:
    """The values of the series that are named, by their names and labels; too many of them are not kept."""
    by_metric: dict[str, list[Series]] = defaultdict(list)
    for series in wanted:
        by_metric[series.metric].append(series)
    readings = {
        series_text(*series_key(sample)): sample.value
        for sample in metrics.samples
        if sample.name in by_metric and any(fits(dict(sample.labels), one.labels) for one in by_metric[sample.name])
    }
    if len(readings) > _MOST_READINGS:
        return {"crowded": f"{len(readings)} series are of those that are named; at most {_MOST_READINGS} are kept"}
    return {"readings": readings}


def _number(name: str, values: Iterable[float]) -> Figure:
    """The sum as a field, or why it is none; infinities of both signs cannot be summed."""
    try:
        total = fsum(values)
    except (ValueError, OverflowError):
        total = inf
    return {name: total} if isfinite(total) else {"unusable": f"its {name} is no finite number"}


def _matching(metrics: Metrics, series: Series) -> list[float]:
    return [
        sample.value
        for sample in metrics.samples
        if sample.name == series.metric and fits(dict(sample.labels), series.labels)
    ]


def fits(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(
        label in labels and (fnmatchcase(labels[label], _glob(value)) if "*" in value else labels[label] == value)
        for label, value in wanted.items()
    )


def _glob(value: str) -> str:
    """Only `*` has a meaning."""
    return value.replace("[", "[[]").replace("?", "[?]")


def _known(metrics: Metrics, name: str) -> bool:
    declared = {name, name.removesuffix("_total")} & metrics.types.keys()
    return bool(declared) or any(sample.name == name for sample in metrics.samples)


def _bracket(series: Histogram, limit: float) -> tuple[float, float, float]:
    """How many observations certainly kept the limit, how many may have, and how many there are.

    With no finite bucket at or over the limit the rest lies in +Inf, and nothing says that any of it kept the limit.
    """
    bounds = sorted((float(bound), count) for bound, count in series.buckets)
    certain = max(((bound, count) for bound, count in bounds if bound <= limit), default=(0.0, 0.0))[1]
    possible = min(((bound, count) for bound, count in bounds if limit <= bound < inf), default=(inf, certain))[1]
    total = bounds[-1][1] if bounds[-1][0] == inf else (series.count or 0.0)
    return certain, possible, total
