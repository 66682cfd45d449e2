"""Requirements: one line of a readiness model, the evidence it rests on, and what that comes to."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from pydantic import Field

from checks.durations import Duration
from checks.outcome import Outcome, worst
from checks.readiness.facts import Answer, Demand
from checks.records import Record, Text
from checks.references import AnyReference, Reference

Answering = Callable[[AnyReference, Demand], Answer]
"""Looks a reference up in the facts, or in the models that were assessed before."""


class Declared(Record):
    """A person's word that a requirement does not apply here."""

    reason: Text
    approved_by: Text


class Requirement(Record):
    """What has to be shown, and by which evidence: all of `requires` has to pass.

    `claimed` is what a document or a person says of it; it is shown and never counts. `max_age` is how old the evidence
    may be where its check's own cadence would let it be older. `source` says where it comes from, such as a line of a
    team's own document.
    """

    title: Text | None = None
    owner: Text | None = None
    requires: tuple[Reference, ...] = ()
    max_age: Duration | None = None
    claimed: Text | None = None
    not_applicable: Declared | None = None
    source: Text | None = None

    def references(self, path: str) -> Iterator[tuple[str, AnyReference]]:
        """Every reference with the path at which it stands."""
        for number, reference in enumerate(self.requires):
            yield f"{path}.requires.{number}", reference


class Element(Record):
    """One requirement at an instant; `answers` has what it rests on, the worst first: why it is what it is."""

    name: str
    title: str | None = None
    owner: str | None = None
    outcome: Outcome
    because: str
    claimed: str | None = None
    answers: tuple[Answer, ...] = Field(default=())

    @property
    def deciding(self) -> Answer | None:
        """The evidence that it comes down to; `None` where it rests on nothing."""
        return self.answers[0] if self.answers else None


def element(name: str, requirement: Requirement, answering: Answering, *, owner: str | None, demand: Demand) -> Element:
    """What a requirement comes to. Without any evidence named it is CLAIMED if somebody says so, else MISSING."""
    limits = [age for age in (requirement.max_age, demand.max_age) if age is not None]
    demand = Demand(_least(limits), demand.release)
    found = [answering(reference, demand) for reference in requirement.requires]
    answers = tuple(sorted(found, key=lambda one: -one.outcome.badness))
    outcome, because = _outcome(requirement, answers)
    return Element(
        name=name,
        title=requirement.title,
        owner=requirement.owner or owner,
        outcome=outcome,
        because=because,
        claimed=requirement.claimed,
        answers=answers,
    )


def _least(ages: list[timedelta]) -> timedelta | None:
    return min(ages, default=None)


def _outcome(requirement: Requirement, answers: tuple[Answer, ...]) -> tuple[Outcome, str]:
    declared = requirement.not_applicable
    if declared is not None:
        return Outcome.NOT_APPLICABLE, f"declared by {declared.approved_by}: {declared.reason}"
    if not answers:
        if requirement.claimed is not None:
            return Outcome.CLAIMED, f"said to be {requirement.claimed!r}; no evidence is named for it"
        return Outcome.MISSING, "no evidence is named for it"
    outcome = worst(one.outcome for one in answers)
    if len(answers) == 1:
        return outcome, answers[0].because
    if outcome is Outcome.PASS:
        return outcome, f"all {len(answers)} pieces of evidence pass"
    others = sum(not one.outcome.passes for one in answers[1:])
    more = f" (and {others} more of {len(answers)})" if others else ""
    return outcome, f"{answers[0].reference}: {answers[0].because}{more}"
