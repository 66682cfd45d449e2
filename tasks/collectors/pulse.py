"""Collects pulses: looks at checks again and again until an instant, each at its own interval."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from checks.evidence.records import Evidence, EvidenceRow, Provenance, RawCapture
from checks.kinds.pulse import PulseRow, Window, pulse_rows
from checks.kinds.pulsed import Looked, PulsedCheck, looks_of, samples_of
from tasks.collectors.asking import KNOWN_FORMS, Collected, collect_one
from tasks.collectors.collector import Clock, Collector
from tasks.collectors.pulse_capture import LookWriter, read_looks
from tasks.collectors.redacting import Redactor

_MOST_AT_ONCE = 3
"""Looks at one check that may wait for an answer at a time."""
_PATIENCE = timedelta(seconds=2)
_WATCH_SECONDS = 0.2

RowsFrom = Callable[[PulsedCheck, Sequence[RawCapture]], tuple[EvidenceRow, ...]]


@dataclass(frozen=True, slots=True)
class Pulse:
    """What is to be looked at, and for how long.

    Looks go on for `overlap` after its end, until the next pulse surely looks too. It began at `since`, if that is not
    when it is started. `open_collector` makes the collector of a kind that must not wait longer for an answer than
    until the next look.
    """

    checks: Sequence[PulsedCheck]
    since: datetime | None
    until: datetime
    overlap: timedelta
    open_collector: Callable[[str, timedelta, Clock], Collector[Any]]
    stopping: Callable[[], bool]
    redactor: Redactor = KNOWN_FORMS


class SteadyClock:
    """The time now: the wall clock's when it was made, and since then as time really passed, however it was set."""

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self._began = wall()
        self._since = time.monotonic()

    def __call__(self) -> datetime:
        return self._began + timedelta(seconds=time.monotonic() - self._since)

    @property
    def step(self) -> float:
        """By how many seconds the wall clock was set since."""
        return (self._wall() - self()).total_seconds()


async def take_pulse(pulse: Pulse, wall: Clock) -> list[Collected]:
    """Looks at every check until the pulse is over; one look never waits for another one's answer."""
    clock = SteadyClock(wall)
    began = clock()
    looking = [_Looking(check, pulse.redactor) for check in pulse.checks]
    groups: dict[tuple[str, timedelta], list[_Looking]] = defaultdict(list)
    for one in looking:
        groups[one.check.kind, one.check.interval].append(one)
    async with AsyncExitStack() as stack:
        ticking: list[asyncio.Task[None]] = []
        for (kind, interval), alike in groups.items():
            collector = await stack.enter_async_context(aclosing(pulse.open_collector(kind, interval, clock)))
            for number, one in enumerate(alike):
                offset = interval.total_seconds() * number / len(alike)
                ticking.append(asyncio.create_task(_tick(one, collector, clock, offset)))
        await _until_over(pulse, clock, ticking)
        await asyncio.gather(*(one.finish() for one in looking))
    window = Window(since=pulse.since or began, until=pulse.until, clock_step=round(clock.step, 3))
    return [one.collected(window, ended_at=clock()) for one in looking]


def pulse_rows_from(check: PulsedCheck, captures: Sequence[RawCapture], rows_from: RowsFrom) -> tuple[PulseRow, ...]:
    """The rows that a pulse's capture gives; `rows_from` reads a single look."""
    header, looks = read_looks(captures[0])
    looked = [Looked(at, rows_from(check, parts) if parts else (), failure) for at, parts, failure in looks]
    return pulse_rows(check, looks_of(check, looked), Window.model_validate(header))


async def _until_over(pulse: Pulse, clock: Clock, ticking: Sequence[asyncio.Task[None]]) -> None:
    """Waits until the pulse is over, or somebody asks it to stop; then nothing looks any more."""
    over = pulse.until + pulse.overlap
    while ticking and clock() < over and not pulse.stopping():
        seconds = min(_WATCH_SECONDS, (over - clock()).total_seconds())
        done, _ = await asyncio.wait(ticking, timeout=max(0.0, seconds), return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    for task in ticking:
        task.cancel()


@dataclass(slots=True)
class _Looking:
    """One check while it is looked at."""

    check: PulsedCheck
    redactor: Redactor
    writer: LookWriter = field(default_factory=LookWriter)
    looked: list[Looked] = field(default_factory=list)
    provenance: Provenance | None = None
    waiting: set[asyncio.Task[None]] = field(default_factory=set)
    redacted: Counter[str] = field(default_factory=Counter)

    def start(self, collector: Collector[Any], at: datetime) -> None:
        """Takes one look, unless too many still wait for their answer."""
        if len(self.waiting) < _MOST_AT_ONCE:
            task = asyncio.create_task(self._look(collector, at))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)

    async def finish(self) -> None:
        """Waits for the answers that are due, and for no others."""
        if self.waiting:
            _, late = await asyncio.wait(self.waiting, timeout=(self.check.interval + _PATIENCE).total_seconds())
            for task in late:
                task.cancel()

    def collected(self, window: Window, *, ended_at: datetime) -> Collected:
        """Everything that was seen. The order in which answers came does not show."""
        looks = looks_of(self.check, self.looked)
        samples = samples_of(self.check, looks)
        if self.provenance is None:
            failure = next((one.failure for one in self.looked if one.failure), "there was no time for a single look")
            return Collected(self.check, None, failure, samples)
        rows = pulse_rows(self.check, looks, window)
        capture = self.writer.capture(window.model_dump(mode="json"))
        asked = {**self.provenance.parameters, "every": self.check.interval.total_seconds(), "looks": len(self.looked)}
        redactions = dict(sorted(self.redacted.items()))
        changes = {"parameters": asked, "ended_at": ended_at, "rows": len(rows), "redactions": redactions}
        provenance = self.provenance.model_copy(update=changes)
        return Collected(self.check, Evidence(self.check.id, rows, (capture,), provenance), None, samples)

    async def _look(self, collector: Collector[Any], at: datetime) -> None:
        found = await collect_one(collector, self.check, self.redactor)
        evidence = found.evidence
        if evidence is not None:
            at = evidence.provenance.started_at
            self.provenance = self.provenance or evidence.provenance
            self.redacted.update(evidence.provenance.redactions)
        self.looked.append(Looked(at, evidence.rows if evidence else (), found.failure))
        self.writer.add(at, evidence.captures if evidence else (), found.failure)


async def _tick(looking: _Looking, collector: Collector[Any], clock: Clock, offset: float) -> None:
    """Takes a look at every interval; where the time for one is over, it is left out and not made up for."""
    loop, interval = asyncio.get_running_loop(), looking.check.interval.total_seconds()
    began = loop.time() + offset
    number = 0
    while True:
        await asyncio.sleep(began + number * interval - loop.time())
        looking.start(collector, clock())
        number = max(number + 1, int((loop.time() - began) / interval) + 1)
