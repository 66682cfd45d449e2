"""A family of series for Prometheus: its name, its labels, what it says, and where its values come from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from reports.exports.watched import Watched

EVERYWHERE = ("system", "environment")
"""The labels of every series: whose evidence it is; empty while no catalogue can be read."""

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values with the values of the family's own labels."""


@dataclass(frozen=True, slots=True)
class Family:
    """Series of one name; `labels` come after those that every series has."""

    name: str
    kind: Literal["gauge", "counter"]
    labels: tuple[str, ...]
    told: str
    samples: Callable[[Watched], Samples]

    def metric(self, watched: Watched) -> Metric:
        """The family as Prometheus's own library writes it."""
        made = CounterMetricFamily if self.kind == "counter" else GaugeMetricFamily
        found = made(self.name, self.told, labels=(*EVERYWHERE, *self.labels))
        for values, value in self.samples(watched):
            found.add_metric((watched.system, watched.environment, *values), value)
        return found


def single(value: Callable[[Watched], float | None]) -> Callable[[Watched], Samples]:
    """One sample, if there is the value."""

    def samples(watched: Watched) -> Samples:
        found = value(watched)
        return () if found is None else (((), found),)

    return samples


def seconds_of(span: timedelta | None, *, absent: float) -> float:
    """A span in seconds; `absent` where there is none."""
    return absent if span is None else span.total_seconds()


def instant_of(instant: datetime | None) -> float | None:
    """An instant in seconds since 1970; nothing where there is none."""
    return None if instant is None else instant.timestamp()
