"""Which rows meet: by key one to one, many for one, or items without a common key."""

from collections.abc import Mapping

from tasks.comparison.bundles import Bundling
from tasks.comparison.equality import same
from tasks.comparison.kinds import Kind
from tasks.comparison.measures import Measure
from tasks.comparison.pairing import Pairing, Pairs
from tasks.comparison.request import Items, OneToMany
from tasks.comparison.resolve import Task
from tasks.comparison.result import Shown


def pairs_of(task: Task) -> Pairs:
    """How the rows of a task that share a key are paired."""
    pairing = Pairing([same(column) for column in task.values])
    matching = task.request.matching
    if isinstance(matching, OneToMany):
        return Bundling(pairing, matching.many, place=task.names.index(matching.amount), name=matching.amount)
    if isinstance(matching, Items):
        from tasks.comparison.assignment import Assigning  # imports scipy, which nothing else needs

        names = [matching.amount] if matching.time is None else [matching.amount, matching.time]
        return Assigning(pairing, [_measure(task, name) for name in names])
    return pairing


def _measure(task: Task, name: str) -> Measure:
    place = task.names.index(name)
    column = task.values[place]
    return Measure(place, column.rule.tolerance, day=column.kind is Kind.DATE)


def told(task: Task, pairs: Pairs) -> Mapping[str, Shown]:
    """What a reader has to know of how rows were paired; nothing where that was one to one by key."""
    matching = task.request.matching
    if isinstance(matching, OneToMany):
        return {"how": "one to many", "many": matching.many.value, "amount": matching.amount, **pairs.facts()}
    if isinstance(matching, Items):
        return {"how": "items", "amount": matching.amount, "time": matching.time, **pairs.facts()}
    return {}
