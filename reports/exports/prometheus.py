"""Figures for Prometheus: each family of series once, with its name, its labels, what it says, and where it comes from.

Nothing that is absent looks good. Every check of the catalogue has its series whether or not it was ever observed;
where the store cannot be read each of them is ERROR; and what never was is infinitely old.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from checks.outcome import Outcome
from checks.readiness.schedule import Keeping, Schedule
from checks.readiness.watched import WatchedCheck

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
NOBODY = "nobody"
"""The owner of a check that has none."""

Samples = Iterable[tuple[tuple[str, ...], float]]
"""Values with the values of the family's own labels."""


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """The evidence log: how many outsiders the settings name, how long it is, and what not all of them vouch for yet.

    Of a log that cannot be read, `leaves` and `waiting` are `None`. Without any outsider, nothing is ever vouched for.
    """

    anchors: int
    leaves: int | None = None
    waiting: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """All that monitoring is told at an instant.

    Without a catalogue that can be read there is neither `catalog_digest` nor any check; where the store cannot be
    read, there is no schedule, and each check is ERROR.
    """

    as_of: datetime
    version: str
    log: WatchedLog
    system: str = ""
    environment: str = ""
    catalog_digest: str | None = None
    store_readable: bool = False
    checks: tuple[WatchedCheck, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    unsealed: int | None = None


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


def exposition(watched: Watched) -> bytes:
    """Prometheus's text format 0.0.4, of the media type `CONTENT_TYPE`."""
    return generate_latest(_Families(watched))


class _Families:
    """What `prometheus_client` calls a custom collector."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def collect(self) -> Iterator[Metric]:
        return (family.metric(self._watched) for family in FAMILIES)


def _of(check: WatchedCheck) -> tuple[str, ...]:
    return (check.name, str(check.cadence), str(check.severity), check.owner or NOBODY, check.service or "")


def _outcomes(watched: Watched) -> Samples:
    for check in watched.checks:
        labels = _of(check)
        yield from (((*labels, str(outcome)), float(check.outcome is outcome)) for outcome in Outcome)


def _passes(watched: Watched) -> Samples:
    return ((_of(check), float(check.outcome.passes)) for check in watched.checks)


def _fresh(watched: Watched) -> Samples:
    return ((_of(check), float(check.fresh)) for check in watched.checks)


def _ages(watched: Watched) -> Samples:
    return ((_of(check), _seconds(check.age, absent=math.inf)) for check in watched.checks)


def _keeping(watched: Watched) -> Samples:
    for one in watched.schedules:
        yield from (((str(one.cadence), str(state)), float(one.keeping is state)) for state in Keeping)


def _owed_for(watched: Watched) -> Samples:
    for one in watched.schedules:
        never = one.keeping is Keeping.NEVER
        yield (str(one.cadence),), math.inf if never else _seconds(one.owed_for, absent=0.0)


def _stages(watched: Watched) -> Samples:
    for one in watched.schedules:
        yield from (((str(one.cadence), stage), seconds) for stage, seconds in one.record.stages)


def _each(value: Callable[[Schedule], float | None]) -> Callable[[Watched], Samples]:
    """One sample for each cadence that has the value."""

    def samples(watched: Watched) -> Samples:
        found = ((one.cadence, value(one)) for one in watched.schedules)
        return (((str(cadence),), at) for cadence, at in found if at is not None)

    return samples


def _one(value: Callable[[Watched], float | None]) -> Callable[[Watched], Samples]:
    """One sample, if there is the value."""

    def samples(watched: Watched) -> Samples:
        found = value(watched)
        return () if found is None else (((), found),)

    return samples


def _build(watched: Watched) -> Samples:
    yield (watched.version, watched.catalog_digest or ""), 1.0


def _seconds(span: timedelta | None, *, absent: float) -> float:
    return absent if span is None else span.total_seconds()


def _instant(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


def _waiting_for(watched: Watched) -> float | None:
    if watched.log.waiting is None:
        return None
    return _seconds(watched.as_of - watched.log.since if watched.log.since else None, absent=0.0)


EVERYWHERE = ("system", "environment")
"""The labels of every series: whose evidence it is; empty while no catalogue can be read."""
_CHECK = ("check", "cadence", "severity", "owner", "service")
FAMILIES = (
    Family(
        "readiness_check_outcome",
        "gauge",
        (*_CHECK, "outcome"),
        "1 for the outcome that a check comes to now, 0 for each of the nine others.",
        _outcomes,
    ),
    Family(
        "readiness_check_passes",
        "gauge",
        _CHECK,
        "1 if a check's outcome is one that a gate passes on, 0 for every other.",
        _passes,
    ),
    Family(
        "readiness_check_fresh",
        "gauge",
        _CHECK,
        "1 while a check's newest slot has evidence that is good for now, whatever it says.",
        _fresh,
    ),
    Family(
        "readiness_check_evidence_age_seconds",
        "gauge",
        _CHECK,
        "Seconds since a check's evidence was judged, of its oldest subject; +Inf if its newest slot has none.",
        _ages,
    ),
    Family(
        "readiness_schedule_state",
        "gauge",
        ("cadence", "state"),
        "1 for how a cadence's schedule stands (kept, due, paused, overdue, never), 0 for the others.",
        _keeping,
    ),
    Family(
        "readiness_slots_owed",
        "gauge",
        ("cadence",),
        "Slots that have begun and that nobody filled.",
        _each(lambda one: len(one.owed)),
    ),
    Family(
        "readiness_slots_overdue",
        "gauge",
        ("cadence",),
        "Owed slots whose grace is over.",
        _each(lambda one: len(one.overdue)),
    ),
    Family(
        "readiness_slot_owed_seconds",
        "gauge",
        ("cadence",),
        "Seconds since the oldest owed slot began; 0 if none is owed, +Inf if none was ever collected.",
        _owed_for,
    ),
    Family(
        "readiness_slots_missed_total",
        "counter",
        ("cadence",),
        "Slots that are on record as missed, of all time.",
        _each(lambda one: one.record.missed),
    ),
    Family(
        "readiness_slot_newest_timestamp_seconds",
        "gauge",
        ("cadence",),
        "When the newest slot began that somebody collected; absent while readiness_schedule_state is never.",
        _each(lambda one: _instant(one.record.newest.at) if one.record.newest else None),
    ),
    Family(
        "readiness_slot_next_timestamp_seconds",
        "gauge",
        ("cadence",),
        "When the next slot begins.",
        _each(lambda one: _instant(one.next.at)),
    ),
    Family(
        "readiness_seal_newest_timestamp_seconds",
        "gauge",
        ("cadence",),
        "When the bundle of the newest sealed slot was sealed; absent before the first.",
        _each(lambda one: _instant(one.record.last_sealed)),
    ),
    Family(
        "readiness_run_duration_seconds",
        "gauge",
        ("cadence",),
        "Seconds that the last run took that came to its end; absent if none did of late.",
        _each(lambda one: sum(seconds for _, seconds in one.record.stages) if one.record.stages else None),
    ),
    Family(
        "readiness_run_stage_duration_seconds",
        "gauge",
        ("cadence", "stage"),
        "Seconds that each stage of it took: collect, judge, render, store, seal, publish.",
        _stages,
    ),
    Family(
        "readiness_unsealed_slots",
        "gauge",
        (),
        "Slots that were stored and could not be sealed; the next run seals them.",
        _one(lambda watched: watched.unsealed),
    ),
    Family(
        "readiness_log_readable",
        "gauge",
        (),
        "1 if the evidence log's checkpoint can be read; that it is sound is for an audit to say.",
        _one(lambda watched: float(watched.log.leaves is not None)),
    ),
    Family(
        "readiness_log_leaves",
        "gauge",
        (),
        "Leaves of the evidence log.",
        _one(lambda watched: watched.log.leaves),
    ),
    Family(
        "readiness_log_anchors",
        "gauge",
        (),
        "Outsiders that the settings name to vouch for the log: a witness, a timestamping authority.",
        _one(lambda watched: watched.log.anchors),
    ),
    Family(
        "readiness_log_unanchored_bundles",
        "gauge",
        (),
        "Bundles that not every outsider has vouched for yet.",
        _one(lambda watched: watched.log.waiting),
    ),
    Family(
        "readiness_log_unanchored_seconds",
        "gauge",
        (),
        "Seconds since the oldest of them was sealed; 0 if there is none.",
        _one(_waiting_for),
    ),
    Family(
        "readiness_catalog_readable",
        "gauge",
        (),
        "1 if the catalogue can be read; without it nobody knows what is owed.",
        _one(lambda watched: float(watched.catalog_digest is not None)),
    ),
    Family(
        "readiness_store_readable",
        "gauge",
        (),
        "1 if the evidence store can be read; if not, every check is ERROR and no cadence has series.",
        _one(lambda watched: float(watched.store_readable)),
    ),
    Family(
        "readiness_build_info",
        "gauge",
        ("version", "catalog_sha256"),
        "1, with the version of this program and the digest of the catalogue.",
        _build,
    ),
    Family(
        "readiness_export_timestamp_seconds",
        "gauge",
        (),
        "When all of this was so.",
        _one(lambda watched: _instant(watched.as_of)),
    ),
)
