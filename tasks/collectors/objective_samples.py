"""The history of an objective out of the own evidence store: samples that earlier looks left, written as Prometheus
would answer, so that whoever reads the one can read the other."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np

from checks.epoch import from_milliseconds
from checks.errors import CollectionError
from checks.evidence.records import RawCapture, json_bytes
from checks.kinds.metrics import Series
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.objective_metrics import SampleHistory
from checks.kinds.series_text import read_series
from checks.objectives.series import NAME
from checks.samples import Samples, SeriesKey
from tasks.collectors.history import OpenStore, SampleStore
from tasks.collectors.http_exchange import item_name
from tasks.collectors.metrics_figures import fits
from tasks.collectors.objective_history import STARTED, Span, role_of_older, role_of_recent

STORED = "stored"
"""What the meta of a capture names where its answer is the own store's: the check whose samples they are."""
_AFTER = timedelta(milliseconds=1)


def sample_captures(
    check: ObjectiveCheck, history: SampleHistory, span: Span, open_store: OpenStore | None
) -> list[RawCapture]:
    """A capture for each role: of what is older the last sample in each step, and every recent one."""
    if open_store is None:
        raise CollectionError(f"{check.id}: there is no evidence store to read samples from")
    wanted = dict(check.series) | ({STARTED: history.started} if history.started is not None else {})
    with open_store() as store:
        keys = store.series([history.samples])
        answers = {role: dict(_answers(store, keys, series, check, span)) for role, series in wanted.items()}
    captures = list[RawCapture]()
    for role, (number, found) in ((role, each) for role, some in answers.items() for each in enumerate(some.items())):
        part, result = found
        named = role_of_older(role) if part == "older" else role_of_recent(role, number)
        body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        meta = {STORED: history.samples, "role": named, **asdict(span)}
        captures.append(RawCapture(item_name(len(captures) + 1, f"{named}.json"), json_bytes(body), meta))
    return captures


def _answers(
    store: SampleStore, keys: list[SeriesKey], series: Series, check: ObjectiveCheck, span: Span
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    suffix = "_bucket" if check.form == "histogram" else ""
    labels = {key: found for key in keys if (found := _labels(key, series, suffix)) is not None}
    window = (from_milliseconds(span.reach), from_milliseconds(span.end) + _AFTER)
    samples = store.samples(list(labels), since=window[0], until=window[1])
    yield "older", [_matrix(labels[key], _by_step(one, span)) for key, one in samples.items()]
    yield "recent", [_matrix(labels[key], one.between(span.border + 1, span.end + 1)) for key, one in samples.items()]


def _labels(key: SeriesKey, series: Series, suffix: str) -> Mapping[str, str] | None:
    """The labels of a stored series that an objective asks for; what was looked at tells two targets apart."""
    metric, labels = read_series(key.measure)
    if metric != series.metric + suffix or not fits(labels, series.labels):
        return None
    return {NAME: metric, "job": key.check, "instance": key.subject, **labels}


def _by_step(samples: Samples, span: Span) -> Samples:
    """The last sample in each step up to the border."""
    older = samples.between(span.reach, span.border + 1)
    seen = np.flatnonzero(older.seen)
    steps = -(-older.instants[seen] // span.step)
    last = seen[np.append(np.diff(steps) != 0, [True] * bool(len(seen)))]
    return Samples(older.key, older.every, older.instants[last], older.values[last], older.states[last])


def _matrix(labels: Mapping[str, str], samples: Samples) -> dict[str, Any]:
    seen = samples.seen
    pairs = zip((samples.instants[seen] / 1000).tolist(), samples.values[seen].tolist(), strict=True)
    return {"metric": dict(labels), "values": [[at, repr(value)] for at, value in pairs]}
