"""Reads by ranges of one integer key: segments of keys first where few rows differ, else the digest of every row."""

from collections.abc import Iterator, Sequence

import numpy as np

from tasks.comparison.postgres.digests import Longs, Ranges, both, ranges_query, stream
from tasks.comparison.postgres.findings import Place
from tasks.comparison.postgres.matching import Digests, match
from tasks.comparison.postgres.reading import Reading
from tasks.comparison.postgres.shape import Shape
from tasks.comparison.sides.postgresql import conditions_sql, value_sql
from tasks.comparison.tally import Counts

WINDOWS, WINDOW_ROWS = 32, 200
CHUNK_ROWS = 65_536
SEGMENTS_AT_ONCE = 4_096
COLUMNS_AT_ONCE = 8_192
JIT_FROM_ROWS = 300_000
_COMPILED = (
    "set local jit = on; set local jit_above_cost = 0; set local jit_inline_above_cost = 0;"
    " set local jit_optimize_above_cost = 0"
)
_PLAIN = "set local jit = off"


class Ranged:
    """One comparison by key ranges."""

    def __init__(self, reading: Reading, shape: Shape) -> None:
        self._reading = reading
        self._shape = shape
        task = reading.pair.task
        left, right = (value_sql(selection.values[0]) for selection in (task.left, task.right))
        self._places = reading.places(left, right)
        self._findings = reading.findings(self._places, at_once=COLUMNS_AT_ONCE)

    def probe(self) -> tuple[int, int]:
        """Rows looked at in random windows, and how many of them differ at all, within a tolerance or not."""
        probed = differing = 0
        digesting = self._reading.digesting
        queries = [[digesting.whole(place.selection)] for place in self._places]
        for left, right in self._streams(self._shape.windows(WINDOWS, WINDOW_ROWS), queries, "probe"):
            found = match(left, right)
            alone = len(found.missing) + len(found.extra) + len(found.changed) + len(found.unsettled)
            probed += found.same + alone
            differing += alone
        return probed, differing

    def segments(self) -> None:
        """Compares a count and a hash for each segment, then the digests of the segments that differ."""
        self._compile()
        streams = [
            stream(place.side.session, self._segment_query(place), (), label="segments") for place in self._places
        ]
        differing: Longs = np.empty(0, np.int64)
        for left, right in both(streams[0], streams[1], self._reading.sessions):
            differing = self._equal_segments(left, right)
            self._reading.progress(int(left[1].sum() + right[1].sum()), 2 * self._shape.rows)
        for session in self._reading.sessions:
            session.execute(_PLAIN)
        bits = self._shape.segment_bits
        firsts = (differing << bits).tolist()
        for start in range(0, len(firsts), SEGMENTS_AT_ONCE):
            part = firsts[start : start + SEGMENTS_AT_ONCE]
            self._match(Ranges(part, [first + (1 << bits) - 1 for first in part]), "digests of segments")
        self._findings.finish()

    def digests(self, share: float) -> None:
        """Compares the digests of every row; `share` of them are expected to differ."""
        ranges = self._shape.chunks(CHUNK_ROWS)
        self._findings.spread(share * self._shape.rows, len(ranges.first))
        self._compile()
        self._match(ranges, "digests")
        self._findings.finish()

    def _compile(self) -> None:
        """Compiling the hash pays from some rows on."""
        for session in self._reading.sessions:
            session.execute(_COMPILED if self._shape.rows >= JIT_FROM_ROWS else _PLAIN)

    def _match(self, ranges: Ranges, label: str) -> None:
        digesting = self._reading.digesting
        queries = [digesting.digest(place.selection) for place in self._places]
        for left, right in self._streams(ranges, queries, label):
            self._findings.tell(match(left, right, digesting.tolerated))
            self._reading.progress(len(left[0]) + len(right[0]), 2 * self._shape.rows)

    def _streams(self, ranges: Ranges, values: Sequence[list[str]], label: str) -> Iterator[tuple[Digests, Digests]]:
        """Keys and values of both sides, range by range."""
        streams = []
        for place, wanted in zip(self._places, values, strict=True):
            query = ranges_query(place.side.relation.sql, place.key, wanted, conditions_sql(place.selection))
            streams.append(stream(place.side.session, query, (ranges.first, ranges.last), label=label))
        return both(streams[0], streams[1], self._reading.sessions)

    def _segment_query(self, place: Place) -> str:
        """Counts and hashes by segment.

        Hashes of rows are mixed once more before they are added up: they are sums themselves, and the same change in
        two rows would cancel out. `offset 0` keeps the server from computing each of them twice.
        """
        conditions = conditions_sql(place.selection)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        segment = f"{place.key}::int8 >> {self._shape.segment_bits}"
        digesting = self._reading.digesting
        mixed = f"hashint8extended(h, h # {digesting.hashing.seed(0, 'mixed')})"
        return (
            f"select array_agg(s), array_agg(n), array_agg(h) from (select s, count(*) as n, bit_xor({mixed}) as h from"  # noqa: S608 — quoted names, own expressions
            f" (select {segment} as s, {digesting.whole(place.selection)} as h from {place.side.relation.sql}{where}"
            " offset 0) r group by 1) g"
        )

    def _equal_segments(self, left: tuple[Longs, ...], right: tuple[Longs, ...]) -> Longs:
        """Counts the segments that are equal; returns the others, of either side."""
        _, here, there = np.intersect1d(left[0], right[0], assume_unique=True, return_indices=True)
        equal = (left[1][here] == right[1][there]) & (left[2][here] == right[2][there])
        rows = int(left[1][here][equal].sum())
        self._reading.tally.add(Counts(left=rows, right=rows, matched=rows))
        return np.setdiff1d(np.union1d(left[0], right[0]), left[0][here][equal])
