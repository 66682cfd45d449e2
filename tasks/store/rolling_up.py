"""Keeps roll-ups in step with samples: an hour is rolled up by the first samples after it, a day by its last hour.

Samples that come for an hour that is rolled up already leave a revision of it, and of its day.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection

from checks.rollups import Span, by_span, merged_all
from tasks.store.rollup_rows import Rolled, add_rollups, newest_spans, read_rollups
from tasks.store.sample_rows import earliest_samples, read_samples

Stretch = tuple[int, int]
"""Milliseconds [since, until)."""


def roll_up(connection: Connection, brought: Mapping[int, Stretch]) -> None:
    """Rolls up what is over, for series (by number) of which samples from a first to a last instant were just added."""
    newest = newest_spans(connection, list(brought), Span.HOUR)
    earliest = earliest_samples(connection, [number for number, hour in newest.items() if hour is None])
    due: dict[Stretch, list[int]] = defaultdict(list)
    closed: dict[int, int] = {}
    for number, (first, last) in brought.items():
        open_hour, rolled = Span.HOUR.floor(first), newest[number]
        since = Span.HOUR.floor(earliest[number]) if rolled is None else rolled + Span.HOUR
        closed[number] = max(open_hour, since)
        due[since, open_hour].append(number)
        if open_hour < since and rolled is not None:
            due[open_hour, min(Span.HOUR.floor(last), rolled) + Span.HOUR].append(number)
    for (since, until), series in due.items():
        if since < until:
            _roll_hours(connection, {number: closed[number] for number in series}, since=since, until=until)


def _roll_hours(connection: Connection, closed: Mapping[int, int], *, since: int, until: int) -> None:
    """Rolls up hours of some series, and of their days those that are over: each is closed up to an instant."""
    found = read_samples(connection, list(closed), since=since, until=until)
    hours: Rolled = {number: dict(by_span(samples, Span.HOUR)) for number, samples in found.items()}
    add_rollups(connection, Span.HOUR, hours)
    over: dict[int, list[int]] = defaultdict(list)
    for number, by_start in hours.items():
        for day in {Span.DAY.floor(hour) for hour in by_start}:
            if day + Span.DAY <= closed[number]:
                over[day].append(number)
    for day, series in over.items():
        theirs = read_rollups(connection, series, Span.HOUR, since=day, until=day + Span.DAY)
        add_rollups(connection, Span.DAY, {number: {day: merged_all(by.values())} for number, by in theirs.items()})
