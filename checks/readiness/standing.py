"""Where a check stands at an instant: its newest verdicts, and whether they are still good."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checks.catalog import Check
from checks.findings import Finding, Verdict
from checks.outcome import Outcome
from checks.readiness.measures import MEASURES, measures_of, measures_sentence
from checks.slots import CLOCK_TOLERANCE, Cadence, Slot
from checks.timespans import age_words, duration_words

LEAST_GRACE = timedelta(minutes=10)
UNOBSERVED = frozenset({Outcome.MISSING, Outcome.ERROR})
"""Outcomes without evidence behind them: there is nothing that could grow old."""

Newest = Mapping[str, Mapping[str, Verdict]]
"""For a check, for a subject: the verdict of the newest slot."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One subject of one check at an instant; `was` is what its evidence said before it grew too old.

    `judged_at` is when the evidence was looked at, which is later than its slot began.
    """

    subject: str
    outcome: Outcome
    because: str
    slot: Slot | None = None
    judged_at: datetime | None = None
    was: Outcome | None = None


def grace(cadence: Cadence) -> timedelta:
    """How long after its beginning a slot may be unfilled: a quarter of its period, 10 minutes at least."""
    return max(cadence.period / 4, LEAST_GRACE)


def good_for(cadence: Cadence) -> timedelta:
    """How long a slot speaks for a check: its period, and the grace of the next one."""
    return cadence.period + grace(cadence)


def newest_verdicts(verdicts: Iterable[Verdict]) -> Newest:
    """The verdict of the newest slot for each subject; of two of one slot, the one judged later."""
    newest: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for verdict in verdicts:
        known = newest[verdict.check].get(verdict.subject)
        if known is None or (known.slot.at, known.judged_at) <= (verdict.slot.at, verdict.judged_at):
            newest[verdict.check][verdict.subject] = verdict
    return newest


def quotable(verdict: Verdict) -> Verdict:
    """The verdict with only those findings that decide where it stands; its standing is the same."""
    ranked = sorted(verdict.findings, key=lambda finding: -finding.outcome.badness)
    measured = verdict.outcome.passes
    return replace(
        verdict,
        findings=tuple(
            finding
            for finding in verdict.findings
            if finding is ranked[0] or (measured and (finding.expectation in MEASURES or _tells(finding)))
        ),
    )


def standings(
    check: Check, verdicts: Mapping[str, Verdict], *, as_of: datetime, only: str | None = None
) -> tuple[Standing, ...]:
    """Every subject the check owes, and every other one its newest slot holds; worst first, then oldest first.

    `only` is the one subject that is asked about, where a model asks about each of many by itself.
    """
    latest = max((verdict.slot.at for verdict in verdicts.values()), default=None)
    more = sorted(subject for subject, verdict in verdicts.items() if verdict.slot.at == latest)
    subjects = [one for one in dict.fromkeys((*check.subjects, *more)) if only in (None, one)]
    found = [_standing(subject, verdicts.get(subject), cadence=check.every, as_of=as_of) for subject in subjects]
    return tuple(sorted(found, key=_weight))


def _standing(subject: str, verdict: Verdict | None, *, cadence: Cadence, as_of: datetime) -> Standing:
    if verdict is None:
        return Standing(subject, Outcome.MISSING, "owed, and never observed")
    outcome, because = verdict.outcome, _because(verdict)
    age, limit = as_of - verdict.slot.at, good_for(cadence)
    if age < -CLOCK_TOLERANCE:
        why = f"its slot is still to come ({age_words(age)}): a clock is wrong"
    elif age > limit:
        why = f"its slot began {age_words(age)} ago and was good for {duration_words(limit)}"
    else:
        return Standing(subject, outcome, because, verdict.slot, verdict.judged_at)
    if outcome in UNOBSERVED:
        return Standing(subject, outcome, f"{because}; {why}", verdict.slot, verdict.judged_at)
    because = f"{why}; it said {outcome}: {because}"
    return Standing(subject, Outcome.STALE, because, verdict.slot, verdict.judged_at, was=outcome)


def _because(verdict: Verdict) -> str:
    """Why it is not better than it is; of what passes, what it measured, where it did."""
    if not verdict.outcome.passes:
        return verdict.because
    told = (finding.because for finding in verdict.findings if _tells(finding))
    return measures_sentence(measures_of(verdict)) or next(told, verdict.because)


def _tells(finding: Finding) -> bool:
    """Whether a finding that is met says what there is to say: how much of an objective was good."""
    return (finding.kind, finding.expectation) == ("objective", "target")


def _weight(standing: Standing) -> tuple[int, int, float]:
    """Worst first; of two alike, what was worse before it grew old, then the older."""
    was = standing.was.badness if standing.was else 0
    return -standing.outcome.badness, -was, standing.slot.at.timestamp() if standing.slot else 0.0
