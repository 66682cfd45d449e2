"""Whether the two sides of a comparison agree, from its result as JSON: decided here for programs and pages alike."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMED, NEEDED, ALL = "named", "needed", "all"
"""Where the compared columns come from: a request's own, what rows are paired by, or all that both sides have."""
WHOLE = "whole row"


def nothing_compared(told: Mapping[str, Any]) -> bool:
    """Whether there was not one row on either side."""
    return not (told["rows"]["left"] or told["rows"]["right"])


def broken(told: Mapping[str, Any]) -> list[str]:
    """The control totals to which the classes of rows do not add up, so that no count is to be believed."""
    return [one["measure"] for one in told["controls"] if not one["adds_up"]]


def differences(told: Mapping[str, Any], *, same_columns: bool = True) -> tuple[str, ...]:
    """What differs, in words: columns that one side lacks, then the counts of rows and totals; none where all agree.

    Of ledgers of different hands nobody asks that they have the `same_columns`.
    """
    lone = _lone_columns(told["coverage"]) if same_columns else ()
    counts = ", ".join([*_in_rows(told), *_in_totals(told)])
    return *lone, *([counts] if counts else ())


def agree(told: Mapping[str, Any]) -> bool:
    """Whether there were rows, and columns, rows and totals agree."""
    return not (nothing_compared(told) or broken(told) or differences(told))


def _lone_columns(coverage: Mapping[str, Any]) -> Iterator[str]:
    """Columns that only one side has are a difference where all columns were to be compared."""
    if coverage.get("columns_from") != ALL:  # results from before it was told are read as they were
        return
    for side in ("left", "right"):
        lone = coverage[f"{side}_only"]
        if lone:
            many = "a column" if len(lone) == 1 else f"{len(lone)} columns"
            yield f"{many} that only the {side} has: {names(lone)}"


def names(found: Sequence[str]) -> str:
    """Columns by their names, of many the first."""
    more = len(found) - 8
    return ", ".join(found[:8]) + (f" and {more} more" if more > 0 else "")


def _in_rows(told: Mapping[str, Any]) -> Iterator[str]:
    rows = told["rows"]
    for name in ("missing", "extra", "changed"):
        if rows[name]:
            yield f"{rows[name]:,} {name}"
    repeats = rows["duplicate_left"] + rows["duplicate_right"]
    if repeats and told["coverage"]["key_from"] != WHOLE:
        yield f"{repeats:,} with a key that repeats"


def _in_totals(told: Mapping[str, Any]) -> Iterator[str]:
    out = sum(not group["within"] for group in told["groups"])
    if out:
        yield f"{out:,} group{'' if out == 1 else 's'} whose totals differ"
    apart = [one["measure"] for one in told["controls"] if not one["within"]]
    if apart:
        yield f"control totals of {', '.join(apart)} that differ"
