"""What Prometheus answers: series with their samples, what it warns of, or why there is no answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.evidence.records import RawCapture
from checks.objectives.histograms import NativeBucket, NativeReading
from checks.objectives.progress import Readings
from checks.objectives.series import LabelledSeries
from tasks.collectors.http_exchange import Exchange, exchange_from, printable
from tasks.collectors.strict_json import Json, Unreadable, parse

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question brought; with a `failure` nothing else counts."""

    series: tuple[LabelledSeries, ...] = ()
    values: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None


def answer_from(capture: RawCapture) -> Answer:
    """The answer that a capture holds; whatever keeps it from being one is its failure."""
    exchange = exchange_from(capture)
    if exchange.no_answer is not None:
        return Answer(failure=f"Prometheus: {exchange.no_answer}")
    try:
        return _read(exchange)
    except (Unreadable, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        status = f"HTTP {exchange.status}, and " if exchange.status != 200 else ""
        return Answer(failure=f"Prometheus: {status}its answer is none of its API: {printable(str(error), _LONGEST)}")


def _read(exchange: Exchange) -> Answer:
    document: Any = parse(exchange.body)
    if exchange.status != 200 or document["status"] != "success":
        said = f"{document['errorType']}: {document['error']}"
        return Answer(failure=f"Prometheus refused: HTTP {exchange.status}, {printable(said, _LONGEST)}")
    warnings = tuple(printable(str(text), _LONGEST) for text in document.get("warnings") or ())
    data = document["data"]
    if isinstance(data, list):
        return Answer(values=tuple(map(str, data)), warnings=warnings)
    if data["resultType"] != "matrix":
        raise Unreadable(f"it holds a {data['resultType']} and no matrix")
    return Answer(tuple(_series(one) for one in data["result"]), (), warnings)


def _series(found: Mapping[str, Any]) -> LabelledSeries:
    pairs: Sequence[Sequence[Any]] = found.get("values") or ()
    instants = np.array([_milliseconds(at) for at, _ in pairs], np.int64)
    values = np.array([float(value) for _, value in pairs], np.float64)
    native = tuple(_native(at, histogram) for at, histogram in found.get("histograms") or ())
    labels = {str(label): str(text) for label, text in found["metric"].items()}
    return LabelledSeries(labels, Readings(instants, values), native)


def _native(at: float, histogram: Mapping[str, Any]) -> NativeReading:
    buckets = tuple(
        NativeBucket(int(rule), float(left), float(right), float(count))
        for rule, left, right, count in histogram.get("buckets") or ()
    )
    return NativeReading(_milliseconds(at), float(histogram["count"]), buckets)


def _milliseconds(seconds: Json) -> int:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise Unreadable(f"{seconds!r} is no instant")
    return round(seconds * 1000)
