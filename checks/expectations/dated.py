"""What every suite of dated documents begins with: found, readable, dated, young enough, and of the candidate."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from great_expectations.expectations import ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, equal, is_good, less_than
from checks.expectations.suite import Occasion, Rule
from checks.kinds.dated import (
    AgeExpectation,
    Candidate,
    DatedCheck,
    DocumentRow,
    VersionedCheck,
    VersionedRow,
    VersionPlace,
)
from checks.outcome import Outcome, Severity

_DATED_BY = {"content": "it says so itself", "file": "so says its file, whose time copying may change"}

_NAMED = 10
_CLOCKS_DIFFER_BY = 60


def found_columns(row: DocumentRow) -> dict[str, Scalar]:
    """What the rules read of a document that was looked for."""
    return {
        "document": row.missing or GOOD,
        "content": row.unreadable or GOOD,
        "newest": row.where if row.linked else None,
    }


def document_columns(row: DocumentRow, expect: AgeExpectation, occasion: Occasion) -> dict[str, Scalar]:
    """What they read of one that says when it was made."""
    age = (occasion.now - row.content_time).total_seconds() if row.content_time else None
    return {
        **found_columns(row),
        "dating": row.undated or "says nothing",
        "age": age,
        "ahead": max(0.0, -age) if age is not None else None,
        "earliest_age": -expect.future.total_seconds(),
        "future": expect.future.total_seconds(),
        "max_age": expect.max_age.total_seconds(),
    }


def written_columns(written: datetime | None, max_age: timedelta | None, occasion: Occasion) -> dict[str, Scalar]:
    """What the rules of a file's own time read, for forms that do not say when they were made."""
    age = (occasion.now - written).total_seconds() if written else None
    return {
        "written_age": age,
        "written_within": max_age.total_seconds() if max_age else None,
        "written_earliest": -_CLOCKS_DIFFER_BY if max_age else None,
    }


def dating_columns(check: DatedCheck) -> dict[str, Scalar]:
    """How documents came to their date."""
    return {"dated_by": _DATED_BY[check.dated_by]}


def version_columns(check: VersionedCheck, row: VersionedRow) -> dict[str, Scalar]:
    """What the version's rules read: who says what the candidate is."""
    return candidate_columns(check.candidate, row.candidate_missing)


def candidate_columns(asked: Candidate | None, missing: str | None) -> dict[str, Scalar]:
    """Who says what the candidate is, and why nobody does."""
    place = f"{asked.at} {asked.field}" if isinstance(asked, VersionPlace) else asked
    return {"candidate_from": place, "candidate_trouble": missing}


def named(troubles: Iterable[str]) -> str:
    """The first of several troubles, and how many more there are."""
    found = list(troubles)
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return "; ".join(found[:_NAMED]) + more


FOUND = Rule(
    is_good("document"),
    because="{where} was read",
    otherwise="{where}: {document}",
    observed="document",
    unmet=Outcome.MISSING,
)
DATED = Rule(
    ExpectColumnValuesToNotBeNull(column="content_time"),
    because="{where} was made at {content_time}",
    otherwise="{where} {dating}",
    observed="content_time",
    unmet=Outcome.MISSING,
)
DATED_BY_CHOICE = Rule(
    ExpectColumnValuesToNotBeNull(column="content_time"),
    because="{where} was made at {content_time}: {dated_by}",
    otherwise="{where} {dating}",
    observed="content_time",
    unmet=Outcome.MISSING,
)
NOT_FROM_THE_FUTURE = Rule(
    at_least("age", "earliest_age"),
    because="dated {content_time}, which is not in the future",
    otherwise="dated {ahead} s in the future; clocks may differ by {future} s",
    observed="age",
    expected="earliest_age",
    unmet=Outcome.STALE,
)
FRESH = Rule(
    at_most("age", "max_age"),
    because="{age} s old; it may be {max_age} s",
    observed="age",
    expected="max_age",
    unmet=Outcome.STALE,
)
LINK = Rule(
    equal("linked", "newest"),
    because="{linked} is the newest of its kind",
    otherwise="the catalogue names {linked}, and {newest} is newer; put * in the place of its date",
    observed="linked",
    expected="newest",
    severity=Severity.WARNING,
)
MOVING: Mapping[str, Rule] = {
    "moving": Rule(
        less_than("same_time", "frozen_after"),
        because="its timestamp is the same for {same_time} slots; {frozen_after} would mean that it is frozen",
        otherwise="frozen: its timestamp is the same for {same_time} slots",
        observed="same_time",
        expected="frozen_after",
        unmet=Outcome.STALE,
    ),
    "changing": Rule(
        less_than("same_content", "repeats_after"),
        because="{same_content} timestamps carry its content; {repeats_after} would mean that it is frozen",
        otherwise="frozen: its timestamp moved {same_content} times over the very same content",
        observed="same_content",
        expected="repeats_after",
        unmet=Outcome.STALE,
    ),
}
AGE: Mapping[str, Rule] = {"not-from-the-future": NOT_FROM_THE_FUTURE, "fresh": FRESH}
WRITTEN: Mapping[str, Rule] = {
    "not-from-the-future": Rule(
        at_least("written_age", "written_earliest"),
        because="{where} was written at {file_time}, which is not in the future",
        otherwise="{where} was written at {file_time}, which is in the future",
        observed="written_age",
        expected="written_earliest",
        unmet=Outcome.STALE,
    ),
    "fresh": Rule(
        at_most("written_age", "written_within"),
        because="{where} was written {written_age} s ago; it may be {written_within} s",
        observed="written_age",
        expected="written_within",
        unmet=Outcome.STALE,
    ),
}
VERSION: Mapping[str, Rule] = {
    "candidate": Rule(
        ExpectColumnValuesToNotBeNull(column="candidate"),
        because="the candidate is {candidate}",
        otherwise="nobody knows what the candidate is: {candidate_from} {candidate_trouble}",
        observed="candidate",
        asked="candidate_from",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "version": Rule(
        equal("version", "candidate"),
        because="it is of version {version}",
        otherwise="it is of version {version}, and the candidate is {candidate}",
        observed="version",
        expected="candidate",
        unmet=Outcome.STALE,
    ),
}


def readable(form: str) -> Rule:
    """A document is of the form that its kind reads, such as `a JSON document`."""
    return Rule(
        is_good("content"),
        because=f"{{where}} holds {form}",
        otherwise="{where} {content}",
        observed="content",
        unmet=Outcome.MISSING,
    )
