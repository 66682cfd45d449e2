"""Collects the evidence of restart drills by carrying them out."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.drill import SendSignal
from checks.kinds.restart import RestartCheck, RestartRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.drill_rows import (
    body_of,
    drill_captures,
    drill_columns,
    read_facts,
    read_samples,
    span_columns,
    version_in,
)
from tasks.collectors.drilling import DrillRoom
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_failures import NO_PORT
from tasks.collectors.sources import Sources
from tasks.drills.answers import Sample, read_sample
from tasks.drills.course import DrillFacts
from tasks.drills.load import SETTLED_SECONDS, Request, Traffic
from tasks.drills.rehearsal import Stage
from tasks.drills.restart import AFTER, BACK, START, STOP, Restart, RestartFacts

LOAD, SEEN = "load.jsonl", "restart.json"


class RestartCollector:
    """Restarts services under load, one at a time; every request of the load is evidence."""

    kind: ClassVar[str] = "restart"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._room = DrillRoom(sources, now, http)

    async def collect(self, check: RestartCheck) -> Evidence:
        room = self._room
        stop = room.triggers.open(check.stop)
        start = room.triggers.open(check.start) if check.start else None
        watch = Stopwatch(check, room.now)
        restarts: list[Restart] = []

        def acts(stage: Stage) -> Restart:
            traffic = Traffic(room.sources, room.http, stage.course.elapsed)
            restarts.append(Restart(check, stage, room.sources, stop, start, traffic))
            return restarts[0]

        stage = await room.carry_out(check, (STOP, START) if start else (STOP,), acts)
        load = "".join(request.model_dump_json() + "\n" for request in restarts[0].traffic.requests).encode()
        seen = restarts[0].facts.model_dump_json(indent=2).encode() + b"\n"
        captures = (*drill_captures(stage), RawCapture(LOAD, load), RawCapture(SEEN, seen))
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(trigger.shown for trigger in (stop, start) if trigger),
            parameters={"workers": check.load.workers},
        )

    @staticmethod
    def rows_from(check: RestartCheck, captures: Sequence[RawCapture]) -> tuple[RestartRow, ...]:
        """The drill's row, then one for each of its spans."""
        facts, samples = read_facts(captures), read_samples(captures)
        seen = RestartFacts.model_validate_json(body_of(captures, SEEN))
        load = [Request.model_validate_json(line) for line in body_of(captures, LOAD).splitlines()]
        columns = drill_columns(check, facts, samples, after=AFTER)
        columns |= {"version_during": version_in(check, samples, AFTER)}
        columns |= {**_steps(facts, seen), **_load(load, seen), **_writes(load, seen)}
        columns |= _effect(check, facts, samples, load, seen)
        spans = (RestartRow(subject=check.id, **span) for span in span_columns(facts))
        return (RestartRow(subject=check.id, **columns), *spans)

    async def aclose(self) -> None:
        await self._room.aclose()


def _steps(facts: DrillFacts, seen: RestartFacts) -> dict[str, Any]:
    columns: dict[str, Any] = {"idle_closed": seen.idle_closed, "idle_cause": seen.idle_cause}
    if stop := facts.step(STOP):
        columns |= {"stop_ended": stop.ended, "stop_succeeded": stop.succeeded, "stop_cause": stop.cause}
    if start := facts.step(START):
        columns |= {"start_succeeded": start.succeeded, "start_cause": start.cause}
    if seen.back_at is not None and seen.stopped_at is not None:
        columns["back_seconds"] = seen.back_at - seen.stopped_at
    if seen.sessions:
        columns |= {"sessions_before": len(seen.sessions.before), "sessions_cause": seen.sessions.cause}
        columns |= {"sessions_left": None if seen.sessions.left is None else len(seen.sessions.left)}
    return columns


def _effect(
    check: RestartCheck, facts: DrillFacts, samples: Sequence[Sample], load: Sequence[Request], seen: RestartFacts
) -> dict[str, Any]:
    """What the service showed of its end, and when it had: its own command may only have asked for it."""
    stop, at = facts.step(STOP), seen.stopped_at
    if stop is None or at is None:
        return {}
    later = [one for one in load if one.began >= at and one.no_answer != NO_PORT]
    gone = isinstance(check.stop, SendSignal) and stop.succeeded
    let_go = bool(seen.sessions and seen.sessions.before and seen.sessions.left == ())
    unwell = any(read_sample(check, sample).cause for sample in samples if sample.phase == BACK)
    last = max((one.began + one.seconds for one in _in_flight(load, at) if one.answered), default=at)
    exit_seconds = max(stop.seconds, last - at) if stop.succeeded else None
    turned_away = any(not one.answered for one in later)
    return {"disturbed": gone or let_go or unwell or turned_away, "exit_seconds": exit_seconds}


def _in_flight(load: Sequence[Request], at: float) -> list[Request]:
    """The requests that the service had taken and not yet answered at that moment."""
    taken = (one for one in load if one.accepted is not None and one.accepted + SETTLED_SECONDS < at)
    return [one for one in taken if one.began + one.seconds > at]


def _load(load: Sequence[Request], seen: RestartFacts) -> dict[str, Any]:
    """What became of the requests that were in flight when the service was asked to end."""
    if seen.stopped_at is None:
        return {}
    in_flight = _in_flight(load, seen.stopped_at)
    broken = [one for one in in_flight if not one.answered]
    first = f"{broken[0].place}: {broken[0].no_answer or f'HTTP {broken[0].http}'}" if broken else None
    without_port = any(one.no_answer == NO_PORT for one in load)
    return {
        **({"observer_cause": NO_PORT} if without_port else {}),
        "requests": len(load),
        "turned_away": sum(one.accepted is None for one in load),
        "in_flight": len(in_flight),
        "completed": len(in_flight) - len(broken),
        "broken_cause": first,
    }


def _writes(load: Sequence[Request], seen: RestartFacts) -> dict[str, Any]:
    """Every key that was acknowledged lies there once, and none that was sent lies there twice."""
    if seen.writes is None:
        return {}
    if seen.writes.cause:
        return {"writes_cause": seen.writes.cause}
    counts = seen.writes.counts
    sent = [one.key for one in load if one.key]
    acknowledged = {one.key for one in load if one.key and one.answered and (one.http or 0) < 300}
    doubled = sorted(key for key, times in counts.items() if times > 1)
    lost = sorted(key for key in acknowledged if key not in counts)
    named = [f"{key} {counts[key]} times" for key in doubled[:3]] + [f"{key} not at all" for key in lost[:3]]
    return {
        "writes": len(acknowledged),
        "repeats": len(sent) - len(set(sent)) if acknowledged else 0,
        "doubled": len(doubled),
        "lost": len(lost),
        "writes_cause": ", ".join(named) or None,
    }
