"""What is expected of documents: there, dated, young enough, moving, and saying the right thing."""

from collections.abc import Mapping
from itertools import takewhile
from math import ceil

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar, rfc3339
from checks.expectations.conditions import GOOD, at_least, at_most, equal, is_good, is_true
from checks.expectations.dated import DATED, FOUND, FRESH, LINK, MOVING, NOT_FROM_THE_FUTURE, document_columns, readable
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.freshness import FreshnessCheck, FreshnessExpectation, FreshnessRow
from checks.outcome import Outcome

_FROZEN_AFTER = 3
_ASKED = (
    *("coverage", "whole_slot", "every", "same_time", "same_content", "frozen_after", "repeats_after"),
    *("status_expected", "status_as_expected", "fields", "fields_expected", "asks_history", "gap_limit", "reaches"),
)


def _columns(check: FreshnessCheck, row: FreshnessRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; a row's part fills its own, and what is null there is not asked of it."""
    own = _of_document(check, row, occasion) if row.part == "document" else _of_history(check, row)
    return {**dict.fromkeys(_ASKED), **document_columns(row, check.expect, occasion), **own}


def _of_document(check: FreshnessCheck, row: FreshnessRow, occasion: Occasion) -> dict[str, Scalar]:
    expect = check.expect
    dated = row.content_time is not None
    seen = [_fingerprint(row) or "", *occasion.earlier.get((check.id, row.subject), ())]
    frozen_after = expect.frozen_after or max(_FROZEN_AFTER, ceil(expect.max_age / check.every.period) + 1)
    return {
        "coverage": check.shown * 100,
        "whole_slot": 100.0,
        "every": str(check.every),
        "same_time": _same_time(seen) if dated else None,
        "same_content": _same_content(seen) if dated else None,
        "frozen_after": frozen_after,
        "repeats_after": None if expect.may_repeat else frozen_after,
        "status_expected": " or ".join(expect.status) if expect.status else None,
        "status_as_expected": _one_of(row.status, expect.status),
        "fields": check.wrong_fields(row) or GOOD,
        "fields_expected": _asked_fields(expect),
    }


def _of_history(check: FreshnessCheck, row: FreshnessRow) -> dict[str, Scalar]:
    return {
        "asks_history": True,
        "gap_limit": check.expect.max_age.total_seconds(),
        "reaches": row.earliest <= row.since if row.earliest and row.since else None,
    }


def _fingerprint(row: FreshnessRow) -> str | None:
    """The document's time and a digest of the rest of it; nothing where it has no time."""
    is_document = row.part == "document" and row.content_time is not None
    return f"{rfc3339(row.content_time)} {row.content_digest}" if is_document and row.content_time else None


def _same_time(seen: list[str]) -> int:
    """For how many slots, this one included, the timestamp has stood where it stands."""
    times = [each.partition(" ")[0] for each in seen]
    return len(list(takewhile(lambda time: time == times[0], times)))


def _same_content(seen: list[str]) -> int:
    """How many different timestamps in a row carried the same content."""
    split = [each.partition(" ") for each in seen]
    same = takewhile(lambda each: each[2] == split[0][2], split)
    return len({time for time, _, _ in same})


def _one_of(said: str | None, expected: tuple[str, ...] | None) -> str | None:
    if not expected:
        return None
    return said if said in expected else expected[0]


def _asked_fields(expect: FreshnessExpectation) -> str | None:
    asked = [f"{path} = {value}" for path, value in expect.equals.items()]
    return ", ".join([*asked, *(f"{path} ≤ {limit:g}" for path, limit in expect.max.items())]) or None


HISTORY: Mapping[str, Rule] = {
    "all-dated": Rule(
        ExpectColumnValuesToBeInSet(column="nameless", value_set=[0]),
        because="each of its reports says when it was made",
        otherwise="{nameless} reports of this slot have no date: {nameless_cause}",
        observed="nameless",
        asked="asks_history",
        unmet=Outcome.MISSING,
    ),
    "several": Rule(
        ExpectColumnValuesToBeBetween(column="reports", min_value=2),
        because="{reports} reports show what lies between them",
        otherwise="a single report shows nothing of what lies between two",
        observed="reports",
        asked="asks_history",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "reaches-back": Rule(
        is_true("reaches"),
        because="they reach back to {earliest}, and the slot to {since}",
        otherwise="they reach back to {earliest} only, and the slot to {since}: nobody knows what was before",
        observed="reaches",
        asked="asks_history",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "gaps": Rule(
        at_most("gap", "gap_limit"),
        because="at most {gap} s lie between two reports, from {gap_from} on; {gap_limit} s may",
        observed="gap",
        expected="gap_limit",
        unmet=Outcome.STALE,
        needs=("several",),
    ),
}

FRESHNESS: Suite[FreshnessCheck, FreshnessRow] = Suite(
    kind="freshness",
    columns=_columns,
    fingerprint=_fingerprint,
    guards={"found": FOUND, "readable": readable("a JSON document"), "dated": DATED},
    expectations={
        "not-from-the-future": NOT_FROM_THE_FUTURE,
        "fresh": FRESH,
        "covered": Rule(
            at_least("coverage", "whole_slot"),
            because="it may be so old that one look speaks for the whole slot, or every report of the slot was dated",
            otherwise="one {every} look speaks for {coverage} % of its slot; use a pulse, or name its history",
            observed="coverage",
            expected="whole_slot",
            unmet=Outcome.INCONCLUSIVE,
        ),
        **HISTORY,
        **MOVING,
        "status": Rule(
            equal("status", "status_as_expected"),
            because="its status is {status!r}; expected {status_expected}",
            observed="status",
            expected="status_expected",
        ),
        "fields": Rule(
            is_good("fields"),
            because="{fields_expected}",
            otherwise="{fields}",
            observed="fields",
            expected="fields_expected",
        ),
        "link": LINK,
    },
)
