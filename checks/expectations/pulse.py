"""What is expected of a pulse: no outage, no flapping, documents that never grew too old, and enough looks to tell."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from math import ceil

from checks.epoch import from_milliseconds, milliseconds_of
from checks.evidence.records import Scalar, rfc3339
from checks.expectations.conditions import GOOD, at_least, at_most, is_good, less_than
from checks.expectations.dated import MOVING
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.freshness import FreshnessCheck
from checks.kinds.pulse import PulseRow
from checks.kinds.pulse_past import PulsePast, before
from checks.kinds.pulsed import PulsedCheck
from checks.outcome import Outcome
from checks.runs import Confirm, Outage, joined, outages
from checks.timespans import duration_words

LEAST_COVERAGE = 0.9
"""The share of its window that has to be observed for a slot to speak for itself."""
FLAPS = 3
"""So many separate failures in one slot are no accident, even if none of them was confirmed."""
CLOCK_STEP = 2.0
"""Seconds by which the observer's clock may be set within a pulse."""
_FROZEN_AFTER = 3
_AT_ONCE = Confirm(failures=1, successes=1)
_ASPECTS = ("up", "whole", "fresh", "found", "content", "kept", "prompt")


def _columns(check: PulsedCheck, row: PulseRow, occasion: Occasion) -> Mapping[str, Scalar]:
    earlier = [PulsePast.parse(one) for one in occasion.earlier.get((check.id, row.subject), ())]
    columns: dict[str, Scalar] = {
        "observer": GOOD if row.seen else row.unseen_why or "nothing was observed",
        "least_coverage": LEAST_COVERAGE * 100,
        "coverage_shown": row.coverage * 100,
        "most_flaps": FLAPS,
        "flaps": _flaps(row),
        "clock_off": abs(row.clock_step),
        "clock_allowed": CLOCK_STEP,
        **dict.fromkeys((name for aspect in _ASPECTS for name in (aspect, f"asks_{aspect}")), None),
        **_of_document(check, row, earlier),
        **_of_certificate(check, row, occasion),
    }
    for aspect in row.aspects:
        columns[f"asks_{aspect}"] = True
        columns[aspect] = _said(check, row, aspect, earlier)
    return columns


def _said(check: PulsedCheck, row: PulseRow, aspect: str, earlier: Sequence[PulsePast]) -> str | None:
    """Good, or its worst outage in words; nothing where no look could tell."""
    own = row.aspects[aspect]
    if all(run.state == "unseen" for run in own):
        return None
    confirm = _AT_ONCE if aspect == "fresh" else check.confirm
    runs = joined([*before(aspect, earlier), *own], hole=row.hole)
    start, end = own[0].first, own[-1].last
    found = [one for one in outages(runs, confirm, hole=row.hole) if one.until(end + 1) > start]
    if not found:
        return GOOD
    longest = max(found, key=lambda one: one.until(end) - one.start)
    return _words(longest, end) + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")


def _words(outage: Outage, end: int) -> str:
    lasted = duration_words(timedelta(milliseconds=outage.until(end) - outage.start))
    still = "" if outage.end is not None else ", and still is"
    since = rfc3339(from_milliseconds(outage.start // 1000 * 1000))
    return f"for {lasted} from {since}{still}: {outage.why}"


def _flaps(row: PulseRow) -> int:
    """How many separate times its first aspect failed."""
    return sum(run.state == "bad" for run in next(iter(row.aspects.values()), ()))


def _of_document(check: PulsedCheck, row: PulseRow, earlier: Sequence[PulsePast]) -> dict[str, Scalar]:
    """What only documents have: the time between two of them, and whether they still move."""
    names = ("report_limit", "gap", "frozen_after", "repeats_after", "same_time", "same_content")
    if not isinstance(check, FreshnessCheck) or row.content_time is None:
        return dict.fromkeys(names)
    expect, now = check.expect, PulsePast.of(row)
    seen = [now, *earlier]
    same = list(takewhile(lambda past: past.digest == now.digest, seen))
    return {
        "report_limit": expect.max_age.total_seconds(),
        "gap": max(row.report_gap or 0.0, _gap_across(row, earlier)),
        "frozen_after": expect.frozen_after or max(_FROZEN_AFTER, ceil(expect.max_age / check.every.period) + 1),
        "repeats_after": None if expect.may_repeat else expect.frozen_after,
        "same_time": len(list(takewhile(lambda past: past.content_time == now.content_time, seen))),
        "same_content": len({past.content_time for past in same}),
    }


def _gap_across(row: PulseRow, earlier: Sequence[PulsePast]) -> float:
    """The seconds between the last report of the slot before and the first of this one, if nobody looked away."""
    if not earlier or earlier[0].content_time is None or row.first_content_time is None:
        return 0.0
    if row.first - earlier[0].last > row.hole:
        return 0.0
    return (milliseconds_of(row.first_content_time) - earlier[0].content_time) / 1000


def _of_certificate(check: PulsedCheck, row: PulseRow, occasion: Occasion) -> dict[str, Scalar]:
    asked, until = check.certificate_for, row.certificate_expires_at
    return {
        "certificate_for": asked.total_seconds() if asked else None,
        "certificate_seconds": (until - occasion.now).total_seconds() if until else None,
    }


def _never(aspect: str, word: str, *, unmet: Outcome = Outcome.FAIL) -> Rule:
    """An aspect had no outage that was confirmed; shorter failures stand in the rows."""
    return Rule(
        is_good(aspect),
        because=f"never {word} in {{seen}} looks, one every {{every}} s",
        otherwise=f"{word} {{{aspect}}}",
        observed=aspect,
        asked=f"asks_{aspect}",
        unmet=unmet,
    )


PULSE: Suite[PulsedCheck, PulseRow] = Suite(
    kind="pulse",
    columns=_columns,
    fingerprint=lambda row: PulsePast.of(row).text,
    guards={
        "observer": Rule(
            is_good("observer"),
            because="{seen} of {looks} looks saw something",
            otherwise="none of {looks} looks could see anything: {observer}",
            observed="observer",
            unmet=Outcome.ERROR,
        ),
        "clock": Rule(
            at_most("clock_off", "clock_allowed"),
            because="the clock was set by {clock_off} s meanwhile",
            otherwise="the observer's clock was set by {clock_off} s meanwhile, so that no instant can be relied on",
            observed="clock_off",
            expected="clock_allowed",
            unmet=Outcome.ERROR,
        ),
    },
    expectations={
        "up": _never("up", "down"),
        "whole": _never("whole", "broken"),
        "fresh": _never("fresh", "too old", unmet=Outcome.STALE),
        "found": _never("found", "missing", unmet=Outcome.MISSING),
        "content": _never("content", "wrong"),
        "kept": _never("kept", "over its limit"),
        "prompt": _never("prompt", "slow"),
        "gaps": Rule(
            at_most("gap", "report_limit"),
            because="{gap} s at most lie between two reports; {report_limit} s may",
            observed="gap",
            expected="report_limit",
            unmet=Outcome.STALE,
        ),
        **MOVING,
        "certificate": Rule(
            at_least("certificate_seconds", "certificate_for"),
            because="the certificate is good for another {certificate_seconds} s; expected {certificate_for} s",
            observed="certificate_seconds",
            expected="certificate_for",
        ),
        "steady": Rule(
            less_than("flaps", "most_flaps"),
            because="failed {flaps} separate times; {most_flaps} would be flapping",
            otherwise="flapping: it failed {flaps} separate times in one slot",
            observed="flaps",
            expected="most_flaps",
        ),
        "covered": Rule(
            at_least("coverage_shown", "least_coverage"),
            because="{coverage_shown} % of its time was observed, with {longest_gap} s at most unseen",
            otherwise="only {coverage_shown} % of its time was observed; {least_coverage} % can decide",
            observed="coverage_shown",
            expected="least_coverage",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
)
