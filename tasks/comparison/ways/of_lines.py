"""What the ways over lines share: when they fit, and the lines that are apart as a smaller pair of files."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from tasks.comparison.discovering import refuse_late_columns
from tasks.comparison.duck.forms import UnfitError
from tasks.comparison.duck.line_keys import header_lines
from tasks.comparison.duck.sources import sources_of
from tasks.comparison.errors import SideError
from tasks.comparison.files.blocks import is_utf8, opened_after, with_one_end
from tasks.comparison.files.merging import Merged
from tasks.comparison.files.paths import Files, stamp_of
from tasks.comparison.files.shape import Shape
from tasks.comparison.files.side import FileSide
from tasks.comparison.result import Bits
from tasks.comparison.sides.csv import CsvFormat
from tasks.comparison.tally import Counts, Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.joined import WAY as JOINED
from tasks.comparison.ways.reference import WAY as REFERENCE
from tasks.comparison.ways.way import Pair

PART = 5_000
"""Lines apart that are compared at once, so that they need little memory."""
BY_VALUE = 60_000
"""So many lines apart on a side are compared by values, which is exact; more of them are joined, which is quicker."""


class DoubtError(Exception):
    """Lines prove nothing here: every row must be read as values."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The lines apart of a whole pair as a pair of their own, and the counts."""

    whole: Pair
    pair: Pair
    counts: Merged

    @property
    def by_value(self) -> bool:
        """Whether these are few enough to compare their values, or that was asked for."""
        return max(self.counts.left, self.counts.right) <= BY_VALUE or self.pair.task.request.exact


def unfit(pair: Pair) -> str | None:
    """Why lines cannot stand for rows."""
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


def _alike(pair: Pair) -> bool:
    """Whether equal lines mean equal rows: JSON always, CSV under one header."""
    left, right = pair.left, pair.right
    if isinstance(left, FileSide) and isinstance(right, FileSide) and isinstance(left.format, CsvFormat):
        other = right.format
        return isinstance(other, CsvFormat) and (left.format.divider, left.format.names) == (other.divider, other.names)
    return True


def files_of(pair: Pair) -> tuple[FileSide, FileSide]:
    """Both sides of a pair that fits."""
    left, right = pair.left, pair.right
    assert isinstance(left, FileSide)  # noqa: S101 — `unfit` refuses others
    assert isinstance(right, FileSide)  # noqa: S101 — `unfit` refuses others
    return left, right


def rest_paths(pair: Pair, folder: Path) -> tuple[Path, Path]:
    """Where the lines apart go."""
    suffix = files_of(pair)[0].files.paths[0].suffix
    return folder / f"left{suffix}", folder / f"right{suffix}"


def rest_file(side: FileSide, path: Path) -> BinaryIO:
    """A new file for lines of a side, with its header."""
    with side.files.paths[0].open("rb") as whole:
        header = [with_one_end(whole.readline()) for _ in range(header_lines(side))]
    file = path.open("wb")
    file.writelines(header)
    return file


def rest_of(pair: Pair, paths: tuple[Path, Path], counts: Merged) -> Rest:
    """The pair of the lines apart; of CSV each must be a row of its own, and JSON is read line by line."""
    sides = files_of(pair)
    found = []
    for side, path, lines in zip(sides, paths, (counts.left, counts.right), strict=True):
        found.append(side.instead(_file(path)))
        query = f"select count(*) from {found[-1].relation}"  # noqa: S608 — paths are literals
        if side.dialect == "csv" and lines and (not is_utf8(path) or sides[0].duck.one(query)[0] != lines):
            raise DoubtError("a line is not UTF-8, or a field goes on over the end of a line")
    return Rest(pair, Pair(pair.task, found[0], found[1]), counts)


def tell(rest: Rest, shape: Shape | None, tally: Tally, watch: Watch) -> Bits:
    """Tells the equal lines as equal rows, and compares the others, part by part where their keys say how."""
    for side in files_of(rest.whole):
        side.files.check()
    refuse_late_columns(rest.pair.task, files_of(rest.pair))
    bits = Bits(None, 0.0)
    try:
        for pair in _parts(rest, shape):
            _, bits = (REFERENCE if rest.by_value else JOINED).run(pair, tally, watch)
    except SideError as error:
        raise _diagnosed(rest.whole, error) from error
    equal = rest.counts.equal
    tally.add(Counts(left=equal, right=equal, matched=equal))
    return bits


def _diagnosed(pair: Pair, error: SideError) -> SideError:
    """The same error, saying where it is in the file that the line came from."""
    for side in files_of(pair):
        told = side.format.diagnose(side.files, error)
        if told is not error:
            return told
    return error


def _parts(rest: Rest, shape: Shape | None) -> Iterator[Pair]:
    """The lines apart as pairs that need little memory: lines of one key are in one part, for its digits say which."""
    number = max(rest.counts.left, rest.counts.right) // PART + 1
    sides = files_of(rest.pair)
    if number > 1 and rest.by_value and shape and all(_divide(side, shape, number) for side in sides):
        for part in range(number):
            yield Pair(rest.pair.task, *(side.instead(_file(_part(side, part))) for side in sides))
    elif rest.counts.left or rest.counts.right:
        yield rest.pair


def _divide(side: FileSide, shape: Shape, number: int) -> bool:
    """Divides the lines of a side by their keys; whether all have one."""
    pattern = shape.pattern
    with ExitStack() as stack:
        files = [stack.enter_context(rest_file(side, _part(side, part))) for part in range(number)]
        for line in stack.enter_context(opened_after(side.files.paths[0], header_lines(side), buffered=True)):
            found = pattern.match(line)
            if found is None:
                return False
            files[crc32(b"%d" % int(found[1])) % number].write(line)
    return True


def _part(side: FileSide, part: int) -> Path:
    path = side.files.paths[0]
    return path.with_stem(f"{path.stem}-{part}")


def _file(path: Path) -> Files:
    return Files(path.name, (path,), (stamp_of(path),))
