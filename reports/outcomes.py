"""How outcomes look and add up on every page: a symbol and a word for each, and a tally of many."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.outcome import Outcome, worst

SYMBOLS: Mapping[Outcome, str] = {
    Outcome.PASS: "✓",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.WAIVED: "◇",
    Outcome.WARN: "△",
    Outcome.CLAIMED: "“",
    Outcome.INCONCLUSIVE: "?",
    Outcome.STALE: "◔",
    Outcome.MISSING: "○",
    Outcome.ERROR: "⊘",
    Outcome.FAIL: "✕",
}
MEASURED = frozenset({Outcome.PASS, Outcome.WARN, Outcome.FAIL})
"""Outcomes that admissible evidence decided; in every other one somebody decided, or nobody could."""


def outcome_word(outcome: Outcome) -> str:
    """The outcome's name as people write it."""
    return outcome.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of each outcome; what is not known stays in every denominator."""

    counts: tuple[tuple[Outcome, int], ...]

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Tally":
        """Counts outcomes, worst first; those that do not occur are left out."""
        counted = Counter(outcomes)
        return cls(tuple(sorted(counted.items(), key=lambda item: -item[0].badness)))

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def passing(self) -> int:
        return sum(count for outcome, count in self.counts if outcome.passes)

    @property
    def measured(self) -> int:
        return sum(count for outcome, count in self.counts if outcome in MEASURED)

    @property
    def measured_percent(self) -> int:
        """The measured share, cut to whole per cent: 100 only if all were; 0 where nothing is owed."""
        return 100 * self.measured // self.total if self.total else 0

    @property
    def share(self) -> str:
        """The measured share in words: `4,996 of 5,000 measured (99 %)`."""
        return f"{self.measured:,} of {self.total:,} measured ({self.measured_percent} %)"

    @property
    def outcome(self) -> Outcome:
        return worst(outcome for outcome, _ in self.counts)

    @property
    def sentence(self) -> str:
        """What the numbers say: `2 of 12 checks do not pass.`"""
        failing = self.total - self.passing
        if not self.total:
            return "No check is owed, so nothing is shown to be ready."
        if not failing:
            return "The one check passes." if self.total == 1 else f"All {self.total:,} checks pass."
        if self.total == 1:
            return "The one check does not pass."
        return f"{failing:,} of {self.total:,} checks {'does' if failing == 1 else 'do'} not pass."
