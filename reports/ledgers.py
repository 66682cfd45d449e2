"""Parts of a comparison's page: control totals by class of rows, how rows were paired, what may differ until when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.evidence.records import Scalar
from checks.kinds.comparison import ExpectedDifference

CLASSES = {
    "equal": "equal",
    "changed": "different",
    "missing": "on the left only",
    "extra": "on the right only",
    "unkeyed": "without a key",
}


@dataclass(frozen=True, slots=True)
class Paired:
    """How rows were paired, in the words of a page: of those that `match`, and of all that is `counted`."""

    match: str
    counted: str


BY_KEY = Paired("match by key", "rows, paired one to one by key")
WHOLE = Paired("match as they are", "rows, each paired with one that is the same as a whole")
PAIRINGS = {
    "one to many": Paired("match by key", "rows, of which all that have one key on a side stand together for one"),
    "items": Paired("were paired as items", "rows, paired one to one with others of their group, by amount and time"),
}
MATCHINGS = {"one to many": "many rows stand for one", "items": "items without a common key, one to one"}


@dataclass(frozen=True, slots=True)
class ControlLines:
    """One control total: the sums of its classes on both sides, their totals, and whether they add up to them."""

    measure: str
    classes: tuple[tuple[str, str | None, str | None], ...]
    left: str
    right: str
    difference: str
    within: bool
    adds_up: bool
    how: str


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """One difference that is expected, and whether it still is."""

    what: str
    rows: int
    until: datetime
    reason: str
    expired: bool


def control_lines(controls: Iterable[Mapping[str, Any]]) -> tuple[ControlLines, ...]:
    """The control totals of a comparison's result."""
    return tuple(map(_control, controls))


def _control(told: Mapping[str, Any]) -> ControlLines:
    how = (
        "every row was added up to its class"
        if told["row_by_row"]
        else "rows that differ were added up; the rest of each total is of equal rows, and must be the same"
    )
    found = told["classes"]
    classes = tuple((said, found[name]["left"], found[name]["right"]) for name, said in CLASSES.items())
    names = ("measure", "left", "right", "difference", "within", "adds_up")
    return ControlLines(classes=classes, how=how, **{name: told[name] for name in names})


def paired(coverage: Mapping[str, Any]) -> Paired:
    """How the rows of a comparison were paired."""
    if coverage["matching"]:
        return PAIRINGS[coverage["matching"]["how"]]
    return WHOLE if coverage["key_from"] == "whole row" else BY_KEY


def matching_facts(coverage: Mapping[str, Any]) -> tuple[tuple[str, Scalar], ...]:
    """How rows were paired, where that was not one to one by key."""
    matching = coverage["matching"]
    if not matching:
        return ()
    rules = coverage["rules"]
    facts: list[tuple[str, Scalar]] = [("how", MATCHINGS[matching["how"]])]
    facts.append(("by", ", ".join(coverage["key"]) or "nothing: all rows are one group"))
    for name in ("many", "amount", "time"):
        value = matching.get(name)
        if value is not None:
            facts.append((name, f"{value}, {rules[value]}" if value in rules else value))
    known = {"how", "many", "amount", "time"}
    return *facts, *((name, value) for name, value in matching.items() if name not in known)


def expected_lines(known: Sequence[ExpectedDifference], now: datetime) -> tuple[ExpectedLine, ...]:
    """The differences that a check expects, the first to expire first."""
    ordered = sorted(known, key=lambda one: one.until)
    return tuple(ExpectedLine(one.what, one.rows, one.until, one.reason, expired=now >= one.until) for one in ordered)
