"""The slow reference: what two lists of rows with unique, repeated or null keys differ in, in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tasks.comparison import Rows

Row = tuple[Any, ...]


def expected(
    left: Sequence[Row], right: Sequence[Row], columns: Sequence[str], *, keys: int = 1
) -> tuple[Rows, dict[str, int]]:
    """The counts, and the changed values by column; the first values are the key, and a null in it meets nothing."""
    here, there = by_key(left, keys), by_key(right, keys)
    counts: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    for key in {**here, **there}:
        lefts, rights = here.get(key, []), there.get(key, [])
        both = 0 if None in key else min(len(lefts), len(rights))
        same = sum((Counter(lefts) & Counter(rights)).values()) if both else 0
        counts["left"] += len(lefts)
        counts["right"] += len(rights)
        counts["matched"] += both
        counts["missing"] += len(lefts) - both
        counts["extra"] += len(rights) - both
        counts["changed"] += both - same
        if None not in key:
            counts["duplicate_left"] += max(len(lefts) - 1, 0)
            counts["duplicate_right"] += max(len(rights) - 1, 0)
        if len(lefts) == len(rights) == 1 == both:
            changed.update(name for name, one, other in zip(columns, lefts[0], rights[0], strict=True) if one != other)
    return Rows(**counts), {name: changed[name] for name in columns[keys:]}


def classes(left: Sequence[Row], right: Sequence[Row], *, keys: int = 1) -> Counter[tuple[str, Row]]:
    """How many samples of each class there are of each key, when all are shown."""
    here, there = by_key(left, keys), by_key(right, keys)
    found: Counter[tuple[str, Row]] = Counter()
    for key in {**here, **there}:
        lefts, rights = here.get(key, []), there.get(key, [])
        if None in key:
            found["null_key_left", key] = len(lefts)
            found["null_key_right", key] = len(rights)
            continue
        found["missing", key] = max(len(lefts) - len(rights), 0)
        found["extra", key] = max(len(rights) - len(lefts), 0)
        found["changed", key] = min(len(lefts), len(rights)) - (Counter(lefts) & Counter(rights)).total()
        found["duplicate_left", key] = int(len(lefts) > 1)
        found["duplicate_right", key] = int(len(rights) > 1)
    return +found


def by_key(rows: Sequence[Row], keys: int) -> dict[Row, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row[:keys]].append(row)
    return found
