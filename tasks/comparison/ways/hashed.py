"""PostgreSQL beside Parquet: the server hashes its rows, the file's are hashed here as it does, and sums are compared.

Each side is read once, both at one time, and the server sends only keys and hashes. Rows of keys in cells whose sums
differ are asked of both again and compared as values. Where those are many, the join takes over.
"""

import secrets
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.comparison.errors import SideError
from tasks.comparison.expected import expected
from tasks.comparison.files.side import FileSide
from tasks.comparison.files.side import conditions_sql as file_conditions
from tasks.comparison.files.side import value_sql as file_value
from tasks.comparison.kinds import Kind
from tasks.comparison.postgres import hashes
from tasks.comparison.postgres.cells import MOST_KEYS, Cells, width_of
from tasks.comparison.postgres.digests import packed, stream
from tasks.comparison.postgres.hashed_file import Hashed, disagreement, hashed, longs
from tasks.comparison.postgres.reading import SETTINGS
from tasks.comparison.postgres.streamed import fit
from tasks.comparison.result import Bits, Plan
from tasks.comparison.side import Selection
from tasks.comparison.sides.postgresql import PostgresSide, conditions_sql, value_sql
from tasks.comparison.tally import LEFT, RIGHT, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.by_rows import tell_by_rows, tell_the_rest
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

ROWS_OF_A_BATCH = 32_768
"""Rows of the file that are hashed at once: few, so that they stay in the cache."""
ROWS_OF_A_PART = 131_072
"""Rows that the server sends at once."""
BY_VALUE = 100_000
"""Keys whose rows may be read again."""


class GaveUpError(Exception):
    """The join must do it; nothing has been told to the tally yet."""


class HashedWay:
    """Hashes of the server, and the same made here."""

    names = ("hashed",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        if pair.task.request.exact:
            return "exact values were asked for"
        place, server, _ = _sides(pair)
        selection, key = (pair.task.left, pair.task.right)[place], pair.task.key[0]
        first = selection.values[0]
        if len(pair.task.key) != 1 or key.kind is not Kind.INTEGER or first.expression is not None:
            return "the key is not one integer column"
        if (first.column.name,) not in server.unique_keys():
            return f"{first.column.name} is not unique by constraint in {server.name}"
        for number, (column, one) in enumerate(zip(pair.task.compared, _file_values(pair), strict=True)):
            if hashes.unfit(column) or hashed(number, column, one, hashes.Hashing(b"")) is None:
                return f"{column.name} is not hashed here as it is on a server"
        (allowed,) = server.session.one("select has_table_privilege($1::oid, 'select')", (server.relation.oid,))
        if not allowed:
            return f"this role sees columns of {server.name} and not where its rows lie"
        return fit(server) or disagreement(server.session)

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Reads both sides at once, then what differs."""
        try:
            return _Run(pair, tally, watch).run()
        except GaveUpError as error:
            plan, bits = JOINED.run(pair, tally, watch)
            return replace(plan, because=f"{plan.because}; not hashed: {error}"), bits


def _sides(pair: Pair) -> tuple[int, PostgresSide, FileSide]:
    """On which side the server is, the server and the file."""
    for place, server, file in ((LEFT, pair.left, pair.right), (RIGHT, pair.right, pair.left)):
        if isinstance(server, PostgresSide) and isinstance(file, FileSide):
            return place, server, file
    raise AssertionError("chosen by dialect")


def _file_values(pair: Pair) -> tuple[Any, ...]:
    return (pair.task.right if _sides(pair)[0] == LEFT else pair.task.left).values


class _Run:
    """One comparison by this way."""

    def __init__(self, pair: Pair, tally: Tally, watch: Watch) -> None:
        self.pair = pair
        self.tally = tally
        self.watch = watch
        self.place, self.server, self.file = _sides(pair)
        self.selections = (pair.task.left, pair.task.right)
        self.expected = expected((pair.left, pair.right), watch)
        self.hashing = hashes.Hashing(secrets.token_bytes(16))
        self.cells = self._cells()
        self.strays: list[int] = []
        self.nulls = 0
        self.ended = False
        self.served = [0, 0]
        """Rows that each session has read by now."""

    @property
    def asked(self) -> Selection:
        """What is read of the server."""
        return self.selections[self.place]

    @property
    def filed(self) -> Selection:
        """What is read of the file."""
        return self.selections[1 - self.place]

    def run(self) -> tuple[Plan, Bits]:
        rows = self._read()
        unequal = self.cells.unequal()
        if len(unequal) * self.cells.width + len(self.strays) > BY_VALUE:
            raise GaveUpError(f"sums of hashes differ in {len(unequal):,} cells")
        keys = [*self.cells.keys(unequal), *dict.fromkeys(self.strays)]
        tell_the_rest(self.tally, rows, tell_by_rows(self.pair, self.tally, self.watch, keys))
        self._tell_nulls()
        self.file.files.check()
        because = f"sums of hashes differ in {len(unequal):,} of {self.cells.number:,} cells"
        return Plan("hashed", because), Bits(hashes.BITS, max(rows) * 2.0**-hashes.BITS)

    def _cells(self) -> Cells:
        """Cells from the server's first key to its last."""
        key = value_sql(self.asked.values[0])
        first, last = self.server.session.one(f"select min({key}), max({key}) from {self.server.relation.sql}")  # noqa: S608 — built from quoted names
        if first is None:
            raise GaveUpError(f"{self.server.name} has no row")
        if width_of(first, last) > MOST_KEYS:
            raise GaveUpError(f"keys from {first} to {last} are too far apart")
        return Cells(first, last)

    def _read(self) -> tuple[int, int]:
        """Reads all of both sides into the cells; how many rows with a key each has."""
        sessions = (self.server, self.server.companion())
        for one in sessions:
            one.session.execute(SETTINGS)
        parts = iter(self.server.block_ranges(ROWS_OF_A_PART))
        with ThreadPoolExecutor(len(sessions), "comparison-server") as pool:
            asked = [pool.submit(self._read_server, *one, parts) for one in enumerate(sessions)]
            try:
                filed = self._read_file(asked)
                while wait(asked, timeout=0.05).not_done:
                    self._tell(filed)
                served = sum(one.result() for one in asked)
            except GaveUpError:
                self.ended = True  # and no query is cancelled: the join needs the snapshot
                wait(asked)
                raise
            except BaseException:
                self.ended = True
                while wait(asked, timeout=0.1).not_done:
                    self.server.cancel()
                raise
        self._tell(filed)
        return (served, filed) if self.place == LEFT else (filed, served)

    def _tell(self, filed: int) -> None:
        self.watch.tell("read", filed + sum(self.served), self.expected)

    def _read_server(self, number: int, side: PostgresSide, parts: Iterator[str]) -> int:
        """Reads part after part through one session; how many rows that were."""
        key = value_sql(self.asked.values[0])
        row = self.hashing.row(self.pair.task.compared, self.asked.values)
        for part in parts:
            if self.ended:
                break
            where = " and ".join([part, *conditions_sql(self.asked)])
            query = (
                f"select {packed('k')}, {packed('h')} from (select {key}::int8 as k, {row} as h"  # noqa: S608 — built from quoted names
                f" from {side.relation.sql} where {where}) r"
            )
            for keys, hashed_rows in stream(side.session, query, (), label="digests"):
                self.cells.add(keys, hashed_rows.view(np.uint64))
                self.served[number] += len(keys)
        return self.served[number]

    def _read_file(self, asked: list[Future[int]]) -> int:
        """Hashes all rows of the file; how many have a key."""
        columns = [
            column
            for number, (compared, one) in enumerate(zip(self.pair.task.compared, self.filed.values, strict=True))
            if (column := hashed(number, compared, one, self.hashing))
        ]
        rows = 0
        for batch in self._batches(columns):
            for one in asked:
                if one.done():
                    one.result()  # an error of the server ends the reading of the file
            rows += self._take(columns, batch)
            self._tell(rows)
        return rows

    def _batches(self, columns: list[Hashed]) -> Generator[Any]:
        values = ", ".join(column.sql for column in columns)
        where = " and ".join(file_conditions(self.filed)) or "true"
        query = f"select {values} from {self.file.relation} where {where}"  # noqa: S608 — built from quoted names
        try:
            yield from self.file.duck.batches(query, ROWS_OF_A_BATCH, label="hashes")
        except SideError as error:
            raise self.file.format.diagnose(self.file.files, error) from error

    def _take(self, columns: list[Hashed], batch: Any) -> int:
        """Takes a batch of the file's rows from the cells; how many have a key."""
        if batch.column(0).null_count:
            self.nulls += batch.column(0).null_count
            batch = batch.filter(batch.column(0).is_valid())
        keys = longs(batch.column(0))
        rows: NDArray[np.uint64] = reduce(
            np.bitwise_xor, (one.of(batch.column(place)) for place, one in enumerate(columns))
        )
        outside = self.cells.outside(keys)
        if outside.any():
            self.strays.extend(set(keys[outside].tolist()))
            if len(self.strays) > BY_VALUE:
                raise GaveUpError("many keys are in the file only")
            keys, rows = keys[~outside], rows[~outside]
        self.cells.subtract(keys, rows)
        return len(batch)

    def _tell_nulls(self) -> None:
        """Tells the file's rows without a key, which the server has none of."""
        if not self.nulls:
            return
        without = f"{file_value(self.filed.values[0])} is null"
        where = f"({self.filed.where}\n) and {without}" if self.filed.where else without
        rows = self.file.rows(replace(self.filed, where=where))
        for key, values in canonical(rows, self.filed, self.pair):
            self.tally.meet_nobody(1 - self.place, key, values)


WAY = HashedWay()
