"""What a user may say of lines of JSON: conditions and expressions in DuckDB's SQL, in which every member is text.

It is text as in CSV, so that a number is cast by whoever wants one, and as the line writes it, digit by digit.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable

from tasks.comparison.duck.types import literal, quoted
from tasks.comparison.errors import RequestError
from tasks.comparison.side import Selection

NOT_AN_OBJECT = "left(ltrim(line), 1) <> '{' or ends_with(line, ',}') or ends_with(line, ', }')"
"""SQL: a line that DuckDB takes for JSON is no object, or leaves a comma at its end."""


def checked(relation: str) -> str:
    """The lines of a relation, each of which must be an object."""
    line = f"case when {NOT_AN_OBJECT} then error('not JSON') else line end"
    return f"(select * replace ({line} as line) from {relation})"  # noqa: S608 — paths are literals


def members(names: Iterable[str]) -> str:
    """SQL for a structure of members as JSON text; of a name that is there twice it holds the first."""
    wanted = ", ".join(f'{json.dumps(name, ensure_ascii=False)}: "JSON"' for name in dict.fromkeys(names))
    return f"json_transform(line, {literal('{' + wanted + '}')})"


def named_twice(name: str) -> str:
    """SQL: a line has the name twice. What is seen at once is a line without a backslash that holds it once.

    What stands for any letter in a pattern only has more lines looked at, and `and` would have all of them parsed.
    """
    quoted_name = json.dumps(name, ensure_ascii=False)
    doubtful = f"line like {literal(f'%{quoted_name}%{quoted_name}%')} or contains(line, '\\')"
    twice = f"len(list_filter(json_keys(line), lambda one: one = {literal(name)})) > 1"
    return f"(case when {doubtful} then {twice} else false end)"


def named_once(name: str) -> str:
    """SQL: a line names the member in one place only, nested objects included, where it names it at all.

    As in `named_twice`, most lines show it at once; a letter of a name may be written as its number.
    """
    quoted_name = json.dumps(name, ensure_ascii=False)
    place = rf"{re.escape(quoted_name)}[ \t\r]*:"
    codes = "|".join(sorted(set(name.encode("utf-16-be", "surrogatepass").hex(" ", 2).split())))
    again = literal(rf"(?s){place}.*{place}")
    by_number = literal(rf"\\({'/|' if '/' in name else ''}u(?i:{codes}))")
    return (
        f"case when line like {literal(f'%{quoted_name}%{quoted_name}%')} or contains(line, '\\')"
        f" then not regexp_matches(line, {again}) and not regexp_matches(line, {by_number}) else true end"
    )


def chosen(relation: str, names: tuple[str, ...], selection: Selection) -> str:
    """The lines of a relation that a selection is about, with each expression as the column `e…` of its place."""
    expressions = {place: one.expression for place, one in enumerate(selection.values) if one.expression is not None}
    if selection.where is None and not expressions:
        return relation
    texts, line = _texts(relation, names)
    columns = "".join(f", ({expression}\n) as e{place}" for place, expression in expressions.items())
    where = f" where ({selection.where}\n)" if selection.where is not None else ""
    return f"(select {line} as line{columns} from {texts}{where})"  # noqa: S608 — the user's own SQL


def expressed(relation: str, names: tuple[str, ...], expression: str) -> str:
    """A query for an expression over the lines of a relation."""
    return f"select ({expression}\n) from {_texts(relation, names)[0]}"  # noqa: S608 — the user's own SQL


def _texts(relation: str, names: tuple[str, ...]) -> tuple[str, str]:
    """Every member of a line as a text column, and the name of the column that is the whole line."""
    again = [name for name, times in Counter(name.lower() for name in names).items() if times > 1]
    if again:
        raise RequestError(
            f"SQL does not tell the members {', '.join(name for name in names if name.lower() in again)} apart:"
            " no filter and no expression can be asked of these lines"
        )
    line = "line"
    while line in {name.lower() for name in names}:
        line += "_"
    found = [f"cast({members([name])}.{quoted(name)} as varchar) m{place}" for place, name in enumerate(names)]
    inner = f"(select {', '.join(['line', *found])} from {checked(relation)})"  # noqa: S608 — names are quoted
    texts = [f"{_text(name, f'm{place}')} as {quoted(name)}" for place, name in enumerate(names)]
    return f"(select {', '.join([f'line as {line}', *texts])} from {inner})", line  # noqa: S608 — names are quoted


def _text(name: str, value: str) -> str:
    """A member's text; `member_text` gives it where DuckDB, whose numbers are floats, may not have all of it."""
    whole = f"left({value}, 1) = '\"' or {value} in ('true', 'false') or regexp_matches({value}, '^-?[0-9]+$')"
    exact = f"not {named_twice(name)} and ({value} is null or {whole})"
    return f"case when {exact} then {value} ->> '$' else member_text(line, {literal(name)}) end"
