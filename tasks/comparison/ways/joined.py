"""Two sides in DuckDB by key and hash: sums by bucket, a join of unequal buckets, values where a hash cannot tell.

Equal forms mean equal values. Rows whose forms differ are compared again as values when they are odd, few, or to be
shown; the rest is counted from the join. Too many odd rows, or an odd key, and the reference way takes over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tasks.comparison.duck.apart import join_apart, repeated_keys, uniqueness
from tasks.comparison.duck.buckets import LEFT, RIGHT, Buckets, buckets, make_sieve
from tasks.comparison.duck.columns import count_columns
from tasks.comparison.duck.digest import HASH_BITS
from tasks.comparison.duck.forms import UnfitError
from tasks.comparison.duck.sources import Sources, sources_of
from tasks.comparison.errors import CountsError, MemoryShortError, SideError
from tasks.comparison.expected import expected
from tasks.comparison.pairing import Values
from tasks.comparison.result import Bits, Plan
from tasks.comparison.tally import Counts, Key, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.way import Pair

BY_VALUE = 5_000
MOST_ODD = 200_000
NARROW = 0.5


class GaveUpError(Exception):
    """The reference way must do it; nothing has been told to the tally yet."""


class JoinedWay:
    """Key and hash in DuckDB."""

    names = ("joined",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        if pair.task.request.exact:
            return "exact values were asked for"
        try:
            sources_of(pair, lines=lines_fit(pair)).shape()
        except UnfitError as error:
            return str(error)
        return None

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Finds the keys that differ, then tells them."""
        reason = ""
        for lines in (True, False) if lines_fit(pair) else (False,):
            with sources_of(pair, lines=lines) as sources:
                try:
                    with watch.reading(sources.duck, "read", expected((pair.left, pair.right), watch)):
                        sources.read(watch)
                except (SideError, UnfitError) as error:
                    reason = str(sources.diagnosed(error) if isinstance(error, SideError) else error)
                    continue
                try:
                    return _Run(pair, tally, watch, sources).run()
                except GaveUpError as error:
                    reason = str(error)
                except SideError as error:
                    raise sources.diagnosed(error) from error
        plan, bits = REFERENCE.run(pair, tally, watch)
        return replace(plan, because=f"{plan.because}; not joined: {reason}"), bits


def lines_fit(pair: Pair) -> bool:
    """Whether both sides are lines, of which equal ones are equal rows."""
    return pair.left.dialect == pair.right.dialect == "jsonlines" and not pair.task.request.mapped


def most_by_value(pair: Pair, tally: Tally) -> int:
    """How many rows that differ are all told by their values; of more only those that are shown or looked at again."""
    look = pair.task.request.second_look
    return MOST_ODD if tally.needs_values else max(BY_VALUE, look.keys if look else 0)


@contextmanager
def _within_memory() -> Iterator[None]:
    """What needs more memory than DuckDB has is left to another way, which it can be before anything is told."""
    try:
        yield
    except MemoryShortError as error:
        raise GaveUpError(str(error)) from error


class _Run:
    """One comparison by this way."""

    def __init__(self, pair: Pair, tally: Tally, watch: Watch, sources: Sources) -> None:
        self.pair = pair
        self.tally = tally
        self.watch = watch
        self.sources = sources
        self.duck = sources.duck
        self.expected = expected((pair.left, pair.right), watch)

    def run(self) -> tuple[Plan, Bits]:
        because = "all sums by bucket are equal"
        chosen = (0, 0)
        with _within_memory():
            found, repeats = self._look(self.sources.row_counts())
            differ = found.unequal or repeats
            if differ:
                because = f"sums differ in {found.unequal:,} of {found.number:,} buckets"
                with self.watch.reading(self.duck, "join", sum(found.totals)):
                    found, repeats = self._join(found, repeats)
        if differ:
            chosen = self._tell_apart()
        self._tell_rest(found, chosen)
        self._tell_nulls(found)
        self.sources.check()
        rows = max(found.totals)
        return Plan("joined", because), Bits(HASH_BITS, rows * 2.0**-HASH_BITS)

    def _join(self, found: Buckets, repeats: int) -> tuple[Buckets, int]:
        """Joins what the buckets leave; the buckets, and how many keys repeat, as they are known then."""
        proved = self._narrow(found, repeats)
        if found.right_may_repeat and not proved and self._right_repeats(found):
            found, repeats = self._look(None)
            self._narrow(found, repeats)
        join_apart(self.duck, self.sources.digest, self.sources.narrowed, repeats=repeats > 0)
        return found, repeats

    def _look(self, counted: tuple[int, int] | None) -> tuple[Buckets, int]:
        """The buckets, and how many keys repeat in them; `counted` are the rows of both sides, where known."""
        digest, relations = self.sources.digest, self.sources.relations
        with self.watch.reading(self.duck, "read", self.expected):
            found = buckets(self.duck, digest, relations, rows=self.sources.row_estimate, counted=counted)
            if found.odd_keys:
                raise GaveUpError("keys that are written in more than one way")
            repeats = repeated_keys(self.duck, digest, relations, found)
        rows = sum(found.totals) + sum(found.nulls)
        self.watch.tell("read", rows, rows)
        return found, repeats

    def _right_repeats(self, found: Buckets) -> bool:
        """Whether a key repeats on the right side in what is narrowed."""
        return uniqueness(self.duck, self.sources.digest, self.sources.narrowed[RIGHT], found.spread).repeated

    def _narrow(self, found: Buckets, repeats: int) -> bool:
        """Leaves the rows of suspect buckets, where they are not half of all; whether this proved the right's keys."""
        if found.suspect_rows < NARROW * sum(found.totals) and not (repeats and found.repeated is None):
            make_sieve(self.duck, found)
            return self.sources.narrow(found)
        return False

    def _tell_apart(self) -> tuple[int, int]:
        """Tells what is in `apart`; the rows of both sides that this covers."""
        missing, extra, changed, odd = self.duck.one(
            "select count(*) filter (not right_has), count(*) filter (not left_has),"
            " count(*) filter (left_has and right_has and not odd), count(*) filter (odd) from apart"
        )
        if odd > MOST_ODD:
            raise GaveUpError(f"{odd:,} rows differ in writing, and only values tell whether they are equal")
        if self.tally.needs_values and missing + extra + changed + odd > MOST_ODD:
            raise GaveUpError("control totals need the values of every row that differs, and many do")
        look, by_value = self.pair.task.request.second_look, most_by_value(self.pair, self.tally)
        if missing + extra + changed <= by_value:
            self.duck.run("create or replace table chosen as from apart")
            return self._tell_values(self._chosen())
        self._choose(self.pair.task.request.samples.each if look is None else by_value)
        chosen = self._chosen()
        rest = self._bulk()
        left, right = self._tell_values(chosen)
        return left + rest[0], right + rest[1]

    def _choose(self, each: int) -> None:
        classes = ("not right_has", "not left_has", "left_has and right_has and not odd")
        parts = [f"(select * from apart where {one} limit {each})" for one in classes]  # noqa: S608 — built from quoted names
        query = " union all ".join(["(select * from apart where odd)", *parts])
        self.duck.run(f"create or replace table chosen as {query}")

    def _bulk(self) -> tuple[int, int]:
        """Counts what is apart and not chosen."""
        same = self.sources.digest.same_key("c", "a")
        query = f"select * from apart a where not exists (select 1 from chosen c where {same})"  # noqa: S608 — built from quoted names
        self.duck.run(f"create or replace table rest as {query}")
        missing, extra, changed = self.duck.one(
            "select count(*) filter (not right_has), count(*) filter (not left_has),"
            " count(*) filter (left_has and right_has) from rest"
        )
        left, right = missing + changed, extra + changed
        self.tally.add(Counts(left=left, right=right, matched=changed, missing=missing, extra=extra, changed=changed))
        if changed:
            self.watch.tell("columns", 0, None)
            seen, by_column = count_columns(self.sources, self.pair.task.request)
            self.tally.columns_seen += seen
            self.tally.columns.update(by_column)
        return left, right

    def _chosen(self) -> dict[Key, tuple[list[Values], list[Values]]]:
        """The values of the chosen keys on both sides."""
        found: dict[Key, tuple[list[Values], list[Values]]] = {}
        read = 0
        with _within_memory():
            for side in (LEFT, RIGHT):
                for key, values in self.sources.canonical_of(side, "chosen"):
                    found.setdefault(key, ([], []))[side].append(values)
                    read += 1
                self.watch.tell("values", read, None)
        return found

    def _tell_values(self, found: dict[Key, tuple[list[Values], list[Values]]]) -> tuple[int, int]:
        """Compares keys by value; the rows of both sides that this covers."""
        for key, (lefts, rights) in found.items():
            self.tally.meet(key, lefts, rights)
        return sum(len(lefts) for lefts, _ in found.values()), sum(len(rights) for _, rights in found.values())

    def _tell_rest(self, found: Buckets, told: tuple[int, int]) -> None:
        """Counts the rows that are equal: those of each side that nothing was told of, which must be as many."""
        left, right = found.totals[LEFT] - told[LEFT], found.totals[RIGHT] - told[RIGHT]
        if left != right or left < 0:
            raise CountsError(f"{left} rows of the left side and {right} of the right side are left as equal")
        self.tally.add(Counts(left=left, right=right, matched=left))

    def _tell_nulls(self, found: Buckets) -> None:
        for side, count in enumerate(found.nulls):
            if not count:
                continue
            kind = ("null_key_left", "null_key_right")[side]
            shown = 0
            for key, values in self.sources.canonical_of(side, None):
                if not (self.tally.needs_values or self.tally.wants(kind)) or shown == count:
                    break
                self.tally.meet_nobody(side, key, values)
                shown += 1
            rest = count - shown
            if side == LEFT:
                self.tally.null_left += rest
                self.tally.add(Counts(left=rest, missing=rest))
            else:
                self.tally.null_right += rest
                self.tally.add(Counts(right=rest, extra=rest))


WAY = JoinedWay()
