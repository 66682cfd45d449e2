"""Which columns an expression in a side's own language names, as far as its words tell."""

import re

_TEXT = re.compile(r"'(?:[^']|'')*'")
_ANY_COLUMN = re.compile(r"[(.]\s*\*|\bcolumns\s*\(|\bU&\"", re.IGNORECASE)
"""What stands for columns that are not spelt out: `t.*`, DuckDB's `columns(…)`, letters by their codes."""


def reads(expression: str, column: str) -> bool:
    """Whether a column, or an expression, reads a column: one of its words outside of texts that is no function."""
    word = rf"(?<!\w){re.escape(column)}(?!\w)(?![\"`]?\s*\()"
    return expression == column or re.search(word, _TEXT.sub("''", expression), re.IGNORECASE) is not None


def may_show(expression: str, hidden: str) -> bool:
    """Whether an expression may show what is hidden: it is named by any word, or by none that could be told."""
    told = expression.replace('""', '"').replace("``", "`")
    word = rf"(?<!\w){re.escape(hidden)}(?!\w)"
    return re.search(word, told, re.IGNORECASE) is not None or _ANY_COLUMN.search(told) is not None
