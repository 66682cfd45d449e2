"""The month that the sandbox's monitoring remembers: minute by minute, seeded, so that it is the same every time."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from examples.sandbox.ledger import TENANTS
from examples.sandbox.recorder import Recorded

SLOW, FAILING, OUTAGE, QUIET, UNSCRAPED = "slow", "failing", "outage", "quiet", "unscraped"
"""What can be wrong with the month; each is told as a fault of that name."""

Counts = "np.ndarray[Any, np.dtype[np.float64]]"
Marks = "np.ndarray[Any, np.dtype[np.bool_]]"

_SEED = 11
_MINUTE = 60_000
_BEFORE, _AFTER = timedelta(days=31), timedelta(days=2)
_PACE = dict(zip(TENANTS, (40, 20, 8), strict=True))
"""Requests a minute."""
_CODES = {"200": 0.975, "404": 0.02, "503": 0.005}
_BOUNDS = {"0.25": 0.80, "0.5": 0.95, "1": 0.985, "2.5": 0.999, "+Inf": 1.0}
"""The share of requests that took no longer, in seconds."""
_DEPLOYS_EVERY, _DEPLOY_MINUTES = timedelta(days=7), 3
_TARGET = {"job": "ledger", "instance": "ledger:80"}


@dataclass(frozen=True, slots=True)
class _Month:
    """The minutes of the month up to a while after `now`, and the faults that it has."""

    now: datetime
    faults: Set[str]

    @property
    def instants(self) -> "np.ndarray[Any, np.dtype[np.int64]]":
        first = round((self.now - _BEFORE).timestamp()) // 60 * _MINUTE
        return first + np.arange((_BEFORE + _AFTER) // timedelta(minutes=1)) * _MINUTE

    def days_ago(self, since: float, to: float) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """The minutes between so many days ago."""
        age = (round(self.now.timestamp() * 1000) - self.instants) / 86_400_000
        return (to < age) & (age <= since)

    def has(self, fault: str) -> bool:
        return fault in self.faults


def remembered(now: datetime, faults: Set[str]) -> list[Recorded]:
    """Every series of the month."""
    month = _Month(now, faults)
    deploys = _deploys(month)
    series = [*_requests(month, deploys), *_others(month, deploys)]
    if not month.has(UNSCRAPED):
        return series
    kept = ~month.days_ago(12, 9)
    return [Recorded(one.name, one.labels, one.instants[kept], one.values[kept]) for one in series]


def _deploys(month: _Month) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """The first minutes of each week's deployment, in which the process begins anew and does not answer."""
    minutes = (month.instants - month.instants[0]) // _MINUTE
    return (minutes % (_DEPLOYS_EVERY // timedelta(minutes=1))) < _DEPLOY_MINUTES


def _requests(month: _Month, deploys: Any) -> Iterator[Recorded]:
    """Requests by their code, and by the time they took, for each tenant."""
    dice = np.random.default_rng(_SEED)
    bad_days = month.days_ago(20, 15)
    for tenant, pace in _PACE.items():
        total = dice.poisson(pace, len(bad_days))
        labels = {"tenant": tenant}
        codes = dict(_CODES)
        for code, share in codes.items():
            counted = dice.binomial(total, share)
            if code == "503" and month.has(FAILING):
                counted = np.where(bad_days, total // 4, counted)
            yield _counter("http_requests_total", {**labels, "code": code}, counted, month, deploys)
        for bound, share in _BOUNDS.items():
            within = total if bound == "+Inf" else np.round(total * share)
            if month.has(SLOW) and bound in ("0.25", "0.5", "1"):
                within = np.where(bad_days, within // 2, within)
            name = "http_request_duration_seconds_bucket"
            yield _counter(name, {**labels, "le": bound}, within, month, deploys)
        yield _counter("retry_attempts_total", labels, dice.binomial(total, 0.03), month, deploys)


def _others(month: _Month, deploys: Any) -> Iterator[Recorded]:
    """What came in, whether the service answered its probe, and when its process began."""
    dice = np.random.default_rng(_SEED + 1)
    instants = month.instants
    came = dice.poisson(12, len(instants))
    if month.has(QUIET):
        came = np.where(month.days_ago(10, 9), 0, came)
    yield _counter("ingest_latency_seconds_count", {}, came, month, deploys)
    lost = month.days_ago(8.01, 8) if not month.has(OUTAGE) else month.days_ago(8.1, 8)
    answered = np.where(deploys | lost, 0.0, 1.0)
    yield Recorded("probe_success", {**_TARGET, "job": "probe"}, instants, answered)
    began = np.where(deploys, instants, instants[0] - _MINUTE)
    yield Recorded("process_start_time_seconds", _TARGET, instants, np.maximum.accumulate(began) / 1000)


def _counter(name: str, labels: Mapping[str, str], counted: Any, month: _Month, deploys: Any) -> Recorded:
    """A counter that begins at zero with each deployment."""
    whole = counted.cumsum()
    begun = np.maximum.accumulate(np.where(deploys, whole, 0))
    return Recorded(name, {**_TARGET, **labels}, month.instants, (whole - begun).astype(np.float64))
