"""Totals by group of files, added by DuckDB in decimals where that is exact, and value by value where it is not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.comparison import json_values
from tasks.comparison.duck.session import Duck
from tasks.comparison.duck.types import read_sql
from tasks.comparison.kinds import Kind
from tasks.comparison.side import Raw, Selected, Selection

Total = tuple[tuple[Raw, ...], Raw, int]
Write = Callable[[Selected], str]
DECIMALS = 10
_WRITTEN = f"^-?[0-9]{{1,24}}(\\.[0-9]{{1,{DECIMALS}}})?$"


@dataclass(frozen=True, slots=True)
class Amount:
    """A measure as SQL: its value, what of it can be added, and of which values that adds them exactly."""

    value: str
    added: str
    exactly: str


ROWS = Amount("1", "1", "true")
"""Every row counts."""


def by_duck(duck: Duck, selection: Selection, source: str, write: Write) -> Iterator[Total] | None:
    """Sums in decimals; `None` where an amount is no plain decimal, so that only its value can be added."""
    groups = [group_of(one, write(one)) for one in selection.values[: selection.keys]]
    measured = [amount_of(one, write(one)) for one in selection.values[selection.keys :]]
    return added(duck, source, groups, measured[0] if measured else ROWS)


def added(
    duck: Duck, source: str, groups: Sequence[tuple[str, Kind]], amount: Amount, *, odd: str = "false"
) -> Iterator[Total] | None:
    """Sums by groups, each in SQL; `None` where an amount is not added exactly or a row is `odd`."""
    by = f" group by {', '.join(str(place + 1) for place in range(len(groups)))}" if groups else ""
    by_value = f"count(*) filter ({odd} or ({amount.value} is not null and not ({amount.exactly})))"
    chosen = ", ".join([*(group for group, _ in groups), f"sum({amount.added})", "count(*)", by_value])
    found = duck.all(f"select {chosen} from {source}{by} having count(*) > 0", label="totals")  # noqa: S608 — built from quoted names
    if any(row[-1] for row in found):
        return None
    kinds = [kind for _, kind in groups]
    return ((_read(row, kinds), short(row[len(kinds)]), row[len(kinds) + 1]) for row in found)


def group_of(one: Selected, value: str) -> tuple[str, Kind]:
    """A selected value that rows are grouped by, as SQL, and its kind."""
    return read_sql(value, one.column.kind, one.column.declared), one.column.kind


def _read(group: tuple[Raw, ...], kinds: list[Kind]) -> tuple[Raw, ...]:
    """A group by the values that its rows have: documents are not their text."""
    found = zip(group, kinds, strict=False)
    return tuple(json_values.loaded(raw) if kind is Kind.JSON and isinstance(raw, str) else raw for raw, kind in found)


def short(amount: Raw) -> Raw:
    """A sum without the zeros that only the adding put behind it."""
    if not isinstance(amount, Decimal) or amount == amount.to_integral_value():
        return int(amount) if isinstance(amount, Decimal) else amount
    return Decimal(f"{amount:f}".rstrip("0"))


def amount_of(one: Selected, value: str) -> Amount:
    """A selected value that is added up."""
    if one.column.kind is Kind.INTEGER:
        return Amount(value, f"{value}::hugeint", "true")
    if one.column.kind is Kind.NUMERIC:
        return Amount(value, value, "true")
    return amount_in_text(value) if one.column.loose else Amount(value, "null", "false")


def amount_in_text(value: str) -> Amount:
    """An amount that text holds with all its digits."""
    text = f"cast({value} as varchar)"
    plain = f"regexp_matches({text}, '{_WRITTEN}')"
    return Amount(value, f"case when {plain} then cast({text} as decimal(38, {DECIMALS})) end", plain)


def by_value(rows: Iterator[tuple[Raw, ...]], selection: Selection) -> Iterator[Total]:
    """Every row as a total of its own, for the engine to add."""
    for row in rows:
        yield row[: selection.keys], (row[selection.keys] if len(row) > selection.keys else 1), 1
