"""Assessing: every model of a catalogue as of one instant, from facts alone; whoever has the same gets the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.models import Model, in_order
from checks.readiness.assessment import Assessment
from checks.readiness.facts import NOTHING_MORE, Answer, Demand, Facts
from checks.readiness.requirement import Element, Requirement, element
from checks.references import AnyReference, CheckReference


@dataclass(frozen=True, slots=True)
class Assessor:
    """Answers a model's references: to checks from the facts, to models from those that were assessed before it."""

    facts: Facts
    before: Mapping[str, Assessment]
    demand: Demand = NOTHING_MORE

    def answer(self, reference: AnyReference, demand: Demand = NOTHING_MORE) -> Answer:
        """What a reference comes to. What a model came to is as of the same instant, and about what it was asked."""
        if isinstance(reference, CheckReference):
            return self.facts.answer(reference, demand)
        return self.before[reference.model].answer(reference)

    def element(self, name: str, requirement: Requirement, *, owner: str | None = None) -> Element:
        """What one requirement of the model comes to; its own owner counts before the one given."""
        return element(name, requirement, self.answer, owner=owner, demand=self.demand)

    def heading(self, model: Model) -> dict[str, Any]:
        """The fields with which every assessment begins."""
        catalog = self.facts.catalog
        return {
            "model": model.id,
            "template": model.template,
            "title": model.title or f"{catalog.system}: {model.template.replace('-', ' ')}",
            "system": catalog.system,
            "environment": catalog.environment,
            "as_of": self.facts.as_of,
        }


Assess = Callable[[Any, Assessor], Assessment]
"""A template's function: its model and an assessor in, its assessment out."""


def assess_all(
    facts: Facts, templates: Mapping[str, Assess], *, demand: Demand = NOTHING_MORE
) -> dict[str, Assessment]:
    """Every model of the catalogue, in its order; each template's function by the template's name."""
    found: dict[str, Assessment] = {}
    for model in in_order(facts.catalog.models):
        found[model.id] = templates[model.template](model, Assessor(facts, found, demand))
    return {name: found[name] for name in facts.catalog.models}
