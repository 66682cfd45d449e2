"""What drills measure: how long it took and how long it may take, read from the findings that hold one to the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from checks.findings import Verdict
from checks.timespans import duration_words

MEASURES = {
    "B7-RTO": "RTO",
    "B6-RPO": "RPO",
    "rollback-time": "rollback",
    "exit-time": "end of the service",
    "delivery-time": "delivery",
    "method-time": "experiment",
}
"""Expectations that hold a duration in seconds to a limit, and what pages call it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured duration and its limit, both in seconds."""

    name: str
    seconds: float
    limit: float

    @property
    def words(self) -> str:
        """The measured duration as people read it, with tenths where they matter."""
        return seconds_words(self.seconds)

    @property
    def limit_words(self) -> str:
        return duration_words(timedelta(seconds=self.limit))

    @property
    def is_met(self) -> bool:
        return self.seconds <= self.limit


def measures_of(verdict: Verdict) -> tuple[Measure, ...]:
    """The durations that a verdict's findings hold to limits, in the order of `MEASURES`."""
    found = {finding.expectation: finding for finding in verdict.findings}
    numbered = ((name, found[expectation]) for expectation, name in MEASURES.items() if expectation in found)
    return tuple(
        Measure(name, float(finding.observed), float(finding.expected))
        for name, finding in numbered
        if isinstance(finding.observed, int | float) and isinstance(finding.expected, int | float)
    )


def measures_sentence(measures: Iterable[Measure]) -> str:
    """`RTO 3.2 s of 15 min, RPO 8 min of 24 h`; empty where nothing was measured."""
    return ", ".join(f"{one.name} {one.words} of {one.limit_words}" for one in measures)


def seconds_words(seconds: float) -> str:
    """A duration: under a minute with one decimal, from there on in whole units."""
    if 1 <= abs(seconds) < 60:
        return f"{seconds:.1f} s"
    return duration_words(timedelta(seconds=seconds))
