"""What the keys of a comparison look like: their range, how dense they are, and ranges of about as many rows each."""

import random
from dataclasses import dataclass

from tasks.comparison.postgres.catalog import quoted
from tasks.comparison.postgres.digests import Ranges
from tasks.comparison.side import Selection
from tasks.comparison.sides.postgresql import PostgresSide, value_sql
from tasks.comparison.ways.way import Pair

DENSE = 2
SAMPLED = 20_000
SEGMENT_ROWS = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of both sides together: the first, the last, about how many rows a side, and a sorted sample of them."""

    first: int
    last: int
    rows: int
    sample: tuple[int, ...]

    @property
    def spacing(self) -> float:
        """Keys for each row; 1 where every integer is a key."""
        return max((self.last - self.first + 1) / max(self.rows, 1), 1.0)

    @property
    def segment_bits(self) -> int:
        """The power of two of keys that make a segment of about 512 rows."""
        return max(0, min(62, (int(SEGMENT_ROWS * self.spacing) - 1).bit_length()))

    def chunks(self, rows: int) -> Ranges:
        """Ranges of about so many rows; keys far apart are jumped over, by the sample."""
        if self.spacing <= DENSE or not self.sample:
            starts = list(range(self.first, self.last + 1, rows))
        else:
            count = max(1, self.rows // rows)
            step = max(1, len(self.sample) // count)
            starts = sorted({self.first, *self.sample[step::step]})
        return Ranges(starts, [start - 1 for start in starts[1:]] + [self.last])

    def windows(self, count: int, rows: int) -> Ranges:
        """Places to probe, at random."""
        chance = random.Random()  # noqa: S311 — where to look first is no secret
        width = int(rows * self.spacing)
        if self.sample and self.spacing > DENSE:
            firsts = sorted(chance.sample(self.sample, min(count, len(self.sample))))
        else:
            firsts = sorted(chance.randint(self.first, self.last) for _ in range(count))
        return Ranges(firsts, [min(first + width, self.last) for first in firsts])


def shape_of(pair: Pair, sides: tuple[PostgresSide, PostgresSide]) -> Shape | None:
    """The shape of the key, or `None` when neither side has a row."""
    selections = (pair.task.left, pair.task.right)
    ends = [_ends(side, selection) for side, selection in zip(sides, selections, strict=True)]
    known = [end for end in ends if end is not None]
    if not known:
        return None
    first, last = min(end[0] for end in known), max(end[1] for end in known)
    rows = max(_rows(side, selection) for side, selection in zip(sides, selections, strict=True))
    found = Shape(first, last, rows, ())
    if found.spacing <= DENSE:
        return found
    keys = [key for side, one in zip(sides, selections, strict=True) for key in _sampled(side, one, rows)]
    return Shape(first, last, rows, tuple(sorted({key for key in keys if first < key <= last})))


def _ends(side: PostgresSide, selection: Selection) -> tuple[int, int] | None:
    key = value_sql(selection.values[0])
    part = [f"{key} >= {selection.start}"] if selection.start is not None else []
    part += [f"{key} < {selection.stop}"] if selection.stop is not None else []
    where = f" where {' and '.join(part)}" if part else ""
    first, last = side.session.one(f"select min({key}), max({key}) from {side.relation.sql}{where}")  # noqa: S608 — built from quoted names
    return None if first is None else (first, last)


def _rows(side: PostgresSide, selection: Selection) -> int:
    """About how many rows a side has; of a part, as many as its keys allow."""
    estimate = side.row_estimate()
    if estimate is None:
        estimate = side.count()
    if selection.start is not None and selection.stop is not None:
        estimate = min(estimate, selection.stop - selection.start)
    return int(estimate)


def _sampled(side: PostgresSide, selection: Selection, rows: int) -> list[int]:
    """Keys of some random blocks; of all rows where there are few."""
    key = quoted(selection.values[0].column.name)
    share = min(100.0, 100.0 * SAMPLED / max(rows, 1))
    method = f" tablesample system ({share:.6f})" if side.relation.kind in "rmp" and share < 100 else ""
    query = f"select {key} from {side.relation.sql}{method} where {key} is not null"  # noqa: S608 — built from quoted names
    return [row[0] for row in side.session.all(query)]
