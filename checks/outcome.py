"""The ten outcomes a judgement can have, and how many of them become one."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What admissible evidence says; only three of the ten let a gate pass."""

    PASS = "PASS"  # noqa: S105 (an outcome, not a password)
    NOT_APPLICABLE = "NOT_APPLICABLE"
    WAIVED = "WAIVED"
    WARN = "WARN"
    CLAIMED = "CLAIMED"
    INCONCLUSIVE = "INCONCLUSIVE"
    STALE = "STALE"
    MISSING = "MISSING"
    ERROR = "ERROR"
    FAIL = "FAIL"

    @property
    def passes(self) -> bool:
        """Whether a gate may pass on it: evidence met everything, or an approved exception is on record."""
        return self in PASSING

    @property
    def meaning(self) -> str:
        """One sentence for people who read a page."""
        return MEANINGS[self]

    @property
    def badness(self) -> int:
        """The place in the order from best to worst, which is the order of definition."""
        return RANKS[self]


PASSING = frozenset({Outcome.PASS, Outcome.WAIVED, Outcome.NOT_APPLICABLE})
RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}
MEANINGS = {
    Outcome.PASS: "Admissible evidence meets every expectation.",
    Outcome.NOT_APPLICABLE: "Declared not to apply, with a reason and an approver.",
    Outcome.WAIVED: "An approved exception, until its date.",
    Outcome.WARN: "Only expectations of warning severity are not met.",
    Outcome.CLAIMED: "Somebody says so; nothing was observed.",
    Outcome.INCONCLUSIVE: "Evidence exists and cannot decide.",
    Outcome.STALE: "The evidence is too old, from the future, frozen, or of another version or environment.",
    Outcome.MISSING: "Evidence was owed and nothing was observed.",
    Outcome.ERROR: "The observer could not tell.",
    Outcome.FAIL: "Admissible evidence does not meet an expectation.",
}


class Severity(StrEnum):
    """How much an unmet expectation weighs: a warning alone never fails a check, and never passes it either."""

    CRITICAL = "critical"
    MAJOR = "major"
    WARNING = "warning"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of several outcomes; an aggregate over nothing is MISSING, never a pass."""
    return max(outcomes, key=lambda outcome: outcome.badness, default=Outcome.MISSING)


def outcome_of(word: str) -> Outcome:
    """The outcome a word names; a word nobody knows is ERROR."""
    try:
        return Outcome(word)
    except ValueError:
        return Outcome.ERROR
