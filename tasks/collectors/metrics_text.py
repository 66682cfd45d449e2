"""Reads a document of metrics by its format: Prometheus text, OpenMetrics or JSON."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families as classic_families

from checks.kinds.metrics import MetricFormat
from tasks.collectors.strict_json import Json, Unreadable, parse

ACCEPT: Mapping[MetricFormat | None, str] = {
    "prometheus": "text/plain;version=0.0.4",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "json": "application/json",
    None: "*/*",
}
_BY_MEDIA_TYPE: Mapping[str, MetricFormat] = {
    "text/plain": "prometheus",
    "application/openmetrics-text": "openmetrics",
    "application/json": "json",
}
_BY_ENDING: Mapping[str, MetricFormat] = {
    "prom": "prometheus",
    "txt": "prometheus",
    "om": "openmetrics",
    "openmetrics": "openmetrics",
    "json": "json",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One series' value; labels in order of their names."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float

    def __str__(self) -> str:
        inside = ",".join(f'{label}="{value}"' for label, value in self.labels)
        return f"{self.name}{{{inside}}}" if inside else self.name


@dataclass(frozen=True, slots=True)
class Metrics:
    """A document of metrics: the type of each family that states one, and every sample in its order."""

    format: MetricFormat
    types: Mapping[str, str]
    samples: tuple[Sample, ...]


def format_of(content_type: str | None, name: str) -> MetricFormat:
    """The format by Content-Type; for a file, which has none, by the ending of its name."""
    if content_type is None:
        found = _BY_ENDING.get(name.rpartition(".")[2].lower())
        if found is None:
            raise Unreadable("has no Content-Type that says what it is")
        return found
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type not in _BY_MEDIA_TYPE:
        raise Unreadable(f"has the Content-Type {media_type!r}, which is no format of metrics")
    return _BY_MEDIA_TYPE[media_type]


def read_metrics(body: bytes, kind: MetricFormat) -> Metrics:
    """The metrics in a body; `Unreadable` says what is wrong with it."""
    if not body.strip():
        raise Unreadable("is empty")
    if kind == "json":
        return _read_json(parse(body))
    return _read_text(body, kind, classic_families if kind == "prometheus" else openmetrics_families)


def _read_text(body: bytes, kind: MetricFormat, families: Callable[[str], Iterable[Metric]]) -> Metrics:
    types: dict[str, str] = {}
    samples: list[Sample] = []
    try:
        for family in families(body.decode()):
            if types.get(family.name, "unknown") == "unknown":
                types[family.name] = family.type
            samples += [Sample(each.name, tuple(sorted(each.labels.items())), each.value) for each in family.samples]
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    except (ValueError, KeyError, IndexError) as error:  # all of them leave the parsers on text that is cut or wrong
        raise Unreadable(f"cannot be parsed as {kind} text: {str(error) or 'a line is cut or malformed'}") from None
    return Metrics(kind, types, tuple(samples))


def _read_json(document: Json) -> Metrics:
    """Numbers by name; or a list, bare or under `metrics`, of families with samples or of samples alone."""
    listed = document.get("metrics", document) if isinstance(document, dict) else document
    types: dict[str, str] = {}
    if isinstance(listed, dict):
        return Metrics("json", types, tuple(_named(listed)))
    if not isinstance(listed, list):
        raise Unreadable("is JSON, but holds no metrics")
    samples: list[Sample] = []
    for entry in listed:
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise Unreadable("is JSON, but an entry in its list has no name")
        if isinstance(kind := entry.get("type"), str):
            types[str(entry["name"])] = kind
        inside = entry.get("samples", [entry])
        samples += [_sample(each) for each in inside] if isinstance(inside, list) else []
    return Metrics("json", types, tuple(samples))


def _named(document: Mapping[str, Json], prefix: str = "") -> Iterator[Sample]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _named(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield Sample(prefix + name, (), _number(value))


def _sample(entry: Json) -> Sample:
    if not isinstance(entry, dict):
        raise Unreadable("is JSON, but a sample in it is no object")
    name, labels, value = entry.get("name"), entry.get("labels"), entry.get("value")
    if not isinstance(name, str) or not isinstance(value, int | float) or isinstance(value, bool):
        raise Unreadable("is JSON, but a sample in it has no name or no number")
    pairs = labels.items() if isinstance(labels, dict) else ()
    return Sample(name, tuple(sorted((label, str(text)) for label, text in pairs)), _number(value))


def _number(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Unreadable("is JSON, but a value in it is too large a number") from None
