"""Durations, ages and instants in words: `45 s`, `2 h 5 min`, `2026-11-22 14:00 UTC`."""

from datetime import UTC, datetime, timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_MINUTE = timedelta(minutes=1)


def duration_words(span: timedelta) -> str:
    """A duration in its two largest units, cut and never rounded up; below a second in milliseconds."""
    if span < timedelta(0):
        return f"−{duration_words(-span)}"
    if timedelta(0) < span < timedelta(seconds=1):
        return f"{span // timedelta(milliseconds=1)} ms"
    rest = int(span.total_seconds())
    for place, (unit, size) in enumerate(_UNITS):
        if rest >= size:
            smaller, small_size = _UNITS[min(place + 1, len(_UNITS) - 1)]
            remainder = rest % size // small_size
            return f"{rest // size} {unit}" + (f" {remainder} {smaller}" if remainder else "")
    return "0 s"


def age_words(span: timedelta) -> str:
    """How long ago something was: whole minutes from a minute on; what lies ahead is `in 3 min`."""
    if span < timedelta(0):
        return f"in {age_words(-span)}"
    return duration_words(span // _MINUTE * _MINUTE if span >= _MINUTE else span)


def instant_words(instant: datetime) -> str:
    """An instant as people read it, in UTC, to the minute; to the second where it has seconds."""
    at = instant.astimezone(UTC)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"{at:%Y-%m-%d %H:%M} UTC"
