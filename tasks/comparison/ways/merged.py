"""Two files of lines in one order: lines that are equal byte by byte are equal rows, only the others become values.

Meanwhile the left file is read for what bytes do not say: whether every line is whole, and whether a key repeats.
Files in another order, or with more than 2 % of lines apart, are left to the join.
"""

import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from tasks.comparison.duck.forms import UnfitError
from tasks.comparison.duck.line_keys import Keys, header_lines
from tasks.comparison.duck.sources import sources_of
from tasks.comparison.errors import SideError
from tasks.comparison.files.merging import Merge, Merged, OtherOrderError, opened_after
from tasks.comparison.files.paths import Files, stamp_of
from tasks.comparison.files.side import FileSide
from tasks.comparison.result import Bits, Plan
from tasks.comparison.sides.csv import CsvFormat
from tasks.comparison.tally import Counts, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.way import Pair


@dataclass(frozen=True, slots=True)
class _Told:
    """Who hears of a merge: `check` may stop it, `see` gets the lines that are apart on the right."""

    check: Callable[[], None]
    see: Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class _Rest:
    """What the merge left: the lines apart as a pair of their own, and the counts."""

    pair: Pair
    counts: Merged


class MergedWay:
    """Byte by byte."""

    names = ("merged",)

    def unfit(self, pair: Pair) -> str | None:
        """Why another way is needed."""
        sides = (pair.left, pair.right)
        request = pair.task.request
        if not all(isinstance(side, FileSide) and len(side.files.paths) == 1 for side in sides):
            return "a side is more than one file"
        if any(side.files.compressed for side in sides if isinstance(side, FileSide)):
            return "a file is compressed"
        if any(asked is not None for asked in (request.part, request.left.where, request.right.where)):
            return "not all rows are compared"
        if request.mapped or not _alike(pair):
            return "lines of the two files do not mean the same"
        try:
            sources_of(pair, lines=pair.left.dialect == "jsonlines").shape()
        except UnfitError as error:
            return str(error)
        return None

    def run(self, pair: Pair, tally: Tally, watch: Watch) -> tuple[Plan, Bits]:
        """Merges, or leaves it to the join."""
        with tempfile.TemporaryDirectory(prefix="comparison-") as folder:
            try:
                return _merged(pair, tally, watch, Path(folder))
            except (OtherOrderError, SideError) as error:
                watch.check()
                way = REFERENCE if pair.task.request.exact else JOINED
                plan, bits = way.run(pair, tally, watch)
                return replace(plan, because=f"{plan.because}; not merged: {error}"), bits


def _alike(pair: Pair) -> bool:
    """Whether equal lines mean equal rows: JSON always, CSV under one header."""
    left, right = pair.left, pair.right
    if isinstance(left, FileSide) and isinstance(right, FileSide) and isinstance(left.format, CsvFormat):
        other = right.format
        return isinstance(other, CsvFormat) and (left.format.divider, left.format.names) == (other.divider, other.names)
    return True


def _merged(pair: Pair, tally: Tally, watch: Watch, folder: Path) -> tuple[Plan, Bits]:
    left, right = pair.left, pair.right
    assert isinstance(left, FileSide)  # noqa: S101 — `unfit` refuses others
    assert isinstance(right, FileSide)  # noqa: S101 — `unfit` refuses others
    keys = Keys(pair, left)
    with ThreadPoolExecutor(2, "comparison-merge") as pool:
        try:
            asked = keys.ask(pool, watch.check)
            rest = _merge(pair, (left, right), folder, _Told(watch.check, keys.see))
            doubt = keys.doubt(asked, rest.pair, rest.counts, watch)
        except BaseException:
            keys.stop()
            raise
    if doubt:
        raise OtherOrderError(doubt)
    for side in (left, right):
        side.files.check()
    equal, apart = rest.counts.equal, rest.counts.left + rest.counts.right
    plan = Plan("merged", f"{equal:,} lines are equal byte by byte, {apart:,} are apart")
    bits = Bits(None, 0.0)
    if apart:
        _, bits = (REFERENCE if pair.task.request.exact else JOINED).run(rest.pair, tally, watch)
    tally.add(Counts(left=equal, right=equal, matched=equal))
    watch.tell("merge", 2 * equal, None)
    return plan, bits


def _merge(pair: Pair, sides: tuple[FileSide, FileSide], folder: Path, told: _Told) -> _Rest:
    """Merges the two files into two smaller ones with the lines that are apart."""
    header = header_lines(pair)
    paths = [folder / f"{name}{sides[0].files.paths[0].suffix}" for name in ("left", "right")]
    opened = [opened_after(side.files.paths[0], header) for side in sides]
    apart: list[BinaryIO] = [path.open("wb") for path in paths]
    try:
        for side, file in zip(sides, apart, strict=True):
            with side.files.paths[0].open("rb") as first:
                file.writelines(first.readline().rstrip(b"\r\n") + b"\n" for _ in range(header))
        counts = Merge(opened[0], opened[1], lambda _: told.check(), told.see).run(apart[0], apart[1])
    finally:
        for file in (*opened, *apart):
            file.close()
    if header and any(_halved(path) for path in paths):
        raise OtherOrderError("a field goes on over the end of a line")
    left, right = (side.instead(_files(path)) for side, path in zip(sides, paths, strict=True))
    return _Rest(Pair(pair.task, left, right), counts)


def _files(path: Path) -> Files:
    return Files(path.name, (path,), (stamp_of(path),))


def _halved(path: Path) -> bool:
    """Whether a line has an odd number of quotes."""
    with path.open("rb") as lines:
        return any(line.count(b'"') % 2 for line in lines)


WAY = MergedWay()
