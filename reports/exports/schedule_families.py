"""How each cadence keeps its schedule, and how long its runs take; every cadence that has checks has its state."""

import math
from collections.abc import Callable

from checks.readiness.schedule import Keeping, Schedule
from reports.exports.family import Family, Samples, instant_of, seconds_of
from reports.exports.watched import Watched


def _keeping(watched: Watched) -> Samples:
    for one in watched.schedules:
        yield from (((str(one.cadence), str(state)), float(one.keeping is state)) for state in Keeping)


def _owed_for(watched: Watched) -> Samples:
    for one in watched.schedules:
        never = one.keeping is Keeping.NEVER
        yield (str(one.cadence),), math.inf if never else seconds_of(one.owed_for, absent=0.0)


def _stages(watched: Watched) -> Samples:
    for one in watched.schedules:
        yield from (((str(one.cadence), stage), seconds) for stage, seconds in one.record.stages)


def _each(value: Callable[[Schedule], float | None]) -> Callable[[Watched], Samples]:
    """One sample for each cadence that has the value."""

    def samples(watched: Watched) -> Samples:
        found = ((one.cadence, value(one)) for one in watched.schedules)
        return (((str(cadence),), at) for cadence, at in found if at is not None)

    return samples


SCHEDULES = (
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
        _each(lambda one: instant_of(one.record.newest.at) if one.record.newest else None),
    ),
    Family(
        "readiness_slot_next_timestamp_seconds",
        "gauge",
        ("cadence",),
        "When the next slot begins.",
        _each(lambda one: instant_of(one.next.at)),
    ),
    Family(
        "readiness_seal_newest_timestamp_seconds",
        "gauge",
        ("cadence",),
        "When the bundle of the newest sealed slot was sealed; absent before the first.",
        _each(lambda one: instant_of(one.record.last_sealed)),
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
)
