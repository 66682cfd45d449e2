"""The use-case register as a catalogue states it: rows, the evidence that each needs, and what documents claim."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.durations import Duration, parse_duration
from checks.models import Model
from checks.readiness.requirement import Requirement
from checks.records import Name, Record, Text
from checks.references import AnyReference, Reference, parse_reference

Status = Literal["NOT_STARTED", "IN_PROGRESS", "BLOCKED", "READY_FOR_GO_LIVE"]
Template = Annotated[str, StringConstraints(min_length=1, max_length=500)]

LEGAL: Mapping[str, frozenset[Status]] = {
    "NOT_STARTED": frozenset({"IN_PROGRESS", "BLOCKED"}),
    "IN_PROGRESS": frozenset({"BLOCKED", "READY_FOR_GO_LIVE"}),
    "BLOCKED": frozenset({"IN_PROGRESS", "READY_FOR_GO_LIVE"}),
    "READY_FOR_GO_LIVE": frozenset({"IN_PROGRESS", "BLOCKED"}),
}
"""Where a status may go: nothing is ready that was never in progress, and what was begun is not un-begun."""


class NeededEvidence(Record):
    """One column: evidence that every use case needs. In `requires`, `{use_case}` stands for the use case's code."""

    title: Text
    requires: tuple[Template, ...] = ()


class UseCase(Record):
    """One row. `architecture` is shown as it is and gives nothing; `claimed` is what a document says.

    `validation` is what this use case needs beside the columns. `blocked` is a person's reason to hold it back.
    """

    code: Text | None = None
    owner: Text | None = None
    architecture: Text | None = None
    claimed: Status | None = None
    updated: date | None = None
    notes: Text | None = None
    blocked: Text | None = None
    validation: Requirement | None = None
    evidence: dict[Name, Requirement] = Field(default_factory=dict)


class UseCaseRegister(Model):
    """Use cases, each ready only with every piece of evidence, an owner, and a review.

    `review` has references, `{use_case}` among them, that show that somebody else looked at the evidence; without any
    the evidence's own kind has to ask for that. `beside` is listed and changes no status.
    """

    template: Literal["use-case-register"] = "use-case-register"
    evidence: dict[Name, NeededEvidence] = Field(min_length=1)
    use_cases: dict[Name, UseCase] = Field(min_length=1)
    review: tuple[Template, ...] = ()
    stale_after: Duration = parse_duration("30d")
    beside: dict[Name, Requirement] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        codes = [self.code(name) for name in self.use_cases]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once; a use case has one row")
        for name, use_case in self.use_cases.items():
            unknown = use_case.evidence.keys() - self.evidence.keys()
            if unknown:
                raise ValueError(f"use_cases.{name}: there is no evidence called {', '.join(sorted(unknown))}")
            if use_case.claimed == "BLOCKED" and use_case.blocked is None:
                raise ValueError(f"use_cases.{name}: it is claimed BLOCKED and does not say why; write blocked")
            for key in self.evidence:
                self.cell(name, key)
        return self

    def code(self, name: str) -> str:
        """What a use case is called in evidence: `UC-001` for `uc-001`."""
        return self.use_cases[name].code or name.upper()

    def cell(self, name: str, key: str) -> Requirement:
        """What a use case needs in one column."""
        own = self.use_cases[name].evidence.get(key)
        if own is not None:
            return own.model_copy(update={"title": own.title or self.evidence[key].title})
        return Requirement(title=self.evidence[key].title, requires=self._about(name, self.evidence[key].requires))

    def reviewed(self, name: str) -> Requirement | None:
        """What shows that a use case was reviewed, where the register asks for that."""
        return Requirement(title="Reviewed", requires=self._about(name, self.review)) if self.review else None

    def _about(self, name: str, templates: tuple[str, ...]) -> tuple[Reference, ...]:
        return tuple(parse_reference(one.replace("{use_case}", self.code(name))) for one in templates)

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        for name, use_case in self.use_cases.items():
            for key in self.evidence:
                own = key in use_case.evidence
                path = f"use_cases.{name}.evidence.{key}" if own else f"evidence.{key}"
                yield from self.cell(name, key).references(path)
            if use_case.validation is not None:
                yield from use_case.validation.references(f"use_cases.{name}.validation")
            if (reviewed := self.reviewed(name)) is not None:
                yield from reviewed.references("review")
        for key, requirement in self.beside.items():
            yield from requirement.references(f"beside.{key}")

    @property
    def element_names(self) -> Collection[str]:
        columns = (*self.evidence, "validation", "review")
        return (*self.use_cases, *(f"{name}/{key}" for name in self.use_cases for key in columns), *self.beside)
