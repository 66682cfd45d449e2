"""A check as monitoring sees it: what it comes to now, whose it is, and how old what it rests on is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from checks.catalog import Catalog
from checks.outcome import Outcome, Severity, worst
from checks.readiness.facts import Facts
from checks.readiness.standing import UNOBSERVED, Standing, standings
from checks.slots import Cadence


@dataclass(frozen=True, slots=True)
class WatchedCheck:
    """A check at an instant.

    `age` is how long ago the subject was looked at that was looked at first; `None` if any of them has no evidence in
    its newest slot. It is `fresh` while every subject's newest slot has evidence and is still good for now, whatever
    that evidence says.
    """

    name: str
    cadence: Cadence
    severity: Severity
    owner: str | None
    service: str | None
    outcome: Outcome
    age: timedelta | None = None
    fresh: bool = False


def watched_checks(facts: Facts) -> tuple[WatchedCheck, ...]:
    """Every check of the catalogue, in its order."""
    return tuple(_watched(facts, name) for name in facts.catalog.checks)


def unknown_checks(catalog: Catalog) -> tuple[WatchedCheck, ...]:
    """Every check of a catalogue where nobody can tell how it stands: the observer is broken, and so each is ERROR."""
    return tuple(_check(catalog, name, Outcome.ERROR) for name in catalog.checks)


def _watched(facts: Facts, name: str) -> WatchedCheck:
    found = standings(facts.catalog.checks[name], facts.newest.get(name, {}), as_of=facts.as_of)
    outcome = worst(facts.waivers.applied(name, one).outcome for one in found)
    return _check(facts.catalog, name, outcome, age=_age(found, facts), fresh=bool(found) and all(map(_fresh, found)))


def _check(
    catalog: Catalog, name: str, outcome: Outcome, *, age: timedelta | None = None, fresh: bool = False
) -> WatchedCheck:
    check = catalog.checks[name]
    return WatchedCheck(name, check.every, check.severity, catalog.owner_of(check), check.service, outcome, age, fresh)


def _age(found: Sequence[Standing], facts: Facts) -> timedelta | None:
    ages = [None if _said(one) in UNOBSERVED or one.judged_at is None else facts.as_of - one.judged_at for one in found]
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None


def _fresh(standing: Standing) -> bool:
    return standing.slot is not None and standing.was is None and standing.outcome not in UNOBSERVED


def _said(standing: Standing) -> Outcome:
    """What the newest slot said, before it grew too old."""
    return standing.was or standing.outcome
