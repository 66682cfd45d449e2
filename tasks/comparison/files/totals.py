"""Totals by group of files, added by DuckDB in decimals where that is exact, and value by value where it is not."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import literal, quoted, read_sql
from tasks.comparison.errors import SideError
from tasks.comparison.files.paths import Files
from tasks.comparison.json_values import parsed
from tasks.comparison.kinds import Kind
from tasks.comparison.side import Raw, Selected, Selection

Total = tuple[tuple[Raw, ...], Raw, int]
Write = Callable[[Selected], str]
DECIMALS = 10
_WRITTEN = f"^-?[0-9]{{1,24}}(\\.[0-9]{{1,{DECIMALS}}})?$"
_SHORT = 16
"""Digits and point of a number that a float holds whole: DuckDB's JSON numbers are floats."""


def by_duck(duck: Duck, selection: Selection, source: str, write: Write) -> Iterator[Total] | None:
    """Sums in decimals; `None` where an amount is no plain decimal, so that only its value can be added."""
    measured = selection.values[selection.keys :]
    groups = [read_sql(write(one), one.column.kind, one.column.declared) for one in selection.values[: selection.keys]]
    amount, plain = _amount(measured[0], write(measured[0])) if measured else ("1", "true")
    by = f" group by {', '.join(str(place + 1) for place in range(len(groups)))}" if groups else ""
    some = f"{write(measured[0])} is not null" if measured else "false"
    chosen = ", ".join([*groups, f"sum({amount})", "count(*)", f"count(*) filter ({some} and not ({plain}))"])
    found = duck.all(f"select {chosen} from {source}{by} having count(*) > 0", label="totals")  # noqa: S608 — built from quoted names
    if any(row[-1] for row in found):
        return None
    return ((row[: selection.keys], _short(row[selection.keys]), row[selection.keys + 1]) for row in found)


def _short(amount: Raw) -> Raw:
    """A sum without the zeros that only the adding put behind it."""
    if not isinstance(amount, Decimal) or amount == amount.to_integral_value():
        return int(amount) if isinstance(amount, Decimal) else amount
    return Decimal(f"{amount:f}".rstrip("0"))


def _amount(one: Selected, value: str) -> tuple[str, str]:
    """An amount as SQL that adds exactly, and SQL that says of which values that is true."""
    if one.column.kind is Kind.INTEGER:
        return f"{value}::hugeint", "true"
    if one.column.kind is Kind.NUMERIC:
        return value, "true"
    if not one.column.loose:
        return "null", "false"
    text = f"cast({value} as varchar)"
    plain = f"regexp_matches({text}, '{_WRITTEN}')"
    if one.column.kind is Kind.JSON:
        plain += f" and length({text}) <= {_SHORT}"
    return f"case when {plain} then cast({text} as decimal(38, {DECIMALS})) end", plain


def of_lines(duck: Duck, files: Files, selection: Selection) -> Iterator[Total] | None:
    """The same for JSON Lines, of which only the wanted members are read."""
    names = dict.fromkeys(one.column.name for one in selection.values)
    columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
    listed = ", ".join(literal(str(path)) for path in files.paths)
    source = f"read_json([{listed}], format = 'newline_delimited', columns = {{{columns}}})"
    try:
        found = by_duck(duck, selection, source, lambda one: quoted(one.column.name))
    except SideError:  # a line that names a member twice, or one that is no object: reading it as a value tells
        return None
    if found is None:
        return None
    return ((tuple(parsed(raw) if raw is not None else None for raw in group), *rest) for group, *rest in found)


def by_value(rows: Iterator[tuple[Raw, ...]], selection: Selection) -> Iterator[Total]:
    """Every row as a total of its own, for the engine to add."""
    for row in rows:
        yield row[: selection.keys], (row[selection.keys] if len(row) > selection.keys else 1), 1
