"""What each check comes to, and how old what it rests on is; every check of the catalogue has every series."""

import math

from checks.outcome import Outcome
from checks.readiness.watched import WatchedCheck
from reports.exports.family import Family, Samples, seconds_of
from reports.exports.watched import Watched

NOBODY = "nobody"
"""The owner of a check that has none."""
_CHECK = ("check", "cadence", "severity", "owner", "service")


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
    return ((_of(check), seconds_of(check.age, absent=math.inf)) for check in watched.checks)


CHECKS = (
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
)
