"""The service scorecard as a catalogue states it: criteria for every service, levels, owners of service levels."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.models import Model
from checks.readiness.levels import LEVELS, Level
from checks.readiness.requirement import Requirement
from checks.records import Name, Record, Text
from checks.references import AnyReference, Reference, parse_reference

Template = Annotated[str, StringConstraints(min_length=1, max_length=500)]
AnyLevel = Literal["L0", "L1", "L1.5", "L2", "L2.5", "L3", "L0.5"]
MOST_GAPS = 3


class Criterion(Record):
    """One thing that is asked of every service, from one level on.

    `requires` are references in which `{service}` stands for the service's name.
    """

    title: Text
    group: Text
    dimension: Literal["reliability", "performance", "QA", "security", "operations"]
    level: Level
    requires: tuple[Template, ...] = ()


class Extra(Requirement):
    """Something that is asked of one service alone, from one level on."""

    level: Level


class ServiceCard(Record):
    """One row: what shows each criterion for this service, where the criterion's own references do not.

    `evidence` is the one primary link. `gaps` replaces the generated list, the most pressing first.
    """

    title: Text | None = None
    owner: Text | None = None
    target: Level
    claimed: AnyLevel | None = None
    evidence: Reference | None = None
    criteria: dict[Name, Requirement] = Field(default_factory=dict)
    extra: dict[Name, Extra] = Field(default_factory=dict)
    gaps: tuple[Text, ...] = Field(default=(), max_length=MOST_GAPS)


class MatrixRow(Requirement):
    """A service level with what triggers its alert; without an owner it is the default one's, and flagged."""

    slo: Text
    trigger: Text


class ServiceScorecard(Model):
    """Services held to the same criteria. `since` is the first day of those that the page counts.

    `conditions` are what the system as a whole needs for its next level.
    """

    template: Literal["service-scorecard"] = "service-scorecard"
    since: date | None = None
    half: Annotated[float, Field(gt=0, le=1)] = 0.5
    default_owner: Text | None = None
    criteria: dict[Name, Criterion] = Field(min_length=1)
    services: dict[Name, ServiceCard] = Field(min_length=1)
    matrix: dict[Name, MatrixRow] = Field(default_factory=dict)
    conditions: dict[Name, Requirement] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name, service in self.services.items():
            unknown = service.criteria.keys() - self.criteria.keys()
            if unknown:
                raise ValueError(f"services.{name}: there is no criterion {', '.join(sorted(unknown))}")
        top = max(LEVELS.index(one.target) for one in self.services.values())
        top = max(top, *(LEVELS.index(one.level) for one in self.criteria.values()))
        empty = [level for level in LEVELS[: top + 1] if level not in {one.level for one in self.criteria.values()}]
        if empty:
            raise ValueError(f"no criterion is asked for {', '.join(empty)}, so nobody could tell who reaches it")
        for name in self.services:
            for key in self.criteria:
                self.cell(name, key)
        return self

    def cell(self, service: str, criterion: str) -> Requirement:
        """What shows a criterion for a service."""
        asked, own = self.criteria[criterion], self.services[service].criteria.get(criterion)
        if own is not None:
            return own.model_copy(update={"title": own.title or asked.title})
        references = tuple(parse_reference(one.replace("{service}", service)) for one in asked.requires)
        return Requirement(title=asked.title, requires=references)

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        for name, service in self.services.items():
            for key in self.criteria:
                own = key in service.criteria
                path = f"services.{name}.criteria.{key}" if own else f"criteria.{key}"
                yield from self.cell(name, key).references(path)
            for key, extra in service.extra.items():
                yield from extra.references(f"services.{name}.extra.{key}")
            if service.evidence is not None:
                yield f"services.{name}.evidence", service.evidence
        for key, row in self.matrix.items():
            yield from row.references(f"matrix.{key}")
        for key, condition in self.conditions.items():
            yield from condition.references(f"conditions.{key}")

    @property
    def element_names(self) -> Collection[str]:
        cells = [f"{name}/{key}" for name, one in self.services.items() for key in (*self.criteria, *one.extra)]
        matrix = [f"matrix/{name}" for name in self.matrix]
        return (*self.services, *cells, *matrix, *self.conditions, "ownership")
