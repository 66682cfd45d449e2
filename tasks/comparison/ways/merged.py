"""Two files of lines in one order: lines that are equal byte by byte are equal rows, only the others become values.

Meanwhile the left file is read for what bytes do not say: whether every line is whole, and whether a key repeats.
Files in another order, or with more than 2 % of their bytes apart, are sifted; where lines prove nothing, they are
joined.
"""

import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

from tasks.comparison.duck.line_keys import Keys, header_lines
from tasks.comparison.duck.session import TOLD_SECONDS
from tasks.comparison.errors import SideError
from tasks.comparison.expected import expected
from tasks.comparison.files.blocks import opened_after
from tasks.comparison.files.merging import Heard, Merge, Merged, OtherOrderError
from tasks.comparison.result import Bits, Plan
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.of_lines import DoubtError, Rest, files_of, rest_file, rest_of, rest_paths, tell, unfit
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.way import Pair

FIRST = 0.3
"""The share of a merge that comes before keys are looked at, so that they and DuckDB are done at about one time."""


class MergedWay:
    """Byte by byte."""

    names = ("merged",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        return unfit(pair)

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Merges, or leaves it to the next way."""
        keys = Keys(pair, files_of(pair)[0])
        with tempfile.TemporaryDirectory(prefix="comparison-") as folder:
            try:
                rest = _proven(pair, keys, Path(folder), watch)
            except (OtherOrderError, DoubtError, SideError) as error:
                watch.check()
                reason = error
            else:
                bits = tell(rest, keys.shape, tally, watch)
                equal, apart = rest.counts.equal, rest.counts.left + rest.counts.right
                return Plan("merged", f"{equal:,} lines are equal byte by byte, {apart:,} are apart"), bits
        from tasks.comparison.ways.sifted import WAY as SIFTED  # late: it brings numpy, which a merge brings meanwhile

        exact = pair.task.request.exact
        way = REFERENCE if exact else SIFTED if isinstance(reason, OtherOrderError) else JOINED
        plan, bits = way.run(pair, tally, watch)
        return replace(plan, because=f"{plan.because}; not merged: {reason}"), bits


def _proven(pair: Pair, keys: Keys, folder: Path, watch: Watch) -> Rest:
    """The lines apart, where all that is said of the others is proven."""
    with ThreadPoolExecutor(2, "comparison-merge") as pool:
        try:
            asked = keys.ask(pool, watch.check)
            paths = rest_paths(pair, folder)
            look = partial(keys.look, asked, pool, watch.check)
            apart = _merge(pair, paths, _heard(pair, keys, asked.objects, look, watch))
            look()
            counts = Merged(keys.lines(asked, watch) - apart[0], *apart)
            rest = rest_of(pair, paths, counts)
            doubt = keys.doubt(asked, rest.pair, counts, watch)
        except BaseException:
            keys.stop()
            raise
    if doubt:
        raise DoubtError(doubt)
    return rest


def _heard(pair: Pair, keys: Keys, counted: Future[int | None], look: Callable[[], None], watch: Watch) -> Heard:
    """Who hears of a merge: who watches it, and what proves keys.

    Two threads of Python take turns, each waiting for the other. So keys are looked at when the first lines are merged,
    beside DuckDB, and the other lines are merged when it has counted them.
    """
    of = expected((pair.left, pair.right), watch)
    size = max(sum(side.files.paths[0].stat().st_size for side in files_of(pair)), 1)

    def passed(seen: int) -> None:
        told = min(seen * (of or 0) // size, of or 0)
        watch.tell("merge", told, of)
        if seen > FIRST * size:
            look()
            while not counted.done():
                wait([counted], TOLD_SECONDS)
                watch.tell("merge", told, of)
            counted.result()  # an error ends the merge

    return Heard(passed, keys.see)


def _merge(pair: Pair, paths: tuple[Path, Path], heard: Heard) -> tuple[int, int]:
    """Merges the two files into two smaller ones with the lines that are apart, and gives their numbers."""
    left, right = files_of(pair)
    header = header_lines(left)
    with (
        opened_after(left.files.paths[0], header) as one,
        opened_after(right.files.paths[0], header) as other,
        rest_file(left, paths[0]) as lefts,
        rest_file(right, paths[1]) as rights,
    ):
        return Merge(one, other, heard).run(lefts, rights)


WAY = MergedWay()
