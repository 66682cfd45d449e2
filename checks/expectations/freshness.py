"""What is expected of documents: there, dated, young enough, moving, and saying the right thing."""

from collections.abc import Mapping
from itertools import takewhile
from math import ceil

from checks.evidence.records import Scalar, rfc3339
from checks.expectations.conditions import GOOD, at_most, equal, is_good
from checks.expectations.dated import DATED, FOUND, LINK, MOVING, NOT_FROM_THE_FUTURE, document_columns, readable
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.freshness import FreshnessCheck, FreshnessExpectation, FreshnessRow
from checks.outcome import Outcome

_FROZEN_AFTER = 3


def _columns(check: FreshnessCheck, row: FreshnessRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect = check.expect
    dated = row.content_time is not None
    seen = [_fingerprint(row) or "", *occasion.earlier.get((check.id, row.subject), ())]
    frozen_after = expect.frozen_after or max(_FROZEN_AFTER, ceil(expect.max_age / check.every.period) + 1)
    return {
        **document_columns(row, expect, occasion),
        "coverage": min(1.0, expect.max_age / check.every.period) * 100,
        "same_time": _same_time(seen) if dated else None,
        "same_content": _same_content(seen) if dated else None,
        "frozen_after": frozen_after,
        "repeats_after": None if expect.may_repeat else frozen_after,
        "status_expected": " or ".join(expect.status) if expect.status else None,
        "status_as_expected": _one_of(row.status, expect.status),
        "fields": check.wrong_fields(row) or GOOD,
        "fields_expected": _asked_fields(expect),
    }


def _fingerprint(row: FreshnessRow) -> str | None:
    """The document's time and a digest of the rest of it; nothing where it has no time."""
    return f"{rfc3339(row.content_time)} {row.content_digest}" if row.content_time else None


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


FRESHNESS: Suite[FreshnessCheck, FreshnessRow] = Suite(
    kind="freshness",
    columns=_columns,
    fingerprint=_fingerprint,
    guards={"found": FOUND, "readable": readable("a JSON document"), "dated": DATED},
    expectations={
        "not-from-the-future": NOT_FROM_THE_FUTURE,
        "fresh": Rule(
            at_most("age", "max_age"),
            because="{age} s old; it may be {max_age} s, so that one look covers {coverage} % of the slot",
            otherwise="{age} s old; it may be {max_age} s",
            observed="age",
            expected="max_age",
            unmet=Outcome.STALE,
        ),
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
