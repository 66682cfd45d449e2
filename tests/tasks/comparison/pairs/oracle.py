"""The slow reference: what two lists of rows with unique or repeated keys differ in, in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tasks.comparison import Rows

Row = tuple[Any, ...]


def expected(left: Sequence[Row], right: Sequence[Row], columns: Sequence[str]) -> tuple[Rows, dict[str, int]]:
    """The counts, and the changed values by column; the key is the first value and never null."""
    here, there = defaultdict(list), defaultdict(list)
    for row in left:
        here[row[0]].append(row)
    for row in right:
        there[row[0]].append(row)
    counts: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for key in {**here, **there}:
        lefts, rights = here.get(key, []), there.get(key, [])
        both = min(len(lefts), len(rights))
        same = sum((Counter(lefts) & Counter(rights)).values())
        counts["left"] += len(lefts)
        counts["right"] += len(rights)
        counts["matched"] += both
        counts["missing"] += len(lefts) - both
        counts["extra"] += len(rights) - both
        counts["changed"] += both - same
        counts["duplicate_left"] += max(len(lefts) - 1, 0)
        counts["duplicate_right"] += max(len(rights) - 1, 0)
        if len(lefts) == len(rights) == 1:
            changed.update(name for name, one, other in zip(columns, lefts[0], rights[0], strict=True) if one != other)
    return Rows(**counts), {name: changed[name] for name in columns[1:]}
