"""The weighted score as a catalogue states it: categories with weights, items with claims and what shows them."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from checks.models import Model
from checks.readiness.requirement import Requirement
from checks.records import Name, Record, Text
from checks.references import AnyReference, Reference

STATUSES = ("pending", "partial", "done")
"""The words of such documents, the worst first; an item without one counts as pending."""

Percent = Annotated[float, Field(ge=0, le=100)]


class ScoreItem(Requirement):
    """One item: done while all of `requires` pass, partial while all of `halfway` do, else pending.

    Items with the same `topic` are one thing said twice; where their claims differ, all of them take the worse.
    """

    halfway: tuple[Reference, ...] = ()
    topic: Text | None = None

    @field_validator("claimed")
    @classmethod
    def _is_a_status(cls, claimed: str | None) -> str | None:
        if claimed is not None and claimed not in STATUSES:
            raise ValueError(f"{claimed!r} is no status; write done, partial or pending, or leave it out")
        return claimed

    def references(self, path: str) -> Iterator[tuple[str, AnyReference]]:
        yield from super().references(path)
        for number, reference in enumerate(self.halfway):
            yield f"{path}.halfway.{number}", reference


class Category(Record):
    """Items that share one weight evenly."""

    title: Text
    weight: Percent
    owner: Text | None = None
    items: dict[Name, ScoreItem] = Field(min_length=1)


class RoadmapStep(Record):
    """Something planned: the items that it is to finish, each as `category/item`."""

    title: Text
    items: tuple[str, ...] = Field(min_length=1)


class WeightedScore(Model):
    """A score in per cent, beside the one that is claimed. The catalogue fixes what it is out of.

    It passes if it reaches `target` and the claim is within `tolerance` of it. `recommended` is a list of its own,
    which gives no points.
    """

    template: Literal["weighted-score"] = "weighted-score"
    claimed: Percent | None = None
    tolerance: Percent = 2
    target: Percent = 100
    categories: dict[Name, Category] = Field(min_length=1)
    roadmap: dict[Name, RoadmapStep] = Field(default_factory=dict)
    recommended: dict[Name, Requirement] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = sum(category.weight for category in self.categories.values())
        if abs(total - 100) > 1e-9:
            raise ValueError(f"the weights sum to {total:g}; they have to sum to 100")
        known = set(self.item_names)
        unknown = [one for step in self.roadmap.values() for one in step.items if one not in known]
        if unknown:
            raise ValueError(f"the roadmap names what is no item: {', '.join(unknown)}; write category/item")
        return self

    @property
    def item_names(self) -> Iterator[str]:
        """Every item as `category/item`."""
        return (f"{name}/{item}" for name, category in self.categories.items() for item in category.items)

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        for name, category in self.categories.items():
            for key, item in category.items.items():
                yield from item.references(f"categories.{name}.items.{key}")
        for key, requirement in self.recommended.items():
            yield from requirement.references(f"recommended.{key}")

    @property
    def element_names(self) -> Collection[str]:
        return (*self.item_names, *self.categories, *self.recommended)
