"""Whether a document of metrics is whole and well formed: what the parsers let through is found here.

Each function gives the first thing that is wrong of its sort, in words, or `None`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf, isclose, isnan

from tasks.collectors.metrics_text import Metrics, Sample

_SUFFIXES = ("", "_total", "_bucket", "_count", "_sum", "_info")


@dataclass(slots=True)
class Histogram:
    """One classic histogram series: its buckets as they stand, by bound as text, and its count."""

    shown: str
    buckets: list[tuple[str, float]] = field(default_factory=list)
    count: float | None = None


def unended(body: bytes, metrics: Metrics) -> str | None:
    """Text ends in a newline, OpenMetrics in `# EOF` too; JSON cannot be parsed without its end."""
    if metrics.format == "openmetrics" and body.rstrip(b"\n").rpartition(b"\n")[2] != b"# EOF":
        return "it does not end in # EOF"
    if metrics.format == "prometheus" and not body.endswith(b"\n"):
        return "its last line has no end"
    return None


def repeated(metrics: Metrics) -> str | None:
    """No series stands there twice; `le` counts as a number, so "1" and "1.0" are the same bucket."""
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for sample in metrics.samples:
        key = series_key(sample)
        if key in seen:
            return f"{sample} stands there twice"
        seen.add(key)
    return None


def series_key(sample: Sample) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What makes two samples the same series."""
    return sample.name, tuple((label, _bound_text(value) if label == "le" else value) for label, value in sample.labels)


def histograms(metrics: Metrics, name: str) -> dict[tuple[tuple[str, str], ...], Histogram]:
    """The series of one histogram, by their labels without `le`."""
    found: dict[tuple[tuple[str, str], ...], Histogram] = {}
    for sample in metrics.samples:
        if sample.name not in (f"{name}_bucket", f"{name}_count"):
            continue
        labels = tuple(pair for pair in sample.labels if pair[0] != "le")
        series = found.setdefault(labels, Histogram(str(Sample(name, labels, 0))))
        if sample.name.endswith("_count"):
            series.count = sample.value
        else:
            series.buckets.append((dict(sample.labels).get("le", ""), sample.value))
    return found


def bucket_trouble(metrics: Metrics) -> str | None:
    """Every classic histogram has a +Inf bucket that equals its count, and buckets that never fall."""
    names = [name for name, kind in metrics.types.items() if kind == "histogram"]
    by_name = _grouped(metrics, names)
    troubles = (_trouble(series) for name in names for series in histograms(by_name[name], name).values())
    return next(filter(None, troubles), None)


def type_trouble(metrics: Metrics, required: Mapping[str, str]) -> str | None:
    """Every required metric has a sample, and its family states the required type."""
    return "; ".join(filter(None, (_type_trouble(metrics, *each) for each in required.items()))) or None


def disagreement(here: Metrics, there: Metrics, *, tolerance: float, slack: float) -> str | None:
    """Each series over there stands here too, with about the same value."""
    if not there.samples:
        return "the other document holds no series"
    values = {series_key(sample): sample.value for sample in here.samples}
    wrong = list(_differences(values, there, tolerance, slack))
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{wrong[0]}{more}" if wrong else None


def _differences(
    values: Mapping[tuple[str, tuple[tuple[str, str], ...]], float], there: Metrics, tolerance: float, slack: float
) -> Iterator[str]:
    for sample in there.samples:
        value = values.get(series_key(sample))
        if value is None:
            yield f"{sample} stands only in the other document"
        elif not (
            isclose(value, sample.value, rel_tol=tolerance, abs_tol=slack) or (isnan(value) and isnan(sample.value))
        ):
            yield f"{sample} is {value:g} here and {sample.value:g} there"


def _grouped(metrics: Metrics, names: list[str]) -> dict[str, Metrics]:
    """The samples that can belong to each family, so that many families do not cost many passes."""
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in metrics.samples:
        groups[sample.name.rpartition("_")[0]].append(sample)
    return {name: Metrics(metrics.format, {}, tuple(groups[name])) for name in names}


def _trouble(series: Histogram) -> str | None:
    try:
        bounds = sorted((float(bound), value) for bound, value in series.buckets)
    except ValueError:
        return f"{series.shown} has a bucket whose le is no number"
    if not bounds or bounds[-1][0] != inf:
        return f"{series.shown} has no +Inf bucket"
    values = [value for _, value in bounds]
    if any(isnan(value) or value < 0 for value in values):
        return f"{series.shown} has a bucket that counts no number"
    if values != sorted(values):
        return f"{series.shown} has a bucket that counts less than the one below it"
    if series.count is None:
        return f"{series.shown} has no _count"
    if series.count != values[-1]:
        return f"{series.shown} counts {series.count:g}, and its +Inf bucket {values[-1]:g}"
    return None


def _type_trouble(metrics: Metrics, name: str, required: str) -> str | None:
    family = name if name in metrics.types else name.removesuffix("_total")
    names = {name, *(family + suffix for suffix in _SUFFIXES)}
    if not any(sample.name in names for sample in metrics.samples):
        return f"{name} is absent"
    stated = metrics.types.get(family, "of no stated type")
    return None if stated == required else f"{name} is {stated} and should be {required}"


def _bound_text(bound: str) -> str:
    try:
        return repr(float(bound))
    except ValueError:
        return bound
