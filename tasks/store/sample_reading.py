"""Reads samples and what they come to: of a long time the roll-ups, and the samples only at its two ends."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from checks.rollups import Rollup, Span, by_span, merged_all
from checks.samples import Samples, SeriesKey
from tasks.store.rollup_rows import newest_spans, read_rollups
from tasks.store.sample_rows import known_series, read_samples, read_stretches

Stretch = tuple[int, int]
"""[since, until), milliseconds since 1970."""
Pieces = dict[int, dict[int, Rollup]]
"""For a series' number: roll-ups of neighbouring spans, by their beginning."""


def samples_of(connection: Connection, keys: Sequence[SeriesKey], window: Stretch) -> dict[SeriesKey, Samples]:
    """The samples of each series in a window; an empty column for one that has none."""
    numbers = _numbers(connection, keys)
    found = read_samples(connection, list(numbers.values()), since=window[0], until=window[1])
    return {key: found.get(numbers.get(key, -1)) or Samples.joined(key, ()) for key in keys}


def samples_in(connection: Connection, key: SeriesKey, stretches: Sequence[Stretch]) -> list[Samples]:
    """The samples of one series in each of some stretches, which are apart and in order."""
    number = _numbers(connection, [key]).get(key)
    if number is None:
        return [Samples.joined(key, ())] * len(stretches)
    return list(read_stretches(connection, number, key, stretches))


def rollups_of(
    connection: Connection, keys: Sequence[SeriesKey], span: Span, window: Stretch
) -> dict[SeriesKey, dict[int, Rollup]]:
    """What each series comes to in each span that holds samples of a window, by the span's beginning."""
    numbers = _numbers(connection, keys)
    pieces = _pieces(connection, list(numbers.values()), span, window)
    return {key: _grouped(pieces.get(numbers.get(key, -1), {}), span) for key in keys}


def summaries_of(connection: Connection, keys: Sequence[SeriesKey], window: Stretch) -> dict[SeriesKey, Rollup]:
    """What each series comes to in a window; an empty roll-up for one without samples there."""
    numbers = _numbers(connection, keys)
    pieces = _pieces(connection, list(numbers.values()), Span.DAY, window)
    return {key: merged_all(_in_order(pieces.get(numbers.get(key, -1), {}))) for key in keys}


def _pieces(connection: Connection, series: Sequence[int], coarsest: Span, window: Stretch) -> Pieces:
    """Roll-ups that together cover a window once: days, hours beside them, and what is not rolled up from samples."""
    pieces: Pieces = defaultdict(dict)
    since, until = window
    hours = newest_spans(connection, series, Span.HOUR)
    rolled = {number: start + Span.HOUR for number, start in hours.items() if start is not None}
    days = newest_spans(connection, list(rolled), Span.DAY) if coarsest is Span.DAY else {}
    plan = _Plan(since, until)
    for number in series:
        plan.add(number, rolled.get(number), ended=_end(days.get(number)))
    for (span, first, last), numbers in plan.rolled.items():
        for number, found in read_rollups(connection, numbers, span, since=first, until=last).items():
            pieces[number] |= found
    for (first, last), numbers in plan.raw.items():
        for number, samples in read_samples(connection, numbers, since=first, until=last).items():
            pieces[number] |= by_span(samples, Span.HOUR)
    return pieces


class _Plan:
    """Which stretches of a window are read how, with the series for which that is so."""

    def __init__(self, since: int, until: int) -> None:
        self._since, self._until = since, until
        self.rolled: dict[tuple[Span, int, int], list[int]] = defaultdict(list)
        self.raw: dict[Stretch, list[int]] = defaultdict(list)

    def add(self, number: int, closed: int | None, *, ended: int | None) -> None:
        """Plans for one series, whose hours are rolled up until `closed` and its days until `ended`, if any are."""
        since, until = self._since, self._until
        first, last = Span.HOUR.ceil(since), Span.HOUR.floor(min(until, since if closed is None else closed))
        if first >= last:
            self._look(number, since, until)
            return
        self._look(number, since, first)
        self._look(number, last, until)
        first_day = Span.DAY.ceil(first)
        last_day = min(Span.DAY.floor(last), first_day if ended is None else ended)
        if first_day >= last_day:
            self.rolled[Span.HOUR, first, last].append(number)
            return
        self.rolled[Span.HOUR, first, first_day].append(number)
        self.rolled[Span.DAY, first_day, last_day].append(number)
        self.rolled[Span.HOUR, last_day, last].append(number)

    def _look(self, number: int, since: int, until: int) -> None:
        if since < until:
            self.raw[since, until].append(number)


def _end(day: int | None) -> int | None:
    return None if day is None else day + Span.DAY


def _grouped(pieces: Mapping[int, Rollup], span: Span) -> dict[int, Rollup]:
    groups: dict[int, list[Rollup]] = defaultdict(list)
    for start, rollup in sorted(pieces.items()):
        groups[span.floor(start)].append(rollup)
    return {start: parts[0] if len(parts) == 1 else merged_all(parts) for start, parts in groups.items()}


def _in_order(pieces: Mapping[int, Rollup]) -> Iterator[Rollup]:
    return (pieces[start] for start in sorted(pieces))


def _numbers(connection: Connection, keys: Sequence[SeriesKey]) -> dict[SeriesKey, int]:
    known = known_series(connection, {key.check for key in keys})
    return {key: known[key] for key in keys if key in known}
