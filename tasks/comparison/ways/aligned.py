"""Two Parquet files whose rows are in one order: read abreast, each pair of rows compared by DuckDB's own values.

Nothing is hashed, and a pair that differs is at hand with its values, so that each file is read once; of the left one
the keys are read again, for repeats. Files of unequal length, or with two keys at one place, are left to the join.
"""

from collections.abc import Sequence
from dataclasses import replace

from tasks.comparison.duck.abreast import FIRST_ROWS, Abreast, abreast, places, rows_in
from tasks.comparison.duck.apart import uniqueness
from tasks.comparison.duck.buckets import spread_of
from tasks.comparison.duck.forms import UnfitError
from tasks.comparison.duck.sources import sources_of
from tasks.comparison.errors import SideError
from tasks.comparison.files.side import FileSide
from tasks.comparison.pairing import Values
from tasks.comparison.result import Bits, Plan
from tasks.comparison.tally import LEFT, RIGHT, Counts, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.joined import most_by_value
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair


class OtherOrderError(Exception):
    """The rows at one place do not belong together; nothing has been told to the tally yet."""


class AlignedWay:
    """Place by place."""

    names = ("aligned",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        request = pair.task.request
        sides = _sides(pair)
        if any(len(side.files.paths) != 1 for side in sides):
            return "a side is more than one file"
        if any(asked is not None for asked in (request.part, request.left.where, request.right.where)):
            return "not all rows are compared"
        try:
            abreast(pair.task, sides)
        except UnfitError as error:
            return str(error)
        return None

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Reads both files abreast, or leaves them to the join."""
        try:
            return _Run(pair, tally, watch).run()
        except (OtherOrderError, SideError) as error:
            watch.check()
            way = REFERENCE if pair.task.request.exact else JOINED
            plan, bits = way.run(pair, tally, watch)
            return replace(plan, because=f"{plan.because}; not aligned: {error}"), bits


def _sides(pair: Pair) -> tuple[FileSide, FileSide]:
    assert isinstance(pair.left, FileSide)  # noqa: S101 — chosen by dialect
    assert isinstance(pair.right, FileSide)  # noqa: S101 — chosen by dialect
    return pair.left, pair.right


class _Run:
    """One comparison by this way."""

    def __init__(self, pair: Pair, tally: Tally, watch: Watch) -> None:
        self.pair = pair
        self.tally = tally
        self.watch = watch
        self.sides = _sides(pair)
        self.files: Abreast = abreast(pair.task, self.sides)
        self.duck = self.sides[LEFT].duck

    def run(self) -> tuple[Plan, Bits]:
        rows, other = (rows_in(self.duck, side) for side in self.sides)
        if rows != other:
            raise OtherOrderError(f"{rows:,} rows are not {other:,}")
        with self.watch.reading(self.duck, "keys", rows):
            self._look_at_keys(rows)
        parts = places(rows, self.duck.threads)
        most = most_by_value(self.pair, self.tally)
        with self.watch.reading(self.duck, "read", 2 * rows):
            found = self._find(parts, most)
        self.watch.tell("read", 2 * rows, 2 * rows)
        if found <= most:
            apart = self._tell(found)
        else:
            with self.watch.reading(self.duck, "columns", 2 * rows):
                apart = self._tell_in_bulk(parts, most)
        self.tally.add(Counts(left=rows - apart, right=rows - apart, matched=rows - apart))
        self.duck.run("drop table apart")
        for side in self.sides:
            side.files.check()
        return Plan("aligned", f"rows stand in one order, and {apart:,} of {rows:,} differ"), Bits(None, 0.0)

    def _look_at_keys(self, rows: int) -> None:
        """Refuses what is seen early: another order, and keys that repeat or are null, on the left as on the right."""
        if self.duck.one(self.files.with_two_keys(0, FIRST_ROWS))[0]:
            raise OtherOrderError("two keys stand at one place")
        digest = sources_of(self.pair).shape()
        relation = digest.relation(LEFT)
        keys = uniqueness(self.duck, digest, relation, spread_of(self.duck, digest, relation, rows))
        if keys.rows != rows or keys.nulls or keys.repeated:
            raise OtherOrderError("keys repeat or are null")

    def _find(self, parts: Sequence[tuple[int, int]], most: int) -> int:
        """A table `apart` of the pairs that differ, of all or of more than `most`; how many are in it."""
        tables = [f"apart_{number}" for number in range(len(parts))]
        kept = max(most, self.pair.task.request.samples.each) + 1
        queries = [self.files.apart(*part, kept) for part in parts]
        self.duck.all_at_once(
            [f"create or replace table {table} as {query}" for table, query in zip(tables, queries, strict=True)],
            label="abreast",
        )
        self.duck.run(f"create or replace table apart as {' union all '.join(f'from {table}' for table in tables)}")
        for table in tables:
            self.duck.run(f"drop table {table}")
        found, other = self.duck.one("select count(*), count(*) filter (other_key) from apart")
        if other:
            raise OtherOrderError("two keys stand at one place")
        if found > most and self.tally.needs_values:
            raise OtherOrderError("control totals need the values of every row that differs, and many do")
        return int(found)

    def _tell_in_bulk(self, parts: Sequence[tuple[int, int]], most: int) -> int:
        """Counts all pairs that differ, and by column, and tells the values of those that are to be shown."""
        counts = self.duck.all_at_once([self.files.counted(*part) for part in parts], label="columns")
        changed, other, *columns = (sum(numbers) for numbers in zip(*(row for (row,) in counts), strict=True))
        if other:
            raise OtherOrderError("two keys stand at one place")
        request = self.pair.task.request
        most = request.samples.each if request.second_look is None else most
        self.duck.run(f"create or replace table apart as from apart limit {most}")
        shown, *shown_columns = self.duck.one(self.files.counted_in("apart"))
        self._tell(shown)
        rest = changed - shown
        self.tally.add(Counts(left=rest, right=rest, matched=rest, changed=rest))
        self.tally.columns_seen += rest
        for name, told, all_told in zip(self.pair.task.names, shown_columns, columns, strict=True):
            self.tally.columns[name] += all_told - told
        return int(changed)

    def _tell(self, pairs: int) -> int:
        """Compares what is in `apart` by value; how many pairs that is."""
        found: dict[Key, tuple[list[Values], list[Values]]] = {}
        selections = (self.pair.task.left, self.pair.task.right)
        for side in (LEFT, RIGHT):
            rows = self.sides[side].read(self.files.raw_of(side, "apart"), selections[side], self.duck)
            for key, values in canonical(rows, selections[side], self.pair):
                found.setdefault(key, ([], []))[side].append(values)
        for key, (lefts, rights) in found.items():
            self.tally.meet(key, lefts, rights)
        return pairs


WAY = AlignedWay()
