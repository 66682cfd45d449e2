"""Good and bad rows of a pulse; the check is of a kind that asks for all that any kind asks for."""

from datetime import timedelta

from checks.epoch import milliseconds_of
from checks.expectations.pulse import PULSE
from checks.kinds.freshness import FreshnessCheck
from checks.kinds.pulse import PulseRow
from checks.kinds.pulse_past import PulsePast
from checks.outcome import Outcome
from checks.runs import Run
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

SINCE = NOW - timedelta(minutes=5)
START = milliseconds_of(SINCE)
ASPECTS = ("fresh", "found", "content", "up", "whole", "kept", "prompt")


class DemandingCheck(FreshnessCheck):
    """A document over TLS."""

    @property
    def certificate_for(self) -> timedelta | None:
        return timedelta(days=7)


def runs(*said: tuple[str, int], why: str = "the connection was refused") -> list[Run]:
    """Runs of looks, ten seconds apart, one after another."""
    found, number = [], 0
    for state, looks in said:
        first = START + number * 10_000
        found.append(Run(state, first, first + (looks - 1) * 10_000, looks, "" if state == "good" else why))
        number += looks
    return found


def aspects(**other: list[Run]) -> dict[str, list[Run]]:
    return {**dict.fromkeys(ASPECTS, runs(("good", 30))), **other}


CHECK = DemandingCheck.model_validate(
    {
        "document": "reports:latest.json",
        "every": "pulse",
        "sample_every": "10s",
        "expect": {"max_age": "10m", "frozen_after": 3},
    }
)
ROW = PulseRow.model_validate(
    {
        "subject": "reports:latest.json",
        "since": SINCE,
        "until": NOW,
        "every": 10.0,
        "looks": 30,
        "seen": 30,
        "coverage": 1.0,
        "longest_gap": 0.0,
        "clock_step": 0.0,
        "aspects": aspects(),
        "certificate_expires_at": NOW + timedelta(days=8),
        "first_content_time": SINCE - timedelta(minutes=1),
        "content_time": NOW - timedelta(minutes=1),
        "content_digest": "aa",
        "reports": 3,
        "report_gap": 120.0,
    }
)
GOOD = Example(CHECK, (ROW,))


def past(minutes: int, *, time: int, digest: str) -> str:
    """What a slot so many minutes ago left: all was good, and a document of then."""
    end = START - minutes * 60_000
    good = {name: (Run("good", end - 290_000, end, 30),) for name in ASPECTS}
    return PulsePast(runs=good, content_time=time, digest=digest).text


NEWEST = milliseconds_of(NOW - timedelta(minutes=1))
STANDING = Example(CHECK, (ROW,), {ROW.subject: tuple(past(5 * n, time=NEWEST, digest="aa") for n in range(1, 4))})
REPEATING = Example(
    CHECK, (ROW,), {ROW.subject: tuple(past(5 * n, time=NEWEST - n * 60_000, digest="aa") for n in range(1, 4))}
)


def failing(aspect: str) -> Example:
    return changed(GOOD, aspects=aspects(**{aspect: runs(("good", 5), ("bad", 3), ("good", 22))}))


CASE = SuiteCase(
    PULSE,
    GOOD,
    {
        "observer": (changed(GOOD, seen=0, unseen_why="the control endpoint did not answer either"), Outcome.ERROR),
        "clock": (changed(GOOD, clock_step=-7200.0), Outcome.ERROR),
        "up": (failing("up"), Outcome.FAIL),
        "whole": (failing("whole"), Outcome.FAIL),
        "fresh": (
            changed(GOOD, aspects=aspects(fresh=runs(("good", 29), ("bad", 1), why="601 s old"))),
            Outcome.STALE,
        ),
        "found": (failing("found"), Outcome.MISSING),
        "content": (failing("content"), Outcome.FAIL),
        "kept": (failing("kept"), Outcome.FAIL),
        "prompt": (failing("prompt"), Outcome.FAIL),
        "gaps": (changed(GOOD, report_gap=601.0), Outcome.STALE),
        "moving": (STANDING, Outcome.STALE),
        "changing": (REPEATING, Outcome.STALE),
        "certificate": (changed(GOOD, certificate_expires_at=NOW + timedelta(days=6)), Outcome.FAIL),
        "steady": (
            changed(GOOD, aspects=aspects(fresh=runs(*[("good", 8), ("bad", 2)] * 3))),
            Outcome.FAIL,
        ),
        "covered": (changed(GOOD, coverage=0.89), Outcome.INCONCLUSIVE),
    },
)
