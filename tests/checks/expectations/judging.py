"""Judging rows in tests: a check, a few rows, and what each rule makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from checks.catalog import Check
from checks.evidence.open_items import OpenItems
from checks.evidence.records import Evidence, EvidenceRow, Provenance
from checks.expectations.judge import judge
from checks.expectations.suite import AnySuite, Fingerprints, Occasion
from checks.findings import Judgement, Verdict
from checks.outcome import Outcome
from checks.slots import Cadence, Slot

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
SLOT = Slot(datetime(2026, 11, 22, 14, tzinfo=UTC), Cadence.HOURLY)


@dataclass(frozen=True, slots=True)
class Example:
    """A check with rows to judge, the fingerprints of earlier slots by subject, and what the slot before followed."""

    check: Check
    rows: tuple[EvidenceRow, ...]
    earlier: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_items: OpenItems | None = None

    def fingerprints(self, name: str) -> Fingerprints:
        return {(name, subject): seen for subject, seen in self.earlier.items()}


@dataclass(frozen=True, slots=True)
class SuiteCase:
    """Rows that meet every rule of a suite, and for each rule an example that does not meet it, with its outcome.

    `good` may take several rows, where a kind has several sorts of row.
    """

    suite: AnySuite
    good: Example
    bad: Mapping[str, tuple[Example, Outcome]]


def verdicts(suite: AnySuite, examples: Sequence[Example]) -> list[tuple[Verdict, ...]]:
    """Judges all examples in one validation; one tuple of verdicts for each."""
    return [each.verdicts for each in judgements(suite, examples)]


def judgements(suite: AnySuite, examples: Sequence[Example]) -> list[Judgement]:
    """Judges all examples in one validation."""
    batch, earlier, open_items = [], {}, {}
    for number, example in enumerate(examples):
        name = f"check-{number}"
        check = example.check.model_copy(update={"id": name})
        provenance = Provenance(
            collector=check.kind,
            collector_version="0",
            source="a",
            request="b",
            started_at=NOW,
            ended_at=NOW,
            rows=len(example.rows),
        )
        own = example.check.id
        rows = [row.model_copy(update={"subject": name}) if row.subject == own else row for row in example.rows]
        batch.append((check, Evidence(name, tuple(rows), (), provenance)))
        earlier |= example.fingerprints(name)
        open_items |= {name: example.open_items} if example.open_items else {}
    return judge(suite, batch, slot=SLOT, occasion=Occasion(NOW, earlier, open_items))


def outcomes(suite: AnySuite, example: Example) -> dict[str, Outcome]:
    """The worst outcome of each rule in one example."""
    return by_rule(verdicts(suite, [example])[0])


def by_rule(judged: Sequence[Verdict]) -> dict[str, Outcome]:
    """The worst outcome of each rule."""
    found: dict[str, Outcome] = {}
    for verdict in judged:
        for finding in verdict.findings:
            before = found.get(finding.expectation, Outcome.PASS)
            found[finding.expectation] = max(before, finding.outcome, key=lambda outcome: outcome.badness)
    return found


def changed(example: Example, **fields: Any) -> Example:
    """The example with other fields in its only row, validated again."""
    (row,) = example.rows
    return Example(example.check, (type(row).model_validate({**row.model_dump(), **fields}),), example.earlier)
