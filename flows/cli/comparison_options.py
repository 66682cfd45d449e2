"""The options of `readiness compare` in the comparison engine's words."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from checks.durations import parse_duration
from tasks.comparison import (
    ColumnRule,
    ControlTotal,
    GroupTotal,
    Items,
    Kind,
    Mapped,
    OneToMany,
    Sides,
    Tolerance,
    Whitespace,
)
from tasks.comparison.errors import RequestError, TypesError

PLAIN_RULES: Mapping[str, dict[str, Any]] = {
    "ignore-case": {"ignore_case": True},
    "trim": {"whitespace": Whitespace.TRIM},
    "collapse": {"whitespace": Whitespace.COLLAPSE},
    "null-is-empty": {"null_equals_empty": True},
    "utc": {"zone_utc": True},
}
GIVEN_RULES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "round": lambda text: {"round_to": _digits(text, 30)},
    "seconds": lambda text: {"second_digits": _digits(text, 9)},
    "as": lambda text: {"kind": _kind(text)},
}
_NUMBER = re.compile(r"[0-9.eE+-]+")


_QUOTED = re.compile(r'(?:^|(?<=[,+=]))"(?:[^"]|"")*"(?=[,+=]|$)')
"""A name in double quotes as CSV has it: with a quote in it twice, and whatever stands between names."""


def cut(text: str, mark: str, most: int = -1) -> list[str]:
    """What stands between marks, at `most` so many of them; a mark in quotes is part of a name."""
    quoted = [one.span() for one in _QUOTED.finditer(text)]
    found: list[str] = []
    start = 0
    for place, character in enumerate(text):
        if character == mark and len(found) != most and not any(first <= place < end for first, end in quoted):
            found.append(text[start:place])
            start = place + 1
    return [*found, text[start:]]


def name(text: str) -> str:
    """A name without the quotes around it."""
    return text[1:-1].replace('""', '"') if _QUOTED.fullmatch(text) else text


def written(column: str) -> str:
    """A name as an option takes it."""
    return '"' + column.replace('"', '""') + '"' if set(column) & set('",+=') else column


def names(option: str, given: Iterable[str]) -> tuple[str, ...]:
    """Names, each option holding one or several with commas between them."""
    found: dict[str, None] = {}
    for text in given:
        named = [name(part) for part in cut(text, ",") if part]
        if not named:
            raise RequestError(f"--{option} {text!r}: write a name, or several with commas between")
        found |= dict.fromkeys(named)
    return tuple(found)


def mappings(given: Iterable[str]) -> tuple[Mapped, ...]:
    """`NAME=LEFT=>RIGHT`, each a column or an expression in that side's language."""
    found: list[Mapped] = []
    for text in given:
        named, *sides = cut(text, "=", 1)
        left, divider, right = "".join(sides).partition("=>")
        if not (named and divider and left.strip() and right.strip()):
            raise RequestError(f"--map {text}: write NAME=LEFT=>RIGHT, such as amount=cents / 100.0=>amount")
        mapped = name(named.strip())
        if any(one.name == mapped for one in found):
            raise RequestError(f"--map {text}: {mapped} is mapped already; give each mapping a name of its own")
        found.append(Mapped(mapped, left.strip(), right.strip()))
    return tuple(found)


def rules(tolerances: Iterable[str], given: Iterable[str]) -> dict[str, ColumnRule]:
    """What may differ in each column: `amount=0.01`, and `name=trim,ignore-case`."""
    found: dict[str, ColumnRule] = {}
    for text in tolerances:
        column, bounds = _named("tolerance", text, "amount=0.01, amount=1% or at=2s")
        if column in found:
            raise RequestError(f"--tolerance {text}: {column} has one already; write its bounds with commas between")
        with _said_of("tolerance", text):
            found[column] = ColumnRule(tolerance=tolerance(bounds))
    for text in given:
        column, words = _named("rule", text, f"name={'|'.join(PLAIN_RULES)}|round:2|seconds:3|as:numeric")
        with _said_of("rule", text):
            for word in words.split(","):
                found[column] = replace(found.get(column, ColumnRule()), **_rule(word))
    return found


def tolerance(bounds: str) -> Tolerance:
    """`0.01` absolute, `1%` of the larger, `2s` in time; several with commas, one of which is enough."""
    found: dict[str, Any] = {}
    for text in bounds.split(","):
        if text.endswith("%"):
            found["relative"] = _decimal(text[:-1]) / 100
        elif _NUMBER.fullmatch(text):
            found["absolute"] = _decimal(text)
        else:
            found["time"] = _time(text)
    return Tolerance(**found)


def totals(given: Iterable[str]) -> tuple[GroupTotal, ...]:
    """`by=tenant+currency,sum=amount,tolerance=0.01`; without `sum` it counts rows, without `by` all are one group."""
    found = []
    for text in given:
        parts = _parts("group", text, cut(text, ","))
        by = tuple(name(part) for part in cut(parts.get("by", ""), "+") if part)
        if set(parts) - {"by", "sum", "tolerance"} or not set(parts) & {"by", "sum"} or ("by" in parts and not by):
            raise RequestError(f"--group {text}: write by=COLUMN+COLUMN,sum=COLUMN,tolerance=AMOUNT")
        measure = name(parts["sum"]) if "sum" in parts else None
        with _said_of("group", text):
            found.append(GroupTotal(by, measure, _of_totals(parts.get("tolerance", "0"))))
    return tuple(found)


def controls(given: Iterable[str]) -> tuple[ControlTotal, ...]:
    """`amount` or `amount,tolerance=0.01`: a total of each side, to which the classes of rows must add up."""
    found = []
    for text in given:
        measure, *rest = cut(text, ",")
        parts = _parts("control", text, rest)
        if set(parts) - {"tolerance"} or not measure:
            raise RequestError(f"--control {text}: write COLUMN or COLUMN,tolerance=AMOUNT")
        with _said_of("control", text):
            found.append(ControlTotal(name(measure), _of_totals(parts.get("tolerance", "0"))))
    return tuple(found)


def matching(many: str | None, items: str | None) -> OneToMany | Items | None:
    """`right=amount`: rows of one key there are added up; `amount,booked_at`: no key, but an amount and a time."""
    if many is not None and items is not None:
        raise RequestError("--many and --items pair rows in two ways; give one of them")
    if items is not None:
        amount, time, *more = (name(part) for part in [*cut(items, ","), ""])
        if not amount or any(more):
            raise RequestError(f"--items {items}: write AMOUNT or AMOUNT,TIME")
        return Items(amount, time or None)
    if many is None:
        return None
    side, divider, amount = many.partition("=")
    if not divider or not amount or side not in list(Sides):
        raise RequestError(f"--many {many}: write left=COLUMN, right=COLUMN or both=COLUMN")
    return OneToMany(Sides(side), name(amount))


def advice(error: TypesError) -> str:
    """The error, with the rule that would help as it is written here."""
    if error.column is None or error.rule is None:
        return str(error)
    what, value = error.rule
    word = {"read_as": f"as:{value}", "round_to": f"round:{value}", "zone_utc": "utc"}[what]
    return f"{error.said}, such as --rule {written(error.column)}={word}"


def _rule(word: str) -> dict[str, Any]:
    called, divider, text = word.partition(":")
    if not divider and called in PLAIN_RULES:
        return PLAIN_RULES[called]
    if divider and called in GIVEN_RULES:
        return GIVEN_RULES[called](text)
    known = ", ".join([*PLAIN_RULES, *(f"{given}:…" for given in GIVEN_RULES)])
    raise RequestError(f"no rule is called {word}; known: {known}")


def _parts(option: str, text: str, given: Iterable[str]) -> dict[str, str]:
    """What is said of each part of an option; a part that is given twice would leave one of them unheard."""
    parts: dict[str, str] = {}
    for part in given:
        word, *rest = cut(part, "=", 1)
        if word in parts:
            several = "; several columns are written by=COLUMN+COLUMN" if word == "by" else ""
            raise RequestError(f"--{option} {text}: {word} is given twice{several}")
        parts[word] = "".join(rest)
    return parts


def _named(option: str, text: str, example: str) -> tuple[str, str]:
    column, *rest = cut(text, "=", 1)
    if not (column and "".join(rest)):
        raise RequestError(f"--{option} {text}: write COLUMN=…, such as {example}")
    return name(column), "".join(rest)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise RequestError(f"{text} is no number") from None


def _time(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise RequestError(f"{text!r} is no tolerance; write a number, 1%, or a duration such as 2s") from None


def _of_totals(text: str) -> Tolerance:
    if not all(_NUMBER.fullmatch(bound.removesuffix("%")) for bound in text.split(",")):
        raise RequestError(f"{text!r} is no tolerance of totals, which are numbers; write a number or 1%")
    return tolerance(text)


def _digits(text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise RequestError(f"{text!r} is no number of digits; write 0 to {most}")
    return int(text)


def _kind(text: str) -> Kind:
    if text not in list(Kind):
        raise RequestError(f"{text!r} is no kind of value; known: {', '.join(Kind)}")
    return Kind(text)


@contextmanager
def _said_of(option: str, text: str) -> Iterator[None]:
    """Says of an error in which option it was written."""
    try:
        yield
    except RequestError as error:
        raise RequestError(f"--{option} {text}: {error}") from None
