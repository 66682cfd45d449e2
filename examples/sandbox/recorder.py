"""A stand-in for Prometheus: answers, out of series that it holds, the questions that an objective asks."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

_QUERY = re.compile(r"(?P<last>last_over_time\()?(?P<name>[\w:]+)\{(?P<inside>.*)\}\[(?P<length>\d+)ms\]\)?", re.DOTALL)
_SELECTOR = re.compile(r"(?P<name>[\w:]+)\{(?P<inside>.*)\}", re.DOTALL)
_MATCHER = re.compile(r'(\w+)(=~|=)"((?:[^"\\]|\\.)*)"')
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One series: its name, its labels, and its samples as instants (ms) and values, in the order of time."""

    name: str
    labels: Mapping[str, str]
    instants: "np.ndarray[Any, np.dtype[np.int64]]"
    values: "np.ndarray[Any, np.dtype[np.float64]]"

    @property
    def metric(self) -> dict[str, str]:
        return {"__name__": self.name, **self.labels}


@dataclass(slots=True)
class Recorder:
    """Holds series, and what it would warn of or refuse; rules and alerts as their documents' `data`."""

    series: Sequence[Recorded]
    warnings: list[str] = field(default_factory=list)
    refusal: tuple[int, str, str] | None = None
    documents: dict[str, Any] = field(default_factory=dict)

    def answer(self, target: str) -> tuple[int, bytes, str]:
        """Status, body and content type for a path with its parameters."""
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.refusal is not None:
            status, kind, said = self.refusal
            return status, json.dumps({"status": "error", "errorType": kind, "error": said}).encode(), _JSON
        try:
            data = self._data(parts.path, asked)
        except (KeyError, ValueError) as error:
            refused = {"status": "error", "errorType": "bad_data", "error": f"not understood here: {error}"}
            return 400, json.dumps(refused).encode(), _JSON
        told = {"status": "success", "data": data, **({"warnings": self.warnings} if self.warnings else {})}
        return 200, json.dumps(told).encode(), _JSON

    def _data(self, path: str, asked: Mapping[str, str]) -> Any:
        match path.removeprefix("/api/v1/"):
            case "query":
                query, end = _parsed(_QUERY, asked["query"]), _milliseconds(asked["time"])
                found = self._selected(query)
                return _matrix((one, _between(one, end - int(query["length"]), end)) for one in found)
            case "query_range":
                return self._by_step(_parsed(_QUERY, asked["query"]), asked)
            case "label/le/values":
                query = _parsed(_SELECTOR, asked["match[]"])
                return sorted({one.labels["le"] for one in self._selected(query) if "le" in one.labels})
            case other:
                return self.documents[other]

    def _by_step(self, query: Mapping[str, str], asked: Mapping[str, str]) -> dict[str, Any]:
        start, end, step = (_milliseconds(asked[name]) for name in ("start", "end", "step"))
        edges = np.arange(start, end + 1, step)
        found = []
        for one in self._selected(query):
            place = np.searchsorted(one.instants, edges, side="right") - 1
            there = (place >= 0) & (one.instants[np.maximum(place, 0)] >= edges - int(query["length"]))
            found.append((one, zip(edges[there].tolist(), one.values[place[there]].tolist(), strict=True)))
        return _matrix(found)

    def _selected(self, query: Mapping[str, str]) -> list[Recorded]:
        matchers = [(label, how == "=~", _unquoted(text)) for label, how, text in _MATCHER.findall(query["inside"])]
        return [one for one in self.series if one.name == query["name"] and _fits(one.labels, matchers)]


def _matrix(found: Iterable[tuple[Recorded, Iterable[tuple[int, float]]]]) -> dict[str, Any]:
    listed = [(one.metric, [[at / 1000, _number(value)] for at, value in samples]) for one, samples in found]
    return {
        "resultType": "matrix",
        "result": [{"metric": metric, "values": values} for metric, values in listed if values],
    }


def _between(one: Recorded, start: int, end: int) -> Iterable[tuple[int, float]]:
    kept = (one.instants >= start) & (one.instants <= end)
    return zip(one.instants[kept].tolist(), one.values[kept].tolist(), strict=True)


def _parsed(pattern: re.Pattern[str], text: str) -> Mapping[str, str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match.groupdict()


def _fits(labels: Mapping[str, str], matchers: Iterable[tuple[str, bool, str]]) -> bool:
    return all(
        re.fullmatch(text, labels.get(label, "")) is not None if by_pattern else labels.get(label, "") == text
        for label, by_pattern, text in matchers
    )


def _unquoted(text: str) -> str:
    return str(json.loads(f'"{text}"'))


def _milliseconds(text: str) -> int:
    return round(float(text) * 1000)


def _number(value: float) -> str:
    """As Prometheus writes it."""
    if math.isfinite(value):
        return repr(int(value)) if value.is_integer() else repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
