"""Figures for Prometheus, in its text format.

Nothing that is absent looks good. Every check of the catalogue has its series whether or not it was ever observed;
where the store cannot be read each of them is ERROR; and what never was is infinitely old.
"""

from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric

from reports.exports.check_families import CHECKS
from reports.exports.keeping_families import KEEPING
from reports.exports.schedule_families import SCHEDULES
from reports.exports.watched import Watched

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
FAMILIES = (*CHECKS, *SCHEDULES, *KEEPING)


def exposition(watched: Watched) -> bytes:
    """Prometheus's text format 0.0.4, of the media type `CONTENT_TYPE`."""
    return generate_latest(_Families(watched))


class _Families:
    """What `prometheus_client` calls a custom collector."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def collect(self) -> Iterator[Metric]:
        return (family.metric(self._watched) for family in FAMILIES)
