"""Samples as rows: what a stretch of time holds of some series, by their numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, func, or_, select

from checks.samples import Samples, SeriesKey
from tasks.store.packing import LONGEST, unpacked
from tasks.store.schema import sample_series, samples

_AT_ONCE = 500  # names or numbers in one IN (...)
_STRETCHES = 50  # of one series, in one statement


def known_series(connection: Connection, checks: Iterable[str]) -> dict[SeriesKey, int]:
    """The number of every series of some checks."""
    names = sorted(set(checks))
    numbers = {}
    for start in range(0, len(names), _AT_ONCE):
        some = sample_series.c.check_id.in_(names[start : start + _AT_ONCE])
        for number, check, subject, measure in connection.execute(select(sample_series).where(some)):
            numbers[SeriesKey(check, subject, measure)] = number
    return numbers


def read_samples(connection: Connection, series: Sequence[int], *, since: int, until: int) -> dict[int, Samples]:
    """The samples in [since, until), milliseconds since 1970, of each series that has any."""
    found: dict[int, list[Samples]] = defaultdict(list)
    for some in in_parts(series):
        names = _names(connection, some)
        asked = select(samples.c.series, samples.c.first_ms, samples.c.every_ms, samples.c.packed)
        asked = asked.where(samples.c.series.in_(some), _touches(since, until))
        for number, first, every, blob in connection.execute(asked.order_by(samples.c.series, samples.c.first_ms)):
            found[number].append(unpacked(bytes(blob), names[number], first=first, every=every))
    joined = {number: Samples.joined(parts[0].key, parts).between(since, until) for number, parts in found.items()}
    return {number: one for number, one in joined.items() if len(one)}


def read_stretches(
    connection: Connection, series: int, key: SeriesKey, stretches: Sequence[tuple[int, int]]
) -> Iterator[Samples]:
    """The samples of one series in each of some stretches [since, until), which are apart and in order."""
    for start in range(0, len(stretches), _STRETCHES):
        some = stretches[start : start + _STRETCHES]
        asked = select(samples.c.first_ms, samples.c.every_ms, samples.c.packed).where(samples.c.series == series)
        touched = or_(*(_touches(since, until) for since, until in some))
        rows = connection.execute(asked.where(touched).order_by(samples.c.first_ms))
        parts = [unpacked(bytes(blob), key, first=first, every=every) for first, every, blob in rows]
        whole = Samples.joined(key, parts)
        yield from (whole.between(since, until) for since, until in some)


def _touches(since: int, until: int) -> ColumnElement[bool]:
    """Whether what a slot brought reaches into a stretch."""
    return samples.c.first_ms.between(since - LONGEST, until - 1) & (samples.c.last_ms >= since)


def earliest_samples(connection: Connection, series: Sequence[int]) -> dict[int, int]:
    """The instant of the first sample of each series."""
    oldest = select(func.min(samples.c.first_ms)).where(samples.c.series == sample_series.c.id).scalar_subquery()
    found: dict[int, int] = {}
    for some in in_parts(series):
        asked = select(sample_series.c.id, oldest).where(sample_series.c.id.in_(some))
        found |= {number: first for number, first in connection.execute(asked) if first is not None}
    return found


def in_parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    """Numbers in parts that one statement takes."""
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _names(connection: Connection, series: Sequence[int]) -> dict[int, SeriesKey]:
    asked = select(sample_series).where(sample_series.c.id.in_(series))
    return {number: SeriesKey(check, subject, measure) for number, check, subject, measure in connection.execute(asked)}
