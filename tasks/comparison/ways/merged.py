"""Two files of lines in one order: lines that are equal byte by byte are equal rows, only the others become values.

Meanwhile the left file is read for what bytes do not say: whether every line is whole, and whether a key repeats.
Files in another order, or with more than 2 % of lines apart, are sifted; where lines prove nothing, they are joined.
"""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.comparison.duck.line_keys import Keys, header_lines
from tasks.comparison.errors import SideError
from tasks.comparison.expected import expected
from tasks.comparison.files.blocks import opened_after
from tasks.comparison.files.merging import Merge, OtherOrderError
from tasks.comparison.result import Bits, Plan
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.of_lines import DoubtError, Rest, files_of, rest_file, rest_of, rest_paths, tell, unfit
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.way import Pair


@dataclass(frozen=True, slots=True)
class _Told:
    """Who hears of a merge: `passed`, of how many lines of both are passed, may stop it.

    `see` gets the lines that are apart on the right.
    """

    passed: Callable[[int], None]
    see: Callable[[bytes], None]


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
            of = expected((pair.left, pair.right), watch)
            rest = _merge(pair, folder, _Told(lambda lines: watch.tell("merge", lines, of), keys.see))
            keys.merged()
            doubt = keys.doubt(asked, rest.pair, rest.counts, watch)
        except BaseException:
            keys.stop()
            raise
    if doubt:
        raise DoubtError(doubt)
    return rest


def _merge(pair: Pair, folder: Path, told: _Told) -> Rest:
    """Merges the two files into two smaller ones with the lines that are apart."""
    left, right = files_of(pair)
    paths = rest_paths(pair, folder)
    header = header_lines(left)
    with (
        opened_after(left.files.paths[0], header) as one,
        opened_after(right.files.paths[0], header) as other,
        rest_file(left, paths[0]) as lefts,
        rest_file(right, paths[1]) as rights,
    ):
        counts = Merge(one, other, told.passed, told.see).run(lefts, rights)
    return rest_of(pair, paths, counts)


WAY = MergedWay()
