"""Which columns an expression in a side's own language names, as far as its words tell."""

import re
from collections.abc import Collection

_TEXT = re.compile(r"'(?:[^']|'')*'")
_UNREAD = re.compile(r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
"""Comments, and texts between dollars."""
_ANY_COLUMN = re.compile(r"(?:^|[(.,])\s*\*|\bcolumns\s*\(|#\s*\d|\bselect\b|\bU&\"", re.IGNORECASE)
"""What stands for columns that are not spelt out: `t.*`, DuckDB's `columns(…)` and `#1`, a query, letters by codes."""
_WORD = re.compile(r"(?<![\w$])[^\W\d][\w$]*(?![\w$])(?!\s*\()")
_LANGUAGE = (
    "and as at between both boolean case cast char character date day decimal distinct double else end epoch false "
    "float for from hour ilike in int integer bigint interval is json jsonb leading like minute month not null numeric "
    "or precision real second signed smallint text then time timestamp timestamptz trailing true unsigned uuid varchar "
    "varying when year zone"
)
"""Words of an expression that name no column; any other may be the whole row by its table's name."""


def reads(expression: str, column: str) -> bool:
    """Whether a column, or an expression, reads a column: one of its words outside of texts that is no function.

    A column that is called like a word of the language is read where it is quoted; else nobody could tell.
    """
    told = _UNREAD.sub(" ", _TEXT.sub("''", expression))
    name = re.escape(column)
    quoted = re.search(rf'"{name}"|`{name}`', told, re.IGNORECASE) is not None
    if expression == column or quoted or column.casefold() in _LANGUAGE.split():
        return expression == column or quoted
    return re.search(rf"(?<!\w){name}(?!\w)(?!\s*\()", told, re.IGNORECASE) is not None


def words(expression: str) -> list[str]:
    """The words of an expression that may name columns."""
    return [one for one in _WORD.findall(_TEXT.sub("''", expression)) if one.casefold() not in _LANGUAGE.split()]


def may_show(source: str, hidden: Collection[str], columns: Collection[str], row: str = "") -> bool:
    """Whether a column or an expression over some columns may show a hidden one, whatever its letters and quotes.

    An expression is trusted only where each of its words is known: a column, a function, or a word of the language. A
    table's name, `row`, is its whole row.
    """
    if source in columns:
        return source.casefold() in {name.casefold() for name in hidden}
    told = source.replace('""', '"').replace("``", "`").casefold()
    if _ANY_COLUMN.search(told) or any(re.search(rf"(?<!\w){re.escape(one.casefold())}(?!\w)", told) for one in hidden):
        return True
    known = {*_LANGUAGE.split(), *(name.casefold() for name in columns)} - {row.casefold()}
    return not known.issuperset(_WORD.findall(_TEXT.sub("''", told)))
