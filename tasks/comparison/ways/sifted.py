"""Two files of lines in any order: lines whose hashes both sides have are equal rows, only the others become values.

Of each line its hash alone is in memory. Meanwhile the left file is read for what hashes do not say: whether every
line is whole, and whether a key repeats. Where lines prove nothing, or are too many, the files are joined.
"""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.comparison.duck.digest import HASH_BITS
from tasks.comparison.duck.line_keys import Keys, header_lines
from tasks.comparison.errors import SideError
from tasks.comparison.expected import expected
from tasks.comparison.files.blocks import with_one_end
from tasks.comparison.files.lines_about import lines_about
from tasks.comparison.files.merging import Merged
from tasks.comparison.files.picking import apart, picked, same
from tasks.comparison.files.side import FileSide
from tasks.comparison.result import Bits, Plan
from tasks.comparison.sides.csv import CsvFormat
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.of_lines import (
    DoubtError,
    Rest,
    files_of,
    rest_file,
    rest_of,
    rest_paths,
    tell,
    unfit,
)
from tasks.comparison.ways.way import Pair

MOST_LINES = 12_000_000
"""Lines of both files whose hashes, of eight bytes and for a moment twice, are held in memory."""


class SiftedWay:
    """By hashes of lines."""

    names = ("sifted",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        return "exact values were asked for" if pair.task.request.exact else unfit(pair)

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Sifts, or leaves it to the join."""
        keys = Keys(pair, files_of(pair)[0])
        with tempfile.TemporaryDirectory(prefix="comparison-") as folder:
            try:
                rest = _proven(pair, keys, Path(folder), watch)
            except (DoubtError, SideError) as error:
                watch.check()
                reason = error
            else:
                bits = tell(rest, keys.shape, tally, watch)
                apart = rest.counts.left + rest.counts.right
                plan = Plan("sifted", f"{rest.counts.equal:,} lines are in both files, {apart:,} are in one")
                return plan, Bits(HASH_BITS, max(_chance(rest.counts), bits.chance))
        plan, bits = JOINED.run(pair, tally, watch)
        return replace(plan, because=f"{plan.because}; not sifted: {reason}"), bits


def _chance(counts: Merged) -> float:
    """The chance that lines apart have one hash: any of them with any other, where more are than were found."""
    return max(counts.equal + max(counts.left, counts.right), counts.left * counts.right) * 2.0**-HASH_BITS


def _proven(pair: Pair, keys: Keys, folder: Path, watch: Watch) -> Rest:
    """The lines apart, where all that is said of the others is proven."""
    if sum(lines_about(side.files.paths[0]) for side in files_of(pair)) > MOST_LINES:
        raise DoubtError("there are more lines than are held in memory")
    with ThreadPoolExecutor(1, "comparison-keys") as pool:
        try:
            asked = keys.ask_distinct(pool, watch.check)
            hashes = []
            for side in files_of(pair):
                with watch.reading(files_of(pair)[0].duck, f"hash {side.name}", expected([side], watch)):
                    hashes.append(_hashes(pair, side))
            keys.wait(asked, watch)  # it has memory of its own
            rest = _sift(pair, hashes, folder)
            doubt = keys.doubt_distinct(asked, rest.pair, rest.counts, watch)
        except BaseException:
            keys.stop()
            raise
    if doubt:
        raise DoubtError(doubt)
    return rest


def _sift(pair: Pair, hashes: list[Any], folder: Path) -> Rest:
    """Finds the lines of which the other file has no equal, and puts them into two smaller files."""
    sides = files_of(pair)
    numbers = apart(hashes[0], hashes[1])
    if numbers is None:
        raise DoubtError("a line repeats")
    if any(2 * len(some) > len(all_hashes) for some, all_hashes in zip(numbers, hashes, strict=True)):
        raise DoubtError("most lines of a file are in it alone")
    paths = rest_paths(pair, folder)
    with ThreadPoolExecutor(2, "comparison-lines") as pool:
        list(pool.map(_pick, sides, paths, numbers))
    counts = Merged(len(hashes[0]) - len(numbers[0]), len(numbers[0]), len(numbers[1]))
    rest = rest_of(pair, paths, counts)
    for side, all_hashes, chosen in zip(files_of(rest.pair), hashes, numbers, strict=True):
        if not same(_hashes(pair, side), all_hashes[chosen]):
            raise DoubtError("lines are not where they were counted")
    return rest


def _pick(side: FileSide, path: Path, numbers: Any) -> None:
    """Puts lines of a side, by their numbers, into a file of their own."""
    with rest_file(side, path) as file:
        file.writelines(map(with_one_end, picked(side.files.paths[0], header_lines(side), numbers)))


def _hashes(pair: Pair, side: FileSide) -> Any:
    """The hash of each line of a side in its order, by the one DuckDB that is at work."""
    form = side.format
    relation = form.lines(side.files) if isinstance(form, CsvFormat) else form.relation(side.files)
    return files_of(pair)[0].duck.numbers(f"select hash(line) from {relation}", label="lines")  # noqa: S608 — paths are literals


WAY = SiftedWay()
