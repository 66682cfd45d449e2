"""The page of one comparison: counts, columns, totals by group, samples side by side, and how long items are open."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from checks.evidence.agreement import ALL, WHOLE, broken, differences, names, nothing_compared
from checks.evidence.open_items import OpenItem, OpenItems
from checks.evidence.records import Scalar
from checks.evidence.values import named_values
from checks.outcome import Outcome
from reports.bars import Chart, chart
from reports.differences import Pieces, pieces, plain
from reports.ledgers import ControlLines, ExpectedLine, control_lines, matching_facts, paired
from reports.rendering import render

MOST_BARS, MOST_GROUPS, MOST_SAMPLES = 20, 100, 50
"""Of groups in the chart and in the table, and of samples of each class; the result's own file has all of them."""
KINDS = {
    "changed": "Rows that differ",
    "missing": "Rows on the left only",
    "extra": "Rows on the right only",
    "duplicate_left": "Keys that repeat on the left",
    "duplicate_right": "Keys that repeat on the right",
    "null_key_left": "Rows without a key on the left",
    "null_key_right": "Rows without a key on the right",
}
COUNTS = {
    "left": "rows on the left",
    "right": "rows on the right",
    "matched": "that {match}",
    "changed": "of them different",
    "missing": "on the left only",
    "extra": "on the right only",
    "duplicate_left": "repeated keys on the left",
    "duplicate_right": "repeated keys on the right",
    "in_flight": "in flight: agreed at the second look",
}
RARE_COUNTS = {
    "null_keys_left": "of them without a key on the left",
    "null_keys_right": "of them without a key on the right",
    "lines_left": "lines on the left, of which several may be one row",
    "lines_right": "lines on the right, of which several may be one row",
}


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One compared column: in how many matched rows it differs, `about` so many where that is an estimate."""

    name: str
    kind: str
    rule: str
    changed: int
    exact: bool


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group's totals on both sides, as decimals in text; of one in flight, those of the second look."""

    name: str
    measure: str
    left: str | None
    right: str | None
    difference: str
    within: bool
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a sample, on both sides."""

    column: str
    left: Pieces
    right: Pieces


@dataclass(frozen=True, slots=True)
class SampleLines:
    """One sample: its key in words, and the columns to show, those that differ first and alone."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SampleSection:
    """The samples of one class; `of` is how many rows of the class there are."""

    title: str
    samples: tuple[SampleLines, ...]
    of: int


@dataclass(frozen=True, slots=True)
class AgeLine:
    """One open item, and how long it has been so."""

    kind: str
    key: str
    first_seen: datetime
    last_seen: datetime
    age: timedelta
    shown: bool


@dataclass(frozen=True, slots=True)
class Aging:
    """The open items of a slot, oldest first; `followed` of `open_rows` have a known key."""

    since: datetime
    open_rows: int
    followed: int
    closed: int
    hidden: bool
    lines: tuple[AgeLine, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """One comparison as people read it; `facts` say what was compared, by what key, which way and how surely.

    `matching` says how rows were paired, where that was not one to one by key, and `counted` of what the counts are.
    """

    title: str
    left: str
    right: str
    as_of: datetime | None
    outcome: Outcome
    sentence: str
    counts: tuple[tuple[str, int], ...]
    columns: tuple[ColumnLine, ...]
    groups: tuple[GroupLine, ...]
    more_groups: int
    chart: Chart | None
    controls: tuple[ControlLines, ...]
    matching: tuple[tuple[str, Scalar], ...]
    counted: str
    expected: tuple[ExpectedLine, ...]
    samples: tuple[SampleSection, ...]
    aging: Aging | None
    facts: tuple[tuple[str, Scalar], ...]


def comparison_page(
    told: Mapping[str, Any],
    *,
    title: str,
    as_of: datetime | None = None,
    outcome: Outcome | None = None,
    open_items: OpenItems | None = None,
    expected: tuple[ExpectedLine, ...] = (),
    asked: Iterable[tuple[str, ...]] = (),
    same_columns: bool = True,
) -> ComparisonPage:
    """The page of a comparison's result in its JSON form; `outcome` is the check's, where one was judged.

    `asked` are the columns of groups in the order in which they were asked for, which sealed JSON does not keep.
    `same_columns` says whether a column that one side lacks is a difference.
    """
    found, sentence = verdict(told, same_columns=same_columns)
    groups = _in_order(told["groups"], asked)
    return ComparisonPage(
        title=title,
        left=told["snapshots"]["left"]["name"],
        right=told["snapshots"]["right"]["name"],
        as_of=as_of,
        outcome=outcome or found,
        sentence=sentence,
        counts=_counts(told),
        columns=_columns(told),
        groups=tuple(map(_group, groups[:MOST_GROUPS])),
        more_groups=max(len(groups) - MOST_GROUPS, 0),
        chart=_chart(groups),
        controls=control_lines(told["controls"]),
        matching=matching_facts(told["coverage"]),
        counted=paired(told["coverage"]).counted,
        expected=expected,
        samples=_samples(told),
        aging=_aging(open_items) if open_items else None,
        facts=_facts(told),
    )


def comparison_html(page: ComparisonPage) -> str:
    """One self-contained page."""
    return render("comparison.html.j2", page=page)


def verdict(told: Mapping[str, Any], *, same_columns: bool = True) -> tuple[Outcome, str]:
    """What the counts come to where nothing may differ, and one sentence that says so."""
    coverage, matched = told["coverage"], told["rows"]["matched"]
    if nothing_compared(told):
        return Outcome.INCONCLUSIVE, "Nothing was compared: there is not one row on either side."
    if measures := broken(told):
        return Outcome.ERROR, f"The classes of rows do not add up to the totals of {', '.join(measures)}."
    if found := differences(told, same_columns=same_columns):
        return Outcome.FAIL, f"The sides differ: {'; '.join(found)}; {matched:,} rows {paired(coverage).match}."
    return Outcome.PASS, f"The sides are equal{_in_what(coverage)}: {matched:,} rows match, and none differs."


def _in_what(coverage: Mapping[str, Any]) -> str:
    """What equality is about, where that is not all that both sides have beside the key."""
    whole, columns_from = coverage["key_from"] == WHOLE, coverage.get("columns_from")
    if columns_from is None:  # a result from before it was told
        return ""
    if not (whole or coverage["columns"]):
        return " in their keys, and nothing else was compared"
    if columns_from == ALL:
        return " in the columns that both have" if coverage["left_only"] or coverage["right_only"] else ""
    return f" in {names(coverage['key'] if whole else coverage['columns'])}"


def group_name(group: Mapping[str, Any]) -> str:
    """A group by the values of its columns; the one group of everything is called so."""
    return named_values(group["group"]) or "all rows"


def _counts(told: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """The counts of rows; after them those that few comparisons have."""
    coverage = told["coverage"]
    match = paired(coverage).match
    found = [(said.format(match=match), told["rows"][name]) for name, said in COUNTS.items()]
    return *found, *((said, coverage[name]) for name, said in RARE_COUNTS.items() if coverage[name])


def _columns(told: Mapping[str, Any]) -> tuple[ColumnLine, ...]:
    rules = told["coverage"]["rules"]
    lines = [
        ColumnLine(name, one["kind"], rules.get(name, ""), one["changed"], one["exact"])
        for name, one in told["columns"].items()
    ]
    return tuple(sorted(lines, key=lambda line: -line.changed))


def _in_order(groups: list[Mapping[str, Any]], asked: Iterable[tuple[str, ...]]) -> list[Mapping[str, Any]]:
    orders = {frozenset(names): names for names in asked}

    def ordered(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
        return {name: values[name] for name in orders.get(frozenset(values), tuple(values))}

    return [{**group, "group": ordered(group["group"])} for group in groups]


def _group(group: Mapping[str, Any]) -> GroupLine:
    told = {name: group[name] for name in ("measure", "left", "right", "difference", "within")}
    return GroupLine(group_name(group), **told, in_flight=group.get("in_flight", False))


def _chart(groups: list[Mapping[str, Any]]) -> Chart | None:
    """The groups that differ most, right minus left; only differences of one measure can stand on one scale."""
    differing = [group for group in groups if Decimal(group["difference"]) != 0]
    measures = Counter(group["measure"] for group in differing)
    if not measures:
        return None
    ((measure, _),) = measures.most_common(1)
    rows = [
        (group_name(group), group["difference"], float(group["difference"]))
        for group in differing
        if group["measure"] == measure
    ]
    title = f"{measure}, right minus left, in the groups that differ most"
    return chart(title, rows[:MOST_BARS])


def _samples(told: Mapping[str, Any]) -> tuple[SampleSection, ...]:
    sections = []
    coverage = told["coverage"]
    nulls = {"null_key_left": coverage["null_keys_left"], "null_key_right": coverage["null_keys_right"]}
    for kind, title in KINDS.items():
        samples = [_keyed(sample, coverage["key"]) for sample in told["samples"] if sample["kind"] == kind]
        if samples:
            shown = tuple(map(_sample, samples[:MOST_SAMPLES]))
            sections.append(SampleSection(title, shown, {**told["rows"], **nulls}[kind]))
    return tuple(sections)


def _keyed(sample: Mapping[str, Any], key: list[str]) -> dict[str, Any]:
    """A sample with its key in the order of the comparison's, which sealed JSON does not keep."""
    return {**sample, "key": {name: sample["key"][name] for name in sorted(sample["key"], key=_place_in(key))}}


def _place_in(key: list[str]) -> Callable[[str], int]:
    return lambda name: key.index(name) if name in key else len(key)


def _sample(sample: Mapping[str, Any]) -> SampleLines:
    left, right = sample["left"], sample["right"]
    if left is not None and right is not None:
        cells = [Cell(name, *pieces(left[name], right[name])) for name in sample["columns"]]
    else:
        cells = [
            Cell(name, plain(left[name]) if left else (), plain(right[name]) if right else ())
            for name in left or right or ()
        ]
    return SampleLines(named_values(sample["key"]), tuple(cells))


def _aging(found: OpenItems) -> Aging:
    return Aging(
        since=found.since,
        open_rows=found.open_rows,
        followed=len(found.items),
        closed=len(found.closed),
        hidden=found.hidden,
        lines=tuple(_age(item, found.as_of) for item in found.items[:MOST_SAMPLES]),
    )


def _age(item: OpenItem, as_of: datetime) -> AgeLine:
    key = named_values(item.key)
    return AgeLine(
        item.kind, key, item.first_seen, item.last_seen, as_of - item.first_seen, shown=item.last_seen == as_of
    )


def _facts(told: Mapping[str, Any]) -> tuple[tuple[str, Scalar], ...]:
    """What a reader has to know before believing the counts."""
    coverage, plan, bits = told["coverage"], told["plan"], told["bits"]
    rules, mapped = coverage["rules"], coverage["mapped"]
    sure = "values were compared" if bits["bits"] is None else f"hashes of {bits['bits']} bits were compared"
    chance = "" if bits["bits"] is None else f"; a difference hid behind them with a chance of {bits['chance']:.1g}"
    facts: list[tuple[str, Scalar]] = [
        ("Key", f"{', '.join(coverage['key']) or 'none'} ({coverage['key_from']})"),
        ("Columns", ", ".join(coverage["columns"]) or "none but the key"),
        ("Mapped", "; ".join(f"{name}: {sides[0]} left, {sides[1]} right" for name, sides in mapped.items())),
        ("Rules of the key", "; ".join(f"{name}: {rules[name]}" for name in coverage["key"] if name in rules)),
        ("Ignored", ", ".join(coverage["ignored"])),
        ("On both sides and not compared", ", ".join(coverage.get("left_out", ()))),
        ("On the left only", ", ".join(coverage["left_only"])),
        ("On the right only", ", ".join(coverage["right_only"])),
        ("Filter on the left", coverage["left_filter"]),
        ("Filter on the right", coverage["right_filter"]),
        ("Certainty", sure + chance),
        ("Way", f"{plan['way']}: {plan['because']}"),
    ]
    for side in ("left", "right"):
        snapshot = told["snapshots"][side]
        facts.append((f"Snapshot of the {side}", snapshot["taken_at"]))
    return tuple((name, value) for name, value in facts if value)
