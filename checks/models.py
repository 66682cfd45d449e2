"""Readiness models as a catalogue states them: what evidence adds up to, and on which evidence each part rests."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from pydantic import Field

from checks.records import Name, Record, Text
from checks.references import AnyReference, CheckReference, ModelReference


class Model(Record):
    """One answer that a team wants from its evidence; each template adds the parts that it is made of."""

    id: str = Field(default="", exclude=True, json_schema_extra={"readOnly": True})
    template: str
    title: Text | None = None
    owner: Text | None = None

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        """Every reference it makes, each with the path at which it stands within the model."""
        return iter(())

    @property
    def element_names(self) -> Collection[str]:
        """The names of its parts that other models may rest on."""
        return ()


def contradictions(models: Mapping[Name, Model], checks: Collection[str]) -> Iterator[str]:
    """References to nothing, parts of one name, models that rest on themselves; one line each, with its path."""
    rests_on: dict[str, set[str]] = {name: set() for name in models}
    for name, model in models.items():
        for part, times in Counter(model.element_names).items():
            if times > 1:
                yield f"models.{name}: {times} of its parts are called {part!r}; nobody could tell which is meant"
        for path, reference in model.references:
            where = f"models.{name}.{path}"
            match reference:
                case CheckReference() if reference.check not in checks:
                    yield f"{where}: no check is called {reference.check!r}"
                case ModelReference() if reference.model not in models:
                    yield f"{where}: no model is called {reference.model!r}"
                case ModelReference():
                    rests_on[name].add(reference.model)
                    element = reference.element
                    if element is not None and element not in models[reference.model].element_names:
                        yield f"{where}: model {reference.model!r} has no part called {element!r}"
                case _:
                    pass
    yield from _circles(rests_on)


def _circles(rests_on: Mapping[str, set[str]]) -> Iterator[str]:
    for name in rests_on:
        beneath, pending = set[str](), list(rests_on[name])
        while pending:
            one = pending.pop()
            if one not in beneath:
                beneath.add(one)
                pending += rests_on[one]
        if name in beneath:
            yield f"models.{name}: it rests on itself, by way of {', '.join(sorted(beneath - {name})) or 'itself'}"


def in_order(models: Mapping[Name, Model]) -> list[Model]:
    """The models, each after those that it rests on; a catalogue has no circles of them."""
    ordered: dict[str, Model] = {}

    def place(model: Model) -> None:
        for _, reference in model.references:
            if isinstance(reference, ModelReference) and reference.model not in ordered:
                place(models[reference.model])
        ordered.setdefault(model.id, model)

    for model in models.values():
        place(model)
    return list(ordered.values())
