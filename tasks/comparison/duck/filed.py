"""A file side as DuckDB reads it for a digest, and its rows of chosen keys as canonical values."""

import json
import re
from collections.abc import Iterator, Sequence

from tasks.comparison.duck.digest import Read
from tasks.comparison.duck.forms import Held, Style, UnfitError
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import literal, quoted, read_sql
from tasks.comparison.files import lines
from tasks.comparison.files.shape import json_shape
from tasks.comparison.files.side import FileSide, conditions_sql, value_sql
from tasks.comparison.side import Raw, Selected, Selection
from tasks.comparison.sides.jsonlines import JsonLinesSide

MOST_MEMBERS = 100
"""Members of a line that are read at once: each takes DuckDB time before the first line, and memory for each thread."""


def read_of(side: FileSide, selection: Selection, *, keys_only: bool) -> Read:
    """What to select from a file side, and each selected value in it; of JSON Lines perhaps only the keys."""
    if isinstance(side, JsonLinesSide):
        return _lines(side, selection, keys_only=keys_only)
    held = tuple(Held(value_sql(one), one.column.declared, _style(one)) for one in selection.values)
    return Read(side.relation, tuple(conditions_sql(selection)), held)


def _style(one: Selected) -> Style:
    return Style.TEXT if one.column.loose else Style.TYPED


def _lines(side: JsonLinesSide, selection: Selection, *, keys_only: bool) -> Read:
    """Members by one reading of each line; a line that is no object, or leaves a comma at its end, is an error.

    What else DuckDB takes for JSON, and is none, `JsonLinesSide.prove` finds.
    """
    source = lines.checked(side.chosen(selection))
    values = selection.values[: selection.keys if keys_only else None]
    names = [one.column.name for one in values if one.expression is None]
    if len(names) > MOST_MEMBERS:
        raise UnfitError(f"lines are read value by value where more than {MOST_MEMBERS} columns are compared")
    first = json_shape(names[0], side.files.paths[0]) if keys_only and len(names) == 1 else None
    if first is not None:
        held: tuple[Held, ...] = (_first_member(first.prefix, names[0]),)
        key = f"try_cast(coalesce({held[0].plain}, {held[0].sql}) as hugeint)"
    else:
        source = f"(select *, {lines.members(names)} j from {source})"  # noqa: S608 — names are literals
        held = tuple(_held(place, one) for place, one in enumerate(values))
        key = f"try_cast({held[0].sql} as hugeint)"
    conditions = [f"{key} >= {selection.start}"] if selection.start is not None else []
    conditions += [f"{key} < {selection.stop}"] if selection.stop is not None else []
    return Read(source, tuple(conditions), held)


def _held(place: int, one: Selected) -> Held:
    """A member of `j`, or the column of an expression."""
    if one.expression is not None:
        return Held(f"e{place}", one.column.declared, Style.TYPED)
    name = one.column.name
    return Held(f"cast(j.{quoted(name)} as varchar)", "JSON", Style.JSON, name)


def _first_member(prefix: bytes, name: str) -> Held:
    """The member that most lines begin with, found without parsing where it is a whole number there, and only there."""
    start = len(prefix.decode()) + 1
    digits = f"substr(line, {start}, strpos(substr(line, {start}), ',') - 1)"
    begins = f"regexp_matches(line, {literal(f'^{re.escape(prefix.decode())}(0|-?[1-9][0-9]{{0,17}}),')})"
    again = f"line like {literal(f'{prefix.decode()}%{json.dumps(name, ensure_ascii=False)}%')}"
    plain = f"case when {begins} and not ({again} or contains(line, '\\')) then {digits} end"
    parsed = f"cast({lines.members([name])}.{quoted(name)} as varchar)"
    return Held(parsed, "JSON", Style.JSON, name, plain=plain, quick=digits)


def raw_sql(side: FileSide, selection: Selection, *, without: Sequence[int] = ()) -> dict[str, str]:
    """What a digest's relation must have besides for `rows_from`, by name; `without` the values at some places."""
    if isinstance(side, JsonLinesSide):
        return side.read_columns(selection)
    left_out = {selection.keys + place for place in without}
    return {
        f"r{place}": read_sql(value_sql(one), one.column.kind, one.column.declared)
        for place, one in enumerate(selection.values)
        if place not in left_out
    }


def rows_from(side: FileSide, selection: Selection, relation: str, duck: Duck) -> Iterator[tuple[Raw, ...]]:
    """The raw rows of a relation of `duck` that selects `raw_sql`."""
    if isinstance(side, JsonLinesSide):
        columns = ", ".join(["line", *(f"r{place}" for place in side.expressions(selection))])
        return side.rows_in(f"select {columns} from {relation}", selection, duck)  # noqa: S608 — built from quoted names
    columns = ", ".join(f"r{place}" for place in range(len(selection.values)))
    return side.read(f"select {columns} from {relation}", selection, duck)  # noqa: S608 — built from quoted names
