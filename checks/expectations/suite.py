"""Suites: what one kind of evidence must show, as named Great Expectations objects.

A suite is written once for its kind. What one check asks (its limits) stands in columns beside what was observed, so
all checks of a kind are judged in one validation, and one more check costs one more row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from great_expectations.expectations import Expectation

from checks.catalog import Check
from checks.evidence.open_items import OpenItems
from checks.evidence.records import EvidenceRow, Scalar
from checks.outcome import Outcome, Severity

C = TypeVar("C", bound=Check)
R = TypeVar("R", bound=EvidenceRow)

Fingerprints = Mapping[tuple[str, str], tuple[str, ...]]
"""For (check, subject): the fingerprints of its earlier slots, newest first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One Great Expectations object, which names the columns it reads, and what it means when a row does not meet it.

    `observed` and `expected` name the columns a reader compares. Where the column `asked` (by default `expected`) is
    null the check does not ask for this, and there is no finding. Where it is asked and `observed` is null the finding
    is INCONCLUSIVE, never a pass: Great Expectations itself skips nulls. `because` is a format string over the row's
    columns; `otherwise` replaces it where the rule is not met and the same sentence would not read well. `needs` names
    earlier rules this one rests on: where one of them was asked and not met, it cannot be decided, as behind a guard.
    `lenient` names a column that makes it a warning where it is true.
    """

    expectation: Expectation
    because: str
    observed: str
    expected: str | None = None
    asked: str | None = None
    otherwise: str | None = None
    unmet: Outcome = Outcome.FAIL
    severity: Severity | None = None
    needs: tuple[str, ...] = ()
    lenient: str | None = None

    @property
    def asked_by(self) -> str | None:
        return self.asked or self.expected

    def is_asked(self, columns: Mapping[str, object]) -> bool:
        """Whether a row with these columns asks for this."""
        return self.asked_by is None or columns.get(self.asked_by) is not None


@dataclass(frozen=True, slots=True)
class Occasion:
    """When rows are judged, and what the same subjects looked like before: `open_items` by their check."""

    now: datetime
    earlier: Fingerprints
    open_items: Mapping[str, OpenItems] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite(Generic[C, R]):
    """Guards say whether a row can be judged at all; expectations are held only against rows that met every guard.

    `columns` puts a check's limits, and what follows from the row and the instant, beside the row's own columns.
    `fingerprint` identifies the content of a row for kinds that can freeze.
    """

    kind: str
    columns: Callable[[C, R, Occasion], Mapping[str, Scalar]]
    guards: Mapping[str, Rule]
    expectations: Mapping[str, Rule]
    fingerprint: Callable[[R], str | None] = lambda row: None  # noqa: ARG005 (the default ignores its row)

    @property
    def rules(self) -> dict[str, Rule]:
        """Guards first, then expectations, by name."""
        return {**self.guards, **self.expectations}


AnySuite = Suite[Any, Any]
