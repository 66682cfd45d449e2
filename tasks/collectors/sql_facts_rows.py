"""Reads a row of SQL facts from what the database told: a constraint, a value, rows that should not be there."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from checks.evidence.records import Scalar
from checks.kinds.sql_facts import ConnectionsFact, Fact, NoRowsFact, RowsFact, SqlFactsRow, UniqueFact
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.http_exchange import printable
from tasks.collectors.sql_dialects import MOST_ROWS

Told = Mapping[str, Any]
_LONGEST = 300


def fact_row(name: str, fact: Fact, asked: str, told: Told) -> SqlFactsRow:
    """One fact's row."""
    about: dict[str, Any] = {
        "subject": name,
        "part": _part(fact),
        "asked": asked,
        "seconds": told.get("seconds"),
        "problem": printable(told["problem"], _LONGEST) if "problem" in told else None,
    }
    if about["problem"]:
        return SqlFactsRow(**about)
    match fact:
        case UniqueFact():
            return SqlFactsRow(**about, **_unique(fact, told))
        case NoRowsFact():
            return SqlFactsRow(**about, **_found(told))
        case RowsFact():
            return SqlFactsRow(**about, value=told["found"], number=told["found"])
        case ConnectionsFact():
            most = fact.pool or told["most"]
            return SqlFactsRow(**about, value=told["open"], of=most, share=told["open"] / most)
    return SqlFactsRow(**about, **_value(told))


def _part(fact: Fact) -> str:
    return {"UniqueFact": "unique", "NoRowsFact": "no_rows", "RowsFact": "rows", "ConnectionsFact": "connections"}.get(
        type(fact).__name__, "query"
    )


def _unique(fact: UniqueFact, told: Told) -> dict[str, Any]:
    """The constraint that promises it, of several one in which no null repeats."""
    if told["indexes"] is None:
        return {"constraint_cause": f"there is no table {fact.unique}"}
    serving = [index for index in told["indexes"] if index["columns"] and set(index["columns"]) <= set(fact.columns)]
    facts: dict[str, Any] = {"duplicates": told["duplicates"]}
    if not serving:
        others = ", ".join(f"{index['name']} on {', '.join(index['columns'])}" for index in told["indexes"])
        return {**facts, "constraint_cause": f"no constraint makes them unique; there is {others or 'none at all'}"}
    best = min(serving, key=lambda index: len(index["nullable"]))
    return {**facts, "constraint": best["name"], "nullable": ", ".join(best["nullable"]) or None}


def _found(told: Told) -> dict[str, Any]:
    rows = "; ".join(", ".join(map(str, row)) for row in told["rows"])
    more = "at least " if told["found"] >= MOST_ROWS else ""
    return {"found": told["found"], "found_shown": printable(f"{more}{told['found']}: {rows}", _LONGEST)}


def _value(told: Told) -> dict[str, Any]:
    """A query's single value, as what it can be read as; or why it has none."""
    rows = told["rows"]
    if told["found"] != 1 or len(rows[0]) != 1:
        shape = f"{told['found']} rows" + (f" of {len(rows[0])} columns" if rows else "")
        return {"shape_cause": f"it answers {shape}, not one value"} if rows else {}
    value: Scalar = rows[0][0]
    if value is None:
        return {}
    facts = {"value": printable(value, _LONGEST) if isinstance(value, str) else value, "number": _number(value)}
    try:
        return {**facts, "instant": content_time({"value": value}, ["value"])}
    except Undated as error:
        return {**facts, "instant_cause": str(error)}


def _number(value: Scalar) -> float | None:
    """A value as a number; exact decimals come as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(Decimal(value)) if isinstance(value, str) else float(value)
    except (InvalidOperation, OverflowError, ValueError):
        return None
    return number if isfinite(number) else None
