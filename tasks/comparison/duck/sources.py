"""The two sides of a pair as relations of one DuckDB, read by itself or brought in from a server."""

from collections.abc import Collection, Iterator, Sequence
from typing import Self

from tasks.comparison.canonical import reader
from tasks.comparison.duck import filed
from tasks.comparison.duck.buckets import Buckets, adds_up
from tasks.comparison.duck.digest import Digest, Read, digest, digest_of_lines
from tasks.comparison.duck.forms import UnfitError
from tasks.comparison.duck.session import Duck
from tasks.comparison.errors import SideError
from tasks.comparison.feeds.feed import Feed, feed_of
from tasks.comparison.files.side import FileSide
from tasks.comparison.kinds import Kind
from tasks.comparison.pairing import Values
from tasks.comparison.side import Selection, Side
from tasks.comparison.tally import Key
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

KEEP_ROWS = 500_000
"""Rows of unequal buckets are kept with their values, up to so many, so that no file is read a third time."""
LOOKED_AT = 128
"""Rows of the right side that say which values seem equal in all."""

_ASKED_BY_KEY = {Kind.INTEGER, Kind.NUMERIC, Kind.TEXT, Kind.UUID, Kind.DATE}


class Sources:
    """Both sides, ready to be joined: `relations` of all rows, `narrowed` of those that may differ."""

    def __init__(self, pair: Pair, duck: Duck, *, lines: bool) -> None:
        self.pair = pair
        self.duck = duck
        self.sides: tuple[Side, Side] = (pair.left, pair.right)
        self.selections: tuple[Selection, Selection] = (pair.task.left, pair.task.right)
        self.digest: Digest
        self.relations: tuple[str, str] = ("", "")
        self.narrowed: tuple[str, str] = ("", "")
        self.row_estimate: int | None = None
        self.lines = lines
        self._kept = False
        self._feeds: dict[int, Feed] = {}

    def shape(self) -> Digest:
        """The digest of the pair; `UnfitError` where it has none."""
        reads = [self._read(place) for place in (0, 1)]
        if self.lines:
            return digest_of_lines(self.pair.task, reads[0], reads[1])
        return digest(self.pair.task, reads[0], reads[1])

    def _read(self, place: int) -> Read:
        side, selection = self.sides[place], self.selections[place]
        if isinstance(side, FileSide):
            return filed.read_of(side, selection, keys_only=self.lines)
        for column in self.pair.task.key:  # of text beside a file's, only the server's own can be filled up
            if column.kind not in _ASKED_BY_KEY or not column.rule.exact or self.pair.task.nulls_meet:
                raise UnfitError(f"the key {column.name} cannot be asked of {side.name} again")
        feed = self._feeds.setdefault(place, feed_of(side, selection))
        return Read(f"incoming_{place}", (), feed.held())

    def read(self, watch: Watch) -> None:
        """Makes the relations: of files as they are, of a server's rows as a table of keys and hashes."""
        watch.check()
        self.digest = self.shape()
        relations = [self.digest.relation(place) for place in (0, 1)]
        for place, feed in self._feeds.items():
            self._bring(place, feed, f"fed_{place}", relations[place])
            relations[place] = f"fed_{place}"
        self.relations = (relations[0], relations[1])
        self.narrowed = self.relations
        self.row_estimate = self._estimate()

    def columns(self, place: int, wanted: str) -> str:
        """The digest's columns of the rows that are wanted; a server is read again for them, in the same snapshot."""
        relation = self.digest.columns(place, wanted)
        if place not in self._feeds:
            return relation
        self._bring(place, self._feeds[place], f"columns_{place}", relation)
        return f"columns_{place}"

    def _bring(self, place: int, feed: Feed, table: str, relation: str) -> None:
        """Reads a feed once, into a table of what the digest makes of it."""
        for side in self.sides:
            if isinstance(side, FileSide):
                side.ends_with.append(feed.cancel)
        names = []
        for number, batches in enumerate(feed.readers()):
            names.append(f"incoming_{place}_{number}")
            self.duck.register(names[-1], batches)
        parts = " union all ".join(f"select * from {name}" for name in names)  # noqa: S608 — constant names
        self.duck.run(f"create or replace view incoming_{place} as {parts}")
        self.duck.run(f"create or replace table {table} as select * from {relation}", label="feed")  # noqa: S608
        self.duck.run(f"drop view incoming_{place}")
        for name in names:
            self.duck.unregister(name)

    def _estimate(self) -> int | None:
        """About how many rows the larger side has: 100 bytes each, if nobody knows better."""
        known = [side.row_estimate() for side in self.sides]
        sizes = [side.files.bytes // 50 for side in self.sides if isinstance(side, FileSide)]
        return max([one for one in known if one is not None] + sizes, default=None)

    def narrow(self, found: Buckets) -> bool:
        """Leaves only rows of suspect buckets; few of them are kept with their values.

        Values of Parquet that seem equal are read from the left side alone: most rows that differ do in the same few
        columns, and the right side's sums prove it. Returns whether they did, and with it that no key of the right side
        repeats, where keys are dense.
        """
        self._kept = found.suspect_rows <= KEEP_ROWS and not self._feeds
        lends = self._kept and {side.dialect for side in self.sides} == {"parquet"}
        lendable = self.digest.lendable if lends else ()
        left = self._narrowed(0, found, forms=lendable)
        lent = self._seem_equal(found, lendable)
        proved = bool(lent) and self._borrows(found, lent)
        self.narrowed = (left, "narrowed_1" if proved else self._narrowed(1, found))
        return proved

    def _narrowed(self, place: int, found: Buckets, forms: Collection[int] = ()) -> str:
        if place in self._feeds:
            return f"(select * from {self.relations[place]} where {found.among_suspects(self.digest.key_names())})"  # noqa: S608 — built from quoted names
        chosen = self._suspects(place, found)
        if not self._kept:
            return chosen.relation(place)
        relation = chosen.relation(place, self._raw(place), forms)
        self.duck.run(f"create or replace table narrowed_{place} as from {relation}", label="narrow")
        return f"narrowed_{place}"

    def _suspects(self, place: int, found: Buckets) -> Digest:
        return self.digest.where(place, found.among_suspects, quick=not found.doubtful)

    def _seem_equal(self, found: Buckets, lendable: Collection[int]) -> tuple[int, ...]:
        """The values that are equal in the first rows of the right side that stand in suspect buckets.

        Of floats only where no left row has a zero, which the right one may have with the other sign.
        """
        if not lendable:
            return ()
        rows = self._suspects(1, found).borrower(1, ())
        apart = {place: f"coalesce(bool_or(l.v{place} is distinct from s.v{place}), true)" for place in lendable}
        for place in self.digest.two_zeros:
            number = f"try_cast(r{len(self.digest.keys) + place} as double)"
            apart[place] += f" or (select coalesce(bool_or({number} = 0), false) from narrowed_0)"  # noqa: S608 — built from quoted names
        same = self.digest.same_key("l", "s")
        some = f"(from {rows} limit {LOOKED_AT}) s join narrowed_0 l on {same}"
        differ = self.duck.one(f"select {', '.join(apart.values())} from {some}", label="look")  # noqa: S608 — built from quoted names
        return tuple(place for place, one in zip(lendable, differ, strict=True) if not one)

    def _borrows(self, found: Buckets, lent: tuple[int, ...]) -> bool:
        """Makes `narrowed_1` with values of `narrowed_0`; whether they are those that the right side's rows have."""
        digest = self.digest
        rows = self._suspects(1, found).borrower(1, lent, self._raw(1, without=lent))
        raw = ", ".join(f"l.r{len(digest.keys) + place}" for place in lent)
        whole = f"s.*, {raw}, {digest.hashed(lent, lender='l.', borrower='s.')} as h"
        joined = f"{rows} s join narrowed_0 l on {digest.same_key('l', 's')}"
        self.duck.run(f"create or replace table narrowed_1 as select {whole} from {joined}", label="narrow")  # noqa: S608 — built from quoted names
        return adds_up(self.duck, digest, found, "narrowed_1")

    def _raw(self, place: int, without: Sequence[int] = ()) -> dict[str, str]:
        side = self.sides[place]
        assert isinstance(side, FileSide)  # noqa: S101 — nothing else is read here
        return filed.raw_sql(side, self.selections[place], without=without)

    def canonical_of(self, place: int, table: str | None) -> Iterator[tuple[Key, Values]]:
        """The rows of a side whose keys are in a table, or are null, as canonical values."""
        if place in self._feeds:
            return self._asked_again(place, table)
        kept = self._kept and table is not None
        relation = f"narrowed_{place}" if kept else self.digest.relation(place, self._raw(place))
        if table is None:
            wanted = self.digest.no_key("s")
        else:
            wanted = f"exists (select 1 from {table} c where {self.digest.same_key('c', 's')})"  # noqa: S608 — built from quoted names
        side, selection = self.sides[place], self.selections[place]
        assert isinstance(side, FileSide)  # noqa: S101 — nothing else is read here
        rows = filed.rows_from(side, selection, f"{relation} s where {wanted}", self.duck)
        return canonical(rows, selection, self.pair)

    def _asked_again(self, place: int, table: str | None) -> Iterator[tuple[Key, Values]]:
        """The same from a server: keys were written as the engine shows them."""
        side, selection, task = self.sides[place], self.selections[place], self.pair.task
        if table is None:
            rows = canonical(side.rows(selection), selection, self.pair)
            yield from (row for row in rows if None in row[0])
            return
        has = ("left_has", "right_has")[place]
        # Python has no infinite day, and would take it for the last one that it has.
        parts = zip(self.digest.key_names(), task.key, strict=True)
        names = [f"cast({name} as varchar)" if one.kind is Kind.DATE else name for name, one in parts]
        keys = self.duck.all(f"select {', '.join(names)} from {table} where {has}")  # noqa: S608 — built from quoted names
        readers = [reader(column.kind, column.rule, column.kind, column.element) for column in task.key]
        wanted = {tuple(read(value) for read, value in zip(readers, key, strict=True)) for key in keys}
        for key, values in canonical(side.rows_of(selection, keys), selection, self.pair) if keys else ():
            if key in wanted:
                yield key, values

    def row_counts(self) -> tuple[int, int] | None:
        """How many rows each side has, where that is known without reading them; `None` where not."""
        if any(read.conditions for read in self.digest.reads) or not all(map(self._knows_its_rows, (0, 1))):
            return None
        left, right = (self.duck.one(f"select count(*) from {relation}")[0] for relation in self.relations)  # noqa: S608 — built from quoted names
        return left, right

    def _knows_its_rows(self, place: int) -> bool:
        return place in self._feeds or self.sides[place].dialect == "parquet"

    def diagnosed(self, error: SideError) -> SideError:
        """The same error, saying which file it is in and where; a file that changed is an error of its own."""
        self.check()
        for side in self.sides:
            told = side.format.diagnose(side.files, error) if isinstance(side, FileSide) else error
            if told is not error:
                return told
        return error

    def check(self) -> None:
        """Raises when a file is not what it was when it was opened."""
        for side in self.sides:
            if isinstance(side, FileSide):
                side.files.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for feed in self._feeds.values():
            feed.close()
        for name in (
            "fed_0",
            "fed_1",
            "columns_0",
            "columns_1",
            "narrowed_0",
            "narrowed_1",
            "apart",
            "chosen",
            "rest",
            "repeated",
            "bucket_sums",
        ):
            self.duck.run(f"drop table if exists {name}")


def sources_of(pair: Pair, *, lines: bool = False) -> Sources:
    """The sources of a pair, in the DuckDB of a file side, which the watch can end; `lines` compares whole lines."""
    for side in (pair.left, pair.right):
        if isinstance(side, FileSide):
            return Sources(pair, side.duck, lines=lines)
    raise UnfitError("neither side is a file")
