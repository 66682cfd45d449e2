"""Finds a key where none was given: primary key, unique index, then uniqueness in a sample of both sides."""

from decimal import Decimal
from itertools import islice

from tasks.comparison.errors import NoKeyError
from tasks.comparison.kinds import Kind
from tasks.comparison.side import Selected, Selection, Side

SAMPLED_ROWS = 10_000
_UNFIT = {Kind.FLOAT, Kind.JSON, Kind.BOOLEAN, Kind.INTERVAL}


def infer_key(names: tuple[str, ...], sides: tuple[Side, Side]) -> tuple[tuple[str, ...], str]:
    """The key's columns and where they come from; a key that is unique on both sides goes first."""
    declared = [side.unique_keys() for side in sides]
    usable = [key for keys in declared for key in keys if set(key) <= set(names)]
    for key in sorted(usable, key=lambda key: sum(key not in keys for keys in declared)):
        primary = any(keys and keys[0] == key for keys in declared)
        return key, "primary key" if primary else "unique index"
    sampled = _sampled(names, sides)
    if sampled is None:
        raise NoKeyError(
            "no key: neither side has a primary key or unique index on the compared columns, and no column is unique "
            "in a sample; name the key columns, or * for the whole row"
        )
    return (sampled,), "sampled"


def _sampled(names: tuple[str, ...], sides: tuple[Side, Side]) -> str | None:
    """The first column whose values are all there and all different in a sample of both sides."""
    fit = list(names)
    for side in sides:
        columns = {column.name: column for column in side.columns() if column.loose or column.kind not in _UNFIT}
        fit = [name for name in fit if name in columns]
        chosen = tuple(Selected(name, columns[name]) for name in fit)
        rows = list(islice(side.rows(Selection(chosen, keys=0)), SAMPLED_ROWS)) if chosen else []
        places = [place for place in range(len(fit)) if _unique([row[place] for row in rows])]
        fit = [fit[place] for place in places]
    return fit[0] if fit else None


def _unique(values: list[object]) -> bool:
    texts = {str(value) for value in values}
    return all(map(_fits, values)) and len(texts) == len(values)


def _fits(value: object) -> bool:
    """Whether a value names a row: what has no declared type may hold anything, and a fraction is measured."""
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return value is not None and not isinstance(value, (bool, list, dict))
