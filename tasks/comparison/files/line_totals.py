"""Totals by group of JSON Lines, added by DuckDB, whose JSON numbers are floats: what a float may lose is not added."""

import json
import re
from collections.abc import Iterable, Iterator

from tasks.comparison.duck.forms import Form, Held, Style, text_form
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import literal, quoted
from tasks.comparison.errors import SideError
from tasks.comparison.files import lines
from tasks.comparison.files.paths import Files
from tasks.comparison.files.totals import ROWS, Amount, Total, added, amount_in_text, amount_of, group_of
from tasks.comparison.kinds import Kind
from tasks.comparison.rules import EXACTLY
from tasks.comparison.side import Selected, Selection

_SHORT = 16
"""Digits and point of a number that a float holds whole."""


def of_lines(duck: Duck, relation: str, files: Files, selection: Selection) -> Iterator[Total] | None:
    """Sums over all lines, of which only the wanted members are read; `None` where values have to be added."""
    names = dict.fromkeys(one.column.name for one in selection.values)
    columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
    listed = ", ".join(literal(str(path)) for path in files.paths)
    source = f"read_json([{listed}], format = 'newline_delimited', columns = {{{columns}}})"
    groups = [group_of(one, quoted(one.column.name)) for one in selection.values[: selection.keys]]
    amounts = [amount_in_text(quoted(one.column.name)) for one in selection.values[selection.keys :]]
    try:
        if duck.one(f"select bool_or({_loses_digits(names)}) from {relation}", label="totals")[0]:  # noqa: S608 — names are literals
            return None
        return added(duck, source, groups, amounts[0] if amounts else ROWS)
    except SideError:  # a line that names a member twice, or one that is no object: reading it as a value tells
        return None


def _loses_digits(names: Iterable[str]) -> str:
    """SQL: a member of a line may be a number of which DuckDB, when it writes it as text, shows fewer digits.

    A line that DuckDB writes back as it is, but for spaces, loses none: that is quick to see, and true of nearly all.
    """
    told = "|".join(re.escape(json.dumps(name, ensure_ascii=False)[1:-1]) for name in names)
    number = rf'"(?:{told})"\s*:\s*-?(?:[0-9.]{{{_SHORT + 1}}}|[0-9.]+[eE])'
    escaped_name = r'\\[^"]*"\s*:'
    same = "replace(json(line)::varchar, ' ', '') = replace(line, ' ', '')"
    return f"case when {same} then false else regexp_matches(line, {literal(f'{number}|{escaped_name}')}) end"


def of_chosen_lines(duck: Duck, chosen: str, selection: Selection) -> Iterator[Total] | None:
    """Sums over the lines that SQL chose, and of its expressions over them; `None` where values have to be added."""
    names = [one.column.name for one in selection.values if one.expression is None]
    source = f"(select *, {lines.members(names)} j from {chosen})" if names else chosen  # noqa: S608 — names are literals
    forms = [_form(place, one) for place, one in enumerate(selection.values)]
    keys = list(zip(selection.values, forms, strict=True))[: selection.keys]
    groups = [group_of(one, form.sql) for one, form in keys]
    odd = [f"coalesce({form.odd.format(form=form.sql)}, false)" for _, form in keys if form.odd]
    amounts = [_amount(one, form) for one, form in zip(selection.values, forms, strict=True)][selection.keys :]
    try:
        return added(duck, source, groups, amounts[0] if amounts else ROWS, odd=" or ".join(odd) or "false")
    except SideError:  # reading the values tells which line it is, or adds what is too large for a decimal
        return None


def _form(place: int, one: Selected) -> Form:
    """A member as JSON text that shows all its digits, or is odd; an expression as it is."""
    if one.expression is not None:
        return Form(f"e{place}")
    name = one.column.name
    return text_form(Kind.JSON, EXACTLY, Held(f"cast(j.{quoted(name)} as varchar)", "JSON", Style.JSON, name))


def _amount(one: Selected, form: Form) -> Amount:
    return amount_of(one, form.sql) if one.expression is not None else amount_in_text(f"({form.sql})")
