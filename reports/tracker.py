"""The tracker: where every check and every service stands at an instant, and what changed since the last one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from checks.catalog import Catalog
from checks.evidence.in_force import InForce
from checks.outcome import Outcome
from checks.readiness.facts import Facts
from checks.readiness.standing import Standing
from checks.slots import Cadence, Slot
from reports.outcomes import Tally, outcome_word
from reports.rendering import render

Bundles = Callable[[Slot], str | None]
"""The path from the page to the folder `bag/data` of a slot's bundle, `/` between its parts; `None` for no link."""


class Past(Protocol):
    """What a tracker compares itself with: how every check stood at an earlier instant, in the order of its page."""

    @property
    def as_of(self) -> datetime: ...

    @property
    def outcomes(self) -> Mapping[str, Outcome]: ...


@dataclass(frozen=True, slots=True)
class TrackerRow:
    """A check, or a service, whose row is that of its worst check.

    `check` is the check that decided, `bundle` the path to the folder its reports lie in. An `owner` of `None` is a gap
    the page shows. `was` is what evidence said before it grew too old.
    """

    name: str
    check: str | None
    title: str | None
    service: str | None
    owner: str | None
    outcome: Outcome
    because: str
    cadence: Cadence | None = None
    slot: Slot | None = None
    age: timedelta | None = None
    bundle: str | None = None
    was: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A check whose outcome is another than it was; `None` on the side where there was no such check."""

    name: str
    before: Outcome | None
    after: Outcome | None

    @property
    def is_better(self) -> bool:
        """Whether it passes now and did not before."""
        return self.after is not None and self.after.passes and not (self.before and self.before.passes)


@dataclass(frozen=True, slots=True)
class Tracker:
    """Every row, worst first; `changes` is `None` where there is no earlier tracker to compare with.

    `ending` tells of the waivers that end soon, a sentence each; `in_force` by whose word what is owed is owed.
    """

    system: str
    environment: str
    as_of: datetime
    rows: tuple[TrackerRow, ...]
    services: tuple[TrackerRow, ...]
    since: datetime | None = None
    changes: tuple[Change, ...] | None = None
    ending: tuple[str, ...] = ()
    in_force: InForce = field(default_factory=InForce)

    @property
    def tally(self) -> Tally:
        return Tally.of(row.outcome for row in self.rows)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """What each check comes to, in the order of the rows."""
        return {row.name: row.outcome for row in self.rows}


def tracker(facts: Facts, *, bundles: Bundles, since: Past | None = None, in_force: InForce | None = None) -> Tracker:
    """Where everything in the catalogue stands at the instant of the facts."""
    catalog, as_of = facts.catalog, facts.as_of
    in_order = tuple(
        _check_row(catalog, name, found=facts.standings(name), as_of=as_of, bundles=bundles) for name in catalog.checks
    )
    rows = tuple(sorted(in_order, key=_weight))
    return Tracker(
        system=catalog.system,
        environment=catalog.environment,
        as_of=as_of,
        rows=rows,
        services=_services(catalog, rows),
        since=since.as_of if since else None,
        changes=_changes(since.outcomes, rows) if since else None,
        ending=tuple(words for _, words in facts.waivers.ending()),
        in_force=in_force or InForce(),
    )


def tracker_markdown(tracker: Tracker) -> str:
    """`tracker.md`; its links lead to each bundle's `report.md`."""
    return render("tracker.md.j2", tracker=tracker)


def tracker_html(tracker: Tracker) -> str:
    """`tracker.html`, self-contained; its links lead to each bundle's `report.html`."""
    return render("tracker.html.j2", tracker=tracker)


def _check_row(
    catalog: Catalog, name: str, *, found: tuple[Standing, ...], as_of: datetime, bundles: Bundles
) -> TrackerRow:
    check = catalog.checks[name]
    deciding = found[0]
    alone = len(found) == 1 or deciding.outcome.passes
    return TrackerRow(
        name=name,
        check=name,
        title=check.title,
        service=check.service,
        owner=catalog.owner_of(check),
        outcome=deciding.outcome,
        because=deciding.because if alone else f"{deciding.subject}: {deciding.because}{_others(found)}",
        cadence=check.every,
        slot=deciding.slot,
        age=as_of - deciding.judged_at if deciding.judged_at else None,
        bundle=bundles(deciding.slot) if deciding.slot else None,
        was=deciding.was,
    )


def _others(found: tuple[Standing, ...]) -> str:
    """How many other subjects of the check do not pass either."""
    others = sum(not standing.outcome.passes for standing in found[1:])
    return f" (and {others} more of {len(found)})" if others else ""


def _weight(row: TrackerRow) -> tuple[int, int]:
    return -row.outcome.badness, -(row.was.badness if row.was else 0)


def _services(catalog: Catalog, rows: tuple[TrackerRow, ...]) -> tuple[TrackerRow, ...]:
    """One row for each service, worst first; a service without a check is MISSING."""
    by_service: dict[str, list[TrackerRow]] = {name: [] for name in catalog.services}
    for row in rows:
        if row.service is not None:
            by_service[row.service].append(row)
    found = [_service_row(name, parts, owner=catalog.services[name].owner) for name, parts in by_service.items()]
    return tuple(sorted(found, key=_weight))


def _service_row(name: str, parts: list[TrackerRow], *, owner: str) -> TrackerRow:
    if not parts:
        return TrackerRow(name, None, None, name, owner, Outcome.MISSING, "no check is about it")
    deciding = parts[0]
    failing = [row for row in parts if not row.outcome.passes]
    named = ", ".join(f"{row.name} is {outcome_word(row.outcome)}" for row in failing[:3])
    more = f" and {len(failing) - 3} more" if len(failing) > 3 else ""
    return TrackerRow(
        name=name,
        check=deciding.check,
        title=None,
        service=name,
        owner=owner,
        outcome=deciding.outcome,
        because=f"{len(parts) - len(failing)} of {len(parts)} pass" + (f": {named}{more}" if failing else ""),
        slot=deciding.slot,
        age=deciding.age,
        bundle=deciding.bundle,
        was=deciding.was,
    )


def _changes(old: Mapping[str, Outcome], after: tuple[TrackerRow, ...]) -> tuple[Change, ...]:
    """What is another outcome now, what is new and what is gone; the worst now first."""
    new: Mapping[str, Outcome] = {row.name: row.outcome for row in after}
    changed = [Change(name, old.get(name), outcome) for name, outcome in new.items() if old.get(name) != outcome]
    gone = [Change(name, outcome, None) for name, outcome in old.items() if name not in new]
    return (*changed, *gone)
