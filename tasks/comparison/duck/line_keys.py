"""What bytes do not say of equal lines: that every line of them is whole, and that no key repeats."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasks.comparison.duck.apart import uniqueness
from tasks.comparison.duck.buckets import spread_of
from tasks.comparison.duck.digest import Digest
from tasks.comparison.duck.forms import WHOLE
from tasks.comparison.duck.sources import sources_of
from tasks.comparison.expected import expected
from tasks.comparison.files.blocks import is_utf8, lines_in
from tasks.comparison.files.merging import Merged
from tasks.comparison.files.shape import Shape, chain_ascends, csv_shape, json_shape
from tasks.comparison.files.side import FileSide
from tasks.comparison.sides.csv import CsvFormat
from tasks.comparison.sides.jsonlines import JsonLinesSide
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

if TYPE_CHECKING:
    from tasks.comparison.files.ascending import Proof

UNLIKE = "lines and rows are not the same in number"


@dataclass(slots=True)
class Asked:
    """What is found out meanwhile: how many lines are JSON, and by `looking`, whether keys prove lines distinct."""

    objects: "Future[int | None]"
    proof: "Proof | None" = None
    looking: "Future[None] | None" = None

    @property
    def work(self) -> "list[Future[Any]]":
        """What is at work on it."""
        return [one for one in (self.objects, self.looking) if one is not None]


@dataclass(slots=True)
class Keys:
    """Keys of two files of lines.

    Where they are numbers at the start of each line, numpy sees at once that none repeats; for any other key DuckDB
    reads the left file for it. On the right only the lines that are apart can bring a key twice.
    """

    pair: Pair
    left: FileSide
    shape: Shape | None = None
    chained: bool = True
    _stopped: bool = field(default=False, init=False)
    _asked: Asked | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        key, form = self.pair.task.key[0], self.left.format
        if len(self.pair.task.key) != 1 or key.kind not in WHOLE:
            return
        name = key.left.column.name
        if isinstance(form, CsvFormat):
            self.shape = csv_shape(name, form.names, form.divider)
        else:
            self.shape = json_shape(name, self.left.files.paths[0])

    def ask(self, pool: Executor, check: Callable[[], None]) -> Asked:
        """Starts what is found out beside a merge: of JSON Lines how many they are, of others what keys prove."""
        asked = self._asked = Asked(pool.submit(self._objects))
        if self.left.dialect != "jsonlines":
            self.look(asked, pool, check)
        return asked

    def look(self, asked: Asked, pool: Executor, check: Callable[[], None]) -> None:
        """Starts to look for what keys prove, on one thread, unless that was done."""
        if asked.looking is None:
            asked.proof = self._proof(check, ordered=True)
            asked.looking = pool.submit(asked.proof.look if asked.proof else _nothing)

    def _objects(self) -> int | None:
        """How many lines are JSON, on one thread; a line that is not is an error."""
        if self.left.dialect != "jsonlines":
            return None
        duck, query = self.left.duck, f"select count(line) from {self.left.relation}"  # noqa: S608 — paths are literals
        with duck.one_thread():
            return int(duck.one(query, label="lines")[0])

    def ask_distinct(self, pool: Executor, check: Callable[[], None]) -> Asked:
        """Starts what is found out of lines in any order, which DuckDB reads as JSON if they are that."""
        proof = self._proof(check, ordered=False)

        def look() -> None:
            if proof:
                proof.look()
                _ = proof.lines  # which sorts, and on this thread

        self._asked = Asked(pool.submit(_nothing), proof, pool.submit(look))
        return self._asked

    def _proof(self, check: Callable[[], None], *, ordered: bool) -> "Proof | None":
        from tasks.comparison.files.ascending import Proof  # late: it brings numpy, while DuckDB is at work

        def told(_: int) -> None:
            if self._stopped:
                raise InterruptedError
            check()

        path, shape = self.left.files.paths[0], self.shape
        return Proof(path, shape, header_lines(self.left), told, ordered=ordered) if shape else None

    def see(self, lines: bytes) -> None:
        """Lines of the right side that are apart, between their neighbours."""
        self.chained = self.chained and self.shape is not None and chain_ascends(self.shape, lines)

    def stop(self) -> None:
        """Ends what was asked, and waits for it."""
        self._stopped = True
        asked = self._asked.work if self._asked else []
        self.left.duck.cancel()
        while wait(asked, timeout=0.02).not_done:  # a query that has not begun yet hears nothing
            self.left.duck.cancel()

    def lines(self, asked: Asked, watch: Watch) -> int:
        """How many lines the left file has."""
        proven, _ = self._proven(asked, watch)
        return proven if proven is not None else lines_in(self.left.files.paths[0], header_lines(self.left))

    def doubt(self, asked: Asked, rest: Pair, counts: Merged, watch: Watch) -> str | None:
        """Why a merge proves nothing; `None` when it does."""
        lines = counts.equal + counts.left
        proven, objects = self._proven(asked, watch)
        if objects not in (None, lines):
            return UNLIKE
        if proven is not None and self.chained:
            return None
        if self.left.dialect == "csv" and proven is None and not is_utf8(self.left.files.paths[0]):
            return "a line that is not UTF-8"
        return self._doubt_by_reading(lines, watch) or self._doubt_rest(rest, counts)

    def doubt_distinct(self, asked: Asked, rest: Pair, counts: Merged, watch: Watch) -> str | None:
        """Why lines that are in both files prove nothing, in whatever order; `None` when they do."""
        lines = counts.equal + counts.left
        proven, _ = self._proven(asked, watch)
        if proven not in (None, lines):
            return UNLIKE
        doubt = self._doubt_by_reading(lines, watch) if proven is None else None
        return doubt or self._doubt_rest(rest, counts)

    def _proven(self, asked: Asked, watch: Watch) -> tuple[int | None, int | None]:
        """What was found out, once it is."""
        self.wait(asked, watch)
        if asked.looking:
            asked.looking.result()
        lines = asked.proof.lines if asked.proof else None
        if lines is not None and isinstance(self.left, JsonLinesSide):
            self.left.proven = True
        return lines, asked.objects.result()

    def wait(self, asked: Asked, watch: Watch) -> None:
        """Waits for what is found out, and tells how far that is."""
        of = expected([self.left], watch)
        while True:
            ended = not wait(asked.work, timeout=0.05).not_done
            if asked.proof:
                watch.tell("keys", int(asked.proof.share * (of or 0)), of)
            watch.check()
            if ended:
                return

    def _doubt_by_reading(self, lines: int, watch: Watch) -> str | None:
        sources = sources_of(self.pair, lines=self.pair.left.dialect == "jsonlines")
        sources.read(watch)
        duck, digest, relation = self.left.duck, sources.digest, sources.relations[0]
        found = uniqueness(duck, digest, relation, spread_of(duck, digest, relation, sources.row_estimate))
        if found.rows != lines:
            return UNLIKE
        if found.nulls or found.odd_keys or found.repeated:
            return "keys that repeat, are null, or are written in more than one way"
        return None

    def _doubt_rest(self, rest: Pair, counts: Merged) -> str | None:
        digest = sources_of(self.pair, lines=self.left.dialect == "jsonlines").shape()
        if counts.right and _doubtful(rest, digest):
            return "keys that repeat on the right side, or are written in more than one way there"
        return None


def _nothing() -> None:
    return None


def header_lines(side: FileSide) -> int:
    """How many lines of a file come before its rows."""
    return 1 if side.dialect == "csv" else 0


def _doubtful(rest: Pair, digest: Digest) -> bool:
    """Whether a key that is apart on the right may be another's in other words, repeats, or is in equal lines too."""
    sources = sources_of(rest, lines=digest.whole is not None)
    names = ", ".join(digest.key_names())
    left, right = (sources.shape().relation(place) for place in (0, 1))
    duck = sources.duck
    if duck.one(f"select count(*) from {right} where odd_key")[0]:  # noqa: S608 — built from quoted names
        return True
    repeated = f"select {names} from {right} group by {names} having count(*) > 1"  # noqa: S608 — built from quoted names
    if duck.one(f"select count(*) from ({repeated})")[0]:  # noqa: S608 — built from quoted names
        return True
    new = f"select {names} from {right} except select {names} from {left}"  # noqa: S608 — built from quoted names
    duck.run(f"create or replace table new_keys as {new}")
    if not duck.one("select count(*) from new_keys")[0]:
        return False
    same = digest.same_key("n", "s")
    query = f"select count(*) from {digest.relation(0)} s where exists (select 1 from new_keys n where {same})"  # noqa: S608
    return bool(duck.one(query, label="keys on the right only")[0])
