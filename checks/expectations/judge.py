"""Judging: evidence of one kind in, a judgement for each check out; one validation for a thousand of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from checks.catalog import Check
from checks.evidence.layout import raw_path, rows_path
from checks.evidence.records import Evidence
from checks.expectations.reading import OBSERVED, Line, Reading, rules_of
from checks.expectations.suite import AnySuite, Occasion, Rule
from checks.expectations.validation import ROW, validate
from checks.findings import Judgement
from checks.slots import Slot

AT_ONCE = 1_000
"""Checks in one validation: enough that its fixed cost does not count, few enough that its frame stays small."""


def judge(
    suite: AnySuite, batch: Sequence[tuple[Check, Evidence]], *, slot: Slot, occasion: Occasion
) -> list[Judgement]:
    """Judges all checks of one kind; the result has one judgement for each, in the order given."""
    shards = (batch[start : start + AT_ONCE] for start in range(0, len(batch), AT_ONCE))
    return [judgement for shard in shards for judgement in _judged(suite, shard, slot, occasion)]


def _judged(
    suite: AnySuite, batch: Sequence[tuple[Check, Evidence]], slot: Slot, occasion: Occasion
) -> Iterator[Judgement]:
    """One validation for all of them, of the rules that any of them asks for: what one rule costs is much."""
    lines = [line for check, evidence in batch for line in _lines(suite, check, evidence, occasion)]
    rules = {name: rule for name, rule in rules_of(suite).items() if any(rule.is_asked(line.columns) for line in lines)}
    results = validate(_frame(lines, rules), rules) if lines else {}
    by_check: dict[str, list[tuple[int, Line]]] = defaultdict(list)
    for number, line in enumerate(lines):
        by_check[line.check.id].append((number, line))
    reading = Reading(suite, rules, results, slot, occasion.now)
    for check, _ in batch:
        yield reading.judgement(check, by_check[check.id])


def _lines(suite: AnySuite, check: Check, evidence: Evidence, occasion: Occasion) -> Iterable[Line]:
    """The rows that were observed, and an empty one for every subject that was owed and was not."""
    paths = _paths(evidence)
    for row in evidence.rows:
        columns = {**row.model_dump(), **suite.columns(check, row, occasion)}
        shown = {**columns, OBSERVED.observed: row.subject}
        yield Line(check, row.subject, row, shown, paths.get(row.subject, paths[None]))
    seen = {row.subject for row in evidence.rows}
    for subject in dict.fromkeys(check.subjects):
        if subject not in seen:
            yield Line(check, subject, None, {"subject": subject, OBSERVED.observed: None})


def _paths(evidence: Evidence) -> dict[str | None, tuple[str, ...]]:
    """Where in the bag the evidence about each subject lies; under `None`, what is about all of them.

    A capture whose meta names a `subject` is about that one alone.
    """
    rows = rows_path(evidence.check)
    shared = [raw_path(evidence.check, one.item) for one in evidence.captures if "subject" not in one.meta]
    paths: dict[str | None, tuple[str, ...]] = {None: (*shared, rows)}
    for capture in evidence.captures:
        subject = capture.meta.get("subject")
        if isinstance(subject, str):
            before = paths.get(subject, paths[None])
            paths[subject] = (raw_path(evidence.check, capture.item), *before)
    return paths


def _frame(lines: Sequence[Line], rules: Mapping[str, Rule]) -> pd.DataFrame:
    """Every column that a rule names, as Python objects: nothing is cast, and a null stays a null.

    Great Expectations hashes all of a frame, twice; what no rule names need not be in it.
    """
    said = " ".join(repr(rule.expectation) for rule in rules.values())
    names = {name for line in lines for name in line.columns if name in said}
    names |= {name for rule in rules.values() for name in (rule.observed, rule.asked_by) if name}
    table: dict[str, list[object]] = {name: [line.columns.get(name) for line in lines] for name in sorted(names)}
    frame = pd.DataFrame({**table, ROW: range(len(lines))}, dtype=object)
    return frame.where(frame.notna(), None)
