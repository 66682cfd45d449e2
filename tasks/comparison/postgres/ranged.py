"""Reads by ranges of one integer key: segments of keys first where few rows differ, else the digest of every row."""

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from tasks.comparison.postgres import streamed
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
ROWS_OF_A_PART = 10_000_000
"""Rows whose segments are asked for at once: so many that compiling the query again is nothing beside them."""
_COMPILED = (
    "set local jit = on; set local jit_above_cost = 0; set local jit_inline_above_cost = 0;"
    " set local jit_optimize_above_cost = 0"
)
_PLAIN = "set local jit = off"
_BY_BLOCK = "set local enable_bitmapscan = on; set local enable_indexscan = off"
"""A range of many keys is read block by block: by the index each row is looked for on its own."""


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
        self._reading.progress("probe", 0, 2 * WINDOWS * WINDOW_ROWS)
        for left, right in self._streams(self._shape.windows(WINDOWS, WINDOW_ROWS), queries, "probe"):
            found = match(left, right)
            alone = len(found.missing) + len(found.extra) + len(found.changed) + len(found.unsettled)
            probed += found.same + alone
            differing += alone
        return probed, differing

    def segments(self) -> None:
        """Compares a count and a hash for each segment, then the digests of the segments that differ."""
        self._compile()
        differing = self._equal_segments(*self._read_segments())
        for session in self._reading.sessions:
            session.execute(_PLAIN)
        bits = self._shape.segment_bits
        firsts = (differing << bits).tolist()
        rows = 2 * int(len(firsts) * (1 << bits) / self._shape.spacing)
        for start in range(0, len(firsts), SEGMENTS_AT_ONCE):
            part = firsts[start : start + SEGMENTS_AT_ONCE]
            self._match(Ranges(part, [first + (1 << bits) - 1 for first in part]), "digests of segments", rows)
        self._findings.finish()

    def _read_segments(self) -> tuple[tuple[Longs, ...], tuple[Longs, ...]]:
        """The segments of both sides, each with its number of rows and its hash."""
        of = 2 * self._shape.rows
        self._reading.progress("segments", 0, of)
        parts: tuple[list[tuple[Longs, ...]], ...] = ([], [])
        streams = [self._segment_stream(place) for place in self._places]
        for found in both(streams[0], streams[1], self._reading.sessions):
            for side, part in zip(parts, found, strict=True):
                if part is not None:
                    side.append(part)
                    self._reading.progress("segments", int(part[1].sum()), of)
        left, right = (_whole(side) for side in parts)
        return left, right

    def _segment_stream(self, place: Place) -> Generator[tuple[Longs, ...]]:
        """The segments of one side, of many rows in parts, so that who watches sees how far it is.

        Where not all rows are asked for, the server may know better than to read block by block.
        """
        whole = streamed.fit(place.side) is None and not conditions_sql(place.selection)
        ranges = place.side.block_ranges(ROWS_OF_A_PART) if whole else []
        for blocks in ranges if len(ranges) > 1 else [None]:
            yield from stream(place.side.session, self._segment_query(place, blocks), (), label="segments")

    def digests(self, share: float) -> None:
        """Compares the digests of every row; `share` of them are expected to differ."""
        ranges = self._shape.chunks(CHUNK_ROWS)
        self._findings.spread(share * self._shape.rows, len(ranges.first))
        self._compile()
        for session in self._reading.sessions:
            session.execute(_BY_BLOCK)
        self._match(ranges, "digests", 2 * self._shape.rows)
        self._findings.finish()

    def _compile(self) -> None:
        """Compiling the hash pays from some rows on."""
        for session in self._reading.sessions:
            session.execute(_COMPILED if self._shape.rows >= JIT_FROM_ROWS else _PLAIN)

    def _match(self, ranges: Ranges, label: str, of: int) -> None:
        digesting = self._reading.digesting
        queries = [digesting.digest(place.selection) for place in self._places]
        for left, right in self._streams(ranges, queries, label):
            self._findings.tell(match(left, right, digesting.tolerated))
            self._reading.progress(label, len(left[0]) + len(right[0]), of)

    def _streams(self, ranges: Ranges, values: Sequence[list[str]], label: str) -> Iterator[tuple[Digests, Digests]]:
        """Keys and values of both sides, range by range."""
        streams = []
        for place, wanted in zip(self._places, values, strict=True):
            query = ranges_query(place.side.relation.sql, place.key, wanted, conditions_sql(place.selection))
            streams.append(stream(place.side.session, query, (ranges.first, ranges.last), label=label))
        return both(streams[0], streams[1], self._reading.sessions)

    def _segment_query(self, place: Place, blocks: str | None) -> str:
        """Counts and hashes by segment, of all rows or of those in some blocks.

        Hashes of rows are mixed once more before they are added up: they are sums themselves, and the same change in
        two rows would cancel out. `offset 0` keeps the server from computing each of them twice.
        """
        conditions = [*([blocks] if blocks else []), *conditions_sql(place.selection)]
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


def _whole(parts: Sequence[tuple[Longs, ...]]) -> tuple[Longs, ...]:
    """The segments of a side from those of its parts, in any of which a segment may have rows."""
    if len(parts) == 1:
        return parts[0]
    segments, rows, hashes = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.argsort(segments, kind="stable")
    found, firsts = np.unique(segments[order], return_index=True)
    if not len(found):
        return segments, rows, hashes
    return found, np.add.reduceat(rows[order], firsts), np.bitwise_xor.reduceat(hashes[order], firsts)
