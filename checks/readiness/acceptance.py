"""Acceptance: every limit of a contract is met, by evidence of one version, all of it fresh."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pydantic import Field

from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.models import Model
from checks.outcome import Outcome, worst
from checks.readiness.assessing import Assessor
from checks.readiness.assessment import Assessment
from checks.readiness.availability_view import availability_views
from checks.readiness.facts import Demand, Release
from checks.readiness.measures import measures_of
from checks.readiness.objective_view import ObjectiveView, objective_views
from checks.readiness.release_gate import running_version
from checks.readiness.requirement import Element, Requirement
from checks.records import Name, Record, Text
from checks.references import AnyReference, CheckReference


class AcceptanceItem(Requirement):
    """One limit. Its evidence has to be about the version, unless it is `about: any-version`."""

    about: Literal["the-version", "any-version"] = "the-version"


class AcceptanceModel(Model):
    """The limits that a system is accepted by, all at one `version`: by default the one that runs."""

    template: Literal["acceptance"] = "acceptance"
    version: Text | None = None
    items: dict[Name, AcceptanceItem] = Field(min_length=1)

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        for name, item in self.items.items():
            yield from item.references(f"items.{name}")

    @property
    def element_names(self) -> Collection[str]:
        return tuple(self.items)


class MeasuredView(Record):
    """A duration that a drill measured, beside its limit."""

    name: str
    measured: str
    limit: str
    met: bool


class ItemView(Record):
    """A limit with what was measured for it, and its objectives: the whole first, then each tenant."""

    element: Element
    measures: tuple[MeasuredView, ...]
    objectives: tuple[ObjectiveView, ...]


class Acceptance(Assessment):
    """PASS means accepted. What an item comes to follows from verdicts alone; its charts only show it."""

    template: Literal["acceptance"] = "acceptance"
    version: str | None
    items: tuple[ItemView, ...]

    @property
    def elements(self) -> Mapping[str, Element]:
        return {item.element.name: item.element for item in self.items}


def accept(model: AcceptanceModel, assessor: Assessor) -> Acceptance:
    """The answer at an instant, about the demanded release, else the model's version, else the one that runs."""
    environment = assessor.facts.catalog.environment
    named = model.version or running_version(assessor.facts)
    release = assessor.demand.release or Release(named, environment)
    items = tuple(_item(name, item, assessor, release) for name, item in model.items.items())
    unmet = [item.element.name for item in items if not item.element.outcome.passes]
    found = worst(item.element.outcome for item in items)
    return Acceptance(
        **assessor.heading(model),
        outcome=Outcome.PASS if found.passes else found,
        sentence=_sentence(release.version, len(items), unmet),
        figure=float(len(items) - len(unmet)),
        figure_words=f"{len(items) - len(unmet)} of {len(items)}",
        version=release.version,
        items=items,
    )


def _item(name: str, item: AcceptanceItem, assessor: Assessor, release: Release) -> ItemView:
    bound = Demand(assessor.demand.max_age, release if item.about == "the-version" else None)
    element = Assessor(assessor.facts, assessor.before, bound).element(name, item)
    checks = list(dict.fromkeys(one.check for one in item.requires if isinstance(one, CheckReference)))
    return ItemView(
        element=element,
        measures=tuple(measure for check in checks for measure in _measures(check, assessor)),
        objectives=tuple(view for check in checks for view in _objectives(check, assessor)),
    )


def _measures(check: str, assessor: Assessor) -> Iterator[MeasuredView]:
    for verdict in assessor.facts.newest.get(check, {}).values():
        for one in measures_of(verdict):
            yield MeasuredView(name=one.name, measured=one.words, limit=one.limit_words, met=one.is_met)


def _objectives(name: str, assessor: Assessor) -> Iterator[ObjectiveView]:
    check = assessor.facts.catalog.checks[name]
    rows, verdicts = assessor.facts.rows.get(name, ()), assessor.facts.newest.get(name, {})
    if isinstance(check, ObjectiveCheck):
        yield from objective_views(check, [row for row in rows if isinstance(row, ObjectiveRow)], verdicts)
    if isinstance(check, AvailabilityCheck):
        yield from availability_views(check, [row for row in rows if isinstance(row, AvailabilityRow)], verdicts)


def _sentence(version: str | None, items: int, unmet: list[str]) -> str:
    what = version or "a version that no evidence names"
    if not unmet:
        return f"{what} is accepted: all {items} limits are met."
    named = ", ".join(unmet[:3]) + (" and others" if len(unmet) > 3 else "")
    return f"{what} is not accepted: {len(unmet)} of {items} limits are not shown to be met ({named})."
