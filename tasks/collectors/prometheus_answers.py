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

NOT_ITS_API = (Unreadable, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer may raise where it is not what Prometheus would say."""
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Said:
    """The `data` of an answer as it stands, and what it warns of; with a `failure` nothing else counts."""

    data: Any = None
    warnings: tuple[str, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The series of an answer, or the values of a label."""

    series: tuple[LabelledSeries, ...] = ()
    values: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None


def said_in(capture: RawCapture) -> Said:
    """What an answer says; whatever keeps it from being one is its failure."""
    if "url" not in capture.meta:  # the own evidence store wrote it, which answers in the same words
        return Said(_document(capture)["data"])
    exchange = exchange_from(capture)
    if exchange.no_answer is not None:
        return Said(failure=f"Prometheus: {exchange.no_answer}")
    try:
        return _said(exchange)
    except NOT_ITS_API as error:
        status = f"HTTP {exchange.status}, and " if exchange.status != 200 else ""
        return Said(failure=f"Prometheus: {status}{not_its_api(error)}")


def answer_from(capture: RawCapture) -> Answer:
    """The series or values that a capture holds."""
    said = said_in(capture)
    if said.failure is not None:
        return Answer(failure=said.failure)
    try:
        if isinstance(said.data, list):
            return Answer(values=tuple(map(str, said.data)), warnings=said.warnings)
        if said.data["resultType"] != "matrix":
            raise Unreadable(f"it holds a {said.data['resultType']} and no matrix")
        return Answer(tuple(_series(one) for one in said.data["result"]), (), said.warnings)
    except NOT_ITS_API as error:
        return Answer(failure=f"Prometheus: {not_its_api(error)}")


def not_its_api(error: Exception) -> str:
    """Why an answer is none, in words that follow `Prometheus:`."""
    return f"its answer is none of its API: {printable(str(error), _LONGEST)}"


def _document(capture: RawCapture) -> Any:
    return parse(capture.body)


def _said(exchange: Exchange) -> Said:
    document: Any = parse(exchange.body)
    if exchange.status != 200 or document["status"] != "success":
        said = f"{document['errorType']}: {document['error']}"
        return Said(failure=f"Prometheus refused: HTTP {exchange.status}, {printable(said, _LONGEST)}")
    warnings = tuple(printable(str(text), _LONGEST) for text in document.get("warnings") or ())
    return Said(document["data"], warnings)


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
