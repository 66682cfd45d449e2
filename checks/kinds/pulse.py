"""A pulse: what many looks at one subject come to, within one slot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite

import numpy as np

from checks.epoch import milliseconds_of
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.pulsed import Look, Looks, PulsedCheck, Shown
from checks.objectives.coverage import coverage
from checks.runs import Run, RunState, runs_of

_HOLE = 2
"""Times the interval: looks farther apart have a hole between them."""
At = tuple[datetime, Look]


class PulseRow(EvidenceRow):
    """What the looks at one subject in a window came to.

    Durations are in seconds. `looks` were taken of which `seen` saw something; `unseen_why` is why the first that did
    not saw nothing. `coverage` is the share of the window that was observed. `aspects` are runs of looks that said the
    same, `slowest` and `oldest` the highest of what they measured. `versions` are those that were seen, each with the
    instant (ms) of the first look at it. `report_gap` is the longest time between two reports that were seen.
    """

    since: Instant
    until: Instant
    every: float
    looks: int
    seen: int
    unseen_why: str | None = None
    coverage: float
    longest_gap: float
    clock_step: float
    aspects: dict[str, tuple[Run, ...]]
    slowest: float | None = None
    oldest: float | None = None
    version: str | None = None
    versions: tuple[tuple[int, str], ...] = ()
    certificate_expires_at: Instant | None = None
    first_content_time: Instant | None = None
    content_time: Instant | None = None
    content_digest: str | None = None
    reports: int | None = None
    report_gap: float | None = None
    resets: int = 0

    @property
    def first(self) -> int:
        """The instant of its first look, in milliseconds."""
        return min((runs[0].first for runs in self.aspects.values() if runs), default=milliseconds_of(self.since))

    @property
    def hole(self) -> int:
        """The milliseconds that may lie between two looks before nobody knows what happened there."""
        return hole(timedelta(seconds=self.every))


class Window(Record):
    """The time that was to be looked at, and how far the clock was set meanwhile, in seconds."""

    since: Instant
    until: Instant
    clock_step: float = 0.0


def hole(every: timedelta) -> int:
    """The milliseconds that may lie between two looks."""
    return _HOLE * every // timedelta(milliseconds=1)


def pulse_rows(check: PulsedCheck, looks: Looks, window: Window) -> tuple[PulseRow, ...]:
    """A row for each subject, in the order in which the check owes them."""
    return tuple(_row(check, subject, theirs, window) for subject, theirs in looks.items())


def _row(check: PulsedCheck, subject: str, looks: Sequence[At], window: Window) -> PulseRow:
    seen = [(at, look) for at, look in looks if _saw(look)]
    blind = next((shown.why for _, look in looks if not _saw(look) for shown in look.aspects.values()), None)
    step = int(check.interval / timedelta(milliseconds=1))
    start, end = milliseconds_of(window.since), milliseconds_of(window.until)
    covered = coverage(np.array([milliseconds_of(at) for at, _ in seen], np.int64), start, end, interval=step)
    versions = _changes((at, look.version) for at, look in seen if look.version is not None)
    content = [(look.content_time, look.content_digest) for _, look in seen if look.content_time is not None]
    times = sorted({time for time, _ in content if time is not None})
    return PulseRow(
        subject=subject,
        since=window.since,
        until=window.until,
        every=check.interval.total_seconds(),
        looks=len(looks),
        seen=len(seen),
        unseen_why=blind if len(seen) < len(looks) else None,
        coverage=float(covered.share),
        longest_gap=covered.longest_gap / 1000,
        clock_step=window.clock_step,
        aspects=_aspects(looks, hole(check.interval)),
        slowest=_highest(seen, "seconds"),
        oldest=_highest(seen, "age"),
        version=versions[-1][1] if versions else None,
        versions=versions,
        certificate_expires_at=next((look.certificate_expires_at for _, look in reversed(seen)), None),
        first_content_time=content[0][0] if content else None,
        content_time=content[-1][0] if content else None,
        content_digest=content[-1][1] if content else None,
        reports=len(times) if content else None,
        report_gap=max(((b - a).total_seconds() for a, b in pairwise(times)), default=0.0) if content else None,
        resets=_resets(seen),
    )


def _saw(look: Look) -> bool:
    """Whether a look saw anything: its first aspect tells, or another does."""
    return any(shown.good is not None for shown in look.aspects.values())


def _aspects(looks: Sequence[At], longest: int) -> dict[str, tuple[Run, ...]]:
    names = dict.fromkeys(name for _, look in looks for name in look.aspects)
    return {name: tuple(runs_of(_states(looks, name), hole=longest)) for name in names}


def _states(looks: Sequence[At], name: str) -> Iterable[tuple[int, RunState, str]]:
    for at, look in looks:
        shown = look.aspects.get(name, Shown(None))
        state: RunState = "unseen" if shown.good is None else "good" if shown.good else "bad"
        yield milliseconds_of(at), state, shown.why if state != "good" else ""


def _changes(versions: Iterable[tuple[datetime, str]]) -> tuple[tuple[int, str], ...]:
    """Each version with the instant of the first look at it, as often as it changed."""
    found: list[tuple[int, str]] = []
    for at, version in versions:
        if not found or found[-1][1] != version:
            found.append((milliseconds_of(at), version))
    return tuple(found)


def _highest(looks: Sequence[At], measure: str) -> float | None:
    values = (look.measures[measure].value for _, look in looks if measure in look.measures)
    return max((value for value in values if value is not None and isfinite(value)), default=None)


def _resets(looks: Sequence[At]) -> int:
    """How often a counter stood lower than at the look before: by its name, which ends in _total, _count or _bucket."""
    before: Mapping[str, float | None] = {}
    resets = 0
    for _, look in looks:
        now = {
            name: one.value
            for name, one in look.measures.items()
            if name.partition("{")[0].endswith(("_total", "_count"))
        }
        resets += any(_fell(before.get(name), value) for name, value in now.items())
        before = {**before, **now}
    return resets


def _fell(before: float | None, now: float | None) -> bool:
    return before is not None and now is not None and now < before
