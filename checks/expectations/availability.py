"""What is expected of availability: up for long enough, seen for long enough, and every exclusion in order."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction

from checks.epoch import milliseconds_of
from checks.evidence.records import Scalar
from checks.exclusions import Earlier, Exclusions
from checks.expectations.conditions import GOOD, at_least, is_good
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.availability_figures import Availability, availability, unannounced
from checks.objectives.coverage import most_shown
from checks.objectives.words import number, percent
from checks.outcome import Outcome, Severity
from checks.timespans import duration_words

_ALL = 100.0


def _columns(check: AvailabilityCheck, row: AvailabilityRow, occasion: Occasion) -> Mapping[str, Scalar]:
    earlier = _earlier(occasion.earlier.get((check.id, row.subject), ()))
    figures, excluded = availability(check, row, earlier)
    return {
        **_shares(check, row, figures),
        **_words(row, figures, excluded),
        "looked": GOOD if row.looks else "nobody looked at it in the window",
        "ledger": row.ledger_missing or "; ".join(row.problems[:3]) or GOOD,
        "added_to": GOOD if earlier is None or _only_added_to(row, occasion, check) else "what it said before is gone",
        "apart": _listed(excluded.overlapping, "each lies over the other") or GOOD,
        "begun": _listed(excluded.ahead, "has not begun yet: a clock is wrong") or GOOD,
        "closed": _listed(excluded.unclosed, "never ended") or GOOD,
        "capped": f"{_spell(excluded.asked)} were announced" if excluded.over_cap else GOOD,
        "timely": _listed(excluded.backdated, "was announced after it had begun, and does not count") or GOOD,
        "announced": _listed(unannounced(row), "is in no ledger") or GOOD,
        "excludes": True if check.exclude is not None else None,
        "cap": duration_words(check.exclude.cap) if check.exclude else None,
    }


def _shares(check: AvailabilityCheck, row: AvailabilityRow, figures: Availability) -> dict[str, Scalar]:
    """The figures in per cent, cut: nothing looks better than it is."""
    return {
        "target": float(check.target * 100),
        "uptime": _percent(figures.uptime),
        "best": _percent(figures.best),
        "coverage": float(figures.coverage * 100),
        "least_coverage": float(check.expect.coverage * 100),
        "samples": check.samples,
        "looks": row.looks,
    }


def _words(row: AvailabilityRow, figures: Availability, excluded: Exclusions) -> dict[str, Scalar]:
    """The same for sentences."""
    return {
        "uptime_words": _share_words(figures.uptime),
        "deploys_words": _share_words(figures.uptime_with_deploys),
        "best_words": _share_words(figures.best),
        "coverage_words": percent(figures.coverage),
        "down_words": _spell((figures.down - figures.excluded).total),
        "excluded_words": _spell(excluded.counted.total),
        "looks_words": number(row.looks),
        "shown_words": percent(most_shown(row.looks)),
    }


def _percent(share: Fraction | None) -> float | None:
    return None if share is None else float(share * 100)


def _share_words(share: Fraction | None) -> str:
    return "unknown" if share is None else percent(share)


def _spell(milliseconds: int) -> str:
    return duration_words(timedelta(milliseconds=milliseconds))


def _listed(names: Sequence[str], what: str) -> str:
    more = f" (and {len(names) - 3} more)" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}: {what}" if names else ""


def _fingerprint(row: AvailabilityRow) -> str | None:
    """How far the ledger was written, its digest up to there, and when that was."""
    if row.ledger_missing is not None or not row.boundaries:
        return None
    size, digest = row.boundaries[-1]
    return f"{size} {digest} {milliseconds_of(row.end)}"


def _earlier(fingerprints: Sequence[str]) -> Earlier | None:
    """How the ledger was found by the newest slot that could read it."""
    if not fingerprints:
        return None
    size, _, at = fingerprints[0].split(" ")
    return Earlier(int(size), int(at))


def _only_added_to(row: AvailabilityRow, occasion: Occasion, check: AvailabilityCheck) -> bool:
    """Whether the ledger still begins as it was found before."""
    size, digest, _ = occasion.earlier[check.id, row.subject][0].split(" ")
    return (int(size), digest) in row.boundaries


AVAILABILITY: Suite[AvailabilityCheck, AvailabilityRow] = Suite(
    kind="availability",
    columns=_columns,
    fingerprint=_fingerprint,
    guards={
        "looked-at": Rule(
            is_good("looked"),
            because="{looks_words} looks in the window",
            otherwise="{looked}",
            observed="looked",
            unmet=Outcome.MISSING,
        ),
    },
    expectations={
        "ledger": Rule(
            is_good("ledger"),
            because="the deploy ledger was read",
            otherwise="the deploy ledger cannot be relied on: {ledger}",
            observed="ledger",
            asked="excludes",
            unmet=Outcome.ERROR,
        ),
        "append-only": Rule(
            is_good("added_to"),
            because="the deploy ledger was only added to",
            otherwise="the deploy ledger was changed: {added_to}",
            observed="added_to",
            asked="excludes",
            unmet=Outcome.ERROR,
        ),
        "possible": Rule(
            at_least("best", "target"),
            because="{best_words} at best; {target} % is expected",
            otherwise="{best_words} at best, even if all that is unknown was up; {target} % is expected",
            observed="best",
            expected="target",
        ),
        "covered": Rule(
            at_least("coverage", "least_coverage"),
            because="{coverage_words} of the window was observed",
            otherwise="only {coverage_words} of the window was observed; {least_coverage} % can decide",
            observed="coverage",
            expected="least_coverage",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "resolved": Rule(
            at_least("looks", "samples"),
            because="{looks_words} looks can show it",
            otherwise="{looks_words} looks cannot show {target} %, only {shown_words}; {samples} are needed",
            observed="looks",
            expected="samples",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "uptime": Rule(
            at_least("uptime", "target"),
            because="{uptime_words} up, down for {down_words}; with deploys ({excluded_words}) {deploys_words}",
            observed="uptime",
            expected="target",
            needs=("ledger", "append-only", "covered", "resolved"),
        ),
        "capped": Rule(
            is_good("capped"),
            because="{excluded_words} are excluded; at most {cap} may be",
            otherwise="{capped} as deploys and maintenance; only {cap} of it counts",
            observed="capped",
            asked="excludes",
        ),
        "closed": Rule(
            is_good("closed"),
            because="every deploy ended",
            otherwise="{closed}",
            observed="closed",
            asked="excludes",
            unmet=Outcome.MISSING,
        ),
        "begun": Rule(
            is_good("begun"),
            because="no deploy lies in the future",
            otherwise="{begun}",
            observed="begun",
            asked="excludes",
            unmet=Outcome.STALE,
        ),
        "timely": Rule(
            is_good("timely"),
            because="nothing was announced afterwards",
            otherwise="{timely}",
            observed="timely",
            asked="excludes",
        ),
        "apart": Rule(
            is_good("apart"),
            because="no window lies over another",
            otherwise="{apart}; such time counts once",
            observed="apart",
            asked="excludes",
            severity=Severity.WARNING,
        ),
        "announced": Rule(
            is_good("announced"),
            because="every change of the version was announced",
            otherwise="{announced}",
            observed="announced",
            asked="excludes",
            severity=Severity.WARNING,
        ),
    },
)
