"""What bytes do not say of merged lines: that every line of them is whole, and that no key repeats."""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field

from tasks.comparison.duck.apart import uniqueness
from tasks.comparison.duck.digest import Digest
from tasks.comparison.duck.sources import sources_of
from tasks.comparison.files.ascending import Shape, ascending, chain_ascends, csv_shape, json_shape
from tasks.comparison.files.merging import Merged
from tasks.comparison.files.side import FileSide
from tasks.comparison.sides.csv import CsvFormat
from tasks.comparison.sides.jsonlines import JsonLinesFormat
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair

LONGEST = 1 << 20
"""Files with longer lines are left to the join."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is found out while the files are merged: lines whose keys ascend, and lines that are JSON."""

    ascending: "Future[int | None]"
    objects: "Future[int | None]"


@dataclass(slots=True)
class Keys:
    """Keys of two files of lines.

    Keys that ascend are unique, which numpy sees at once where they are numbers at the start of each line; for any
    other key DuckDB reads the left file for it. On the right only the lines that are apart can bring a key twice.
    """

    pair: Pair
    left: FileSide
    shape: Shape | None = None
    chained: bool = True
    _stopped: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        key = self.pair.task.key[0].left.column.name
        form = self.left.format
        if len(self.pair.task.key) != 1:
            return
        if isinstance(form, CsvFormat):
            self.shape = csv_shape(key, form.names, form.divider)
        else:
            self.shape = json_shape(key, self.left.files.paths[0])

    def ask(self, pool: Executor, check: Callable[[], None]) -> Asked:
        """Starts what can be found out beside the merge."""

        def told(_: int) -> None:
            if self._stopped:
                raise InterruptedError
            check()

        def ascend() -> int | None:
            if self.shape is None:
                return None
            return ascending(self.left.files.paths[0], self.shape, header_lines(self.pair), told)

        def objects() -> int | None:
            form = self.left.format
            if not isinstance(form, JsonLinesFormat):
                return None
            relation = form.relation(self.left.files, longest=LONGEST)
            return int(self.left.duck.one(f"select count(line) from {relation}", label="lines")[0])  # noqa: S608

        return Asked(pool.submit(ascend), pool.submit(objects))

    def see(self, lines: bytes) -> None:
        """Lines of the right side that are apart, between their neighbours."""
        self.chained = self.chained and self.shape is not None and chain_ascends(self.shape, lines)

    def stop(self) -> None:
        """Ends what was asked."""
        self._stopped = True
        self.left.duck.cancel()

    def doubt(self, asked: Asked, rest: Pair, counts: Merged, watch: Watch) -> str | None:
        """Why the merge proves nothing; `None` when it does."""
        while wait([asked.ascending, asked.objects], timeout=0.05).not_done:
            watch.check()
        lines, objects = asked.ascending.result(), asked.objects.result()
        merged = counts.equal + counts.left
        if objects not in (None, merged) or lines not in (None, merged):
            return "lines and rows are not the same in number"
        if lines is not None and self.chained:
            return None
        return self._doubt_by_reading(rest, merged, counts.right, watch)

    def _doubt_by_reading(self, rest: Pair, lines: int, extra: int, watch: Watch) -> str | None:
        sources = sources_of(self.pair, lines=self.pair.left.dialect == "jsonlines")
        sources.read(watch)
        found = uniqueness(self.left.duck, sources.digest, sources.relations[0], sources.row_estimate)
        if found.rows != lines:
            return "lines and rows are not the same in number"
        if found.nulls or found.odd_keys or found.repeated:
            return "keys that repeat, are null, or are written in more than one way"
        return "keys that repeat on the right side" if extra and _repeats(rest, sources.digest) else None


def header_lines(pair: Pair) -> int:
    """How many lines of a file come before its rows."""
    return 1 if pair.left.dialect == "csv" else 0


def _repeats(rest: Pair, digest: Digest) -> bool:
    """Whether a key that is apart on the right repeats there, or is among the equal lines too."""
    sources = sources_of(rest, lines=digest.whole is not None)
    names = ", ".join(digest.key_names())
    left, right = (sources.shape().relation(place) for place in (0, 1))
    duck = sources.duck
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
