"""Roll-ups as rows, and where each series' newest one stands."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select

from checks.rollups import Rollup, Span
from tasks.store.sample_rows import in_parts
from tasks.store.schema import rollups, sample_series

_COLUMNS = {
    "every": "every_ms",
    "first_at": "first_ms",
    "last_at": "last_ms",
    "longest_gap": "longest_gap_ms",
    "unknown": "unknown_ms",
}
_FIELDS = tuple(Rollup.__dataclass_fields__)
_OF_ROLLUP = tuple(rollups.c[_COLUMNS.get(name, name)] for name in _FIELDS)

Rolled = dict[int, dict[int, Rollup]]
"""For a series' number, for the beginning of a span: its roll-up."""


def read_rollups(connection: Connection, series: Sequence[int], span: Span, *, since: int, until: int) -> Rolled:
    """The roll-ups of spans that begin in [since, until), of each the newest revision, in their order."""
    found: Rolled = defaultdict(dict)
    if since >= until:
        return found
    for some in in_parts(series):
        within = rollups.c.at_ms.between(since, until - 1) & (rollups.c.span_ms == span)
        asked = select(rollups.c.series, rollups.c.at_ms, *_OF_ROLLUP).where(rollups.c.series.in_(some), within)
        for row in connection.execute(asked.order_by(rollups.c.series, rollups.c.at_ms, rollups.c.revision)):
            found[row[0]][row[1]] = Rollup(*row[2:])
    return found


def add_rollups(connection: Connection, span: Span, rolled: Rolled) -> None:
    """Adds roll-ups; where there is one already, a revision of it."""
    starts = [start for by_start in rolled.values() for start in by_start]
    if not starts:
        return
    revisions = _revisions(connection, list(rolled), span, since=min(starts), until=max(starts))
    rows: list[dict[str, Any]] = [
        {
            "series": number,
            "span_ms": int(span),
            "at_ms": start,
            "revision": revisions.get((number, start), -1) + 1,
            **{_COLUMNS.get(name, name): getattr(rollup, name) for name in _FIELDS},
        }
        for number, by_start in rolled.items()
        for start, rollup in by_start.items()
    ]
    connection.execute(insert(rollups), rows)


def newest_spans(connection: Connection, series: Sequence[int], span: Span) -> dict[int, int | None]:
    """The beginning of each series' newest roll-up: one step down the primary key for each."""
    newest = select(func.max(rollups.c.at_ms)).where(
        rollups.c.series == sample_series.c.id, rollups.c.span_ms == literal(int(span))
    )
    found: dict[int, int | None] = {}
    for some in in_parts(series):
        asked = select(sample_series.c.id, newest.scalar_subquery()).where(sample_series.c.id.in_(some))
        found |= {row[0]: row[1] for row in connection.execute(asked)}
    return found


def _revisions(
    connection: Connection, series: Sequence[int], span: Span, *, since: int, until: int
) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for some in in_parts(series):
        within = rollups.c.at_ms.between(since, until) & (rollups.c.span_ms == int(span))
        asked = select(rollups.c.series, rollups.c.at_ms, func.max(rollups.c.revision))
        grouped = asked.where(rollups.c.series.in_(some), within).group_by(rollups.c.series, rollups.c.at_ms)
        found |= {(number, start): revision for number, start, revision in connection.execute(grouped)}
    return found
