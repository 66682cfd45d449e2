"""The release gate: every item has to pass, for one version in one environment; nothing averages or is skipped."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from checks.durations import Duration
from checks.models import Model
from checks.outcome import Outcome, worst
from checks.readiness.assessing import Assessor
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Demand, Facts, Release
from checks.readiness.requirement import Element, Requirement
from checks.records import Name, Record, Text
from checks.references import AnyReference
from checks.timespans import age_words


class GateArea(Record):
    """Something that items of a gate belong together under."""

    title: Text
    owner: Text | None = None


class GateItem(Requirement):
    """One item of the checklist. Its evidence has to be about the release, unless it is `about: any-version`."""

    area: Name | None = None
    about: Literal["the-release", "any-version"] = "the-release"


class ReleaseGate(Model):
    """A checklist of which every item is needed. There is no way past it but a waiver, which is on record.

    With `vouched_within`, asking the gate takes no evidence that a witness or a timestamping authority vouched for
    later than that after its slot, or not yet although that time is over.
    """

    template: Literal["release-gate"] = "release-gate"
    vouched_within: Duration | None = None
    areas: dict[Name, GateArea] = Field(default_factory=dict)
    items: dict[Name, GateItem] = Field(min_length=1)

    @model_validator(mode="after")
    def _areas_exist(self) -> Self:
        unknown = [
            f"{name} is in {item.area!r}" for name, item in self.items.items() if item.area not in {None, *self.areas}
        ]
        both = sorted(self.areas.keys() & self.items.keys())
        if unknown:
            raise ValueError(f"there is no such area: {', '.join(unknown)}")
        if both:
            raise ValueError(f"{', '.join(both)} is the name of an item and of an area; parts have names of their own")
        return self

    @property
    def references(self) -> Iterator[tuple[str, AnyReference]]:
        for name, item in self.items.items():
            yield from item.references(f"items.{name}")

    @property
    def element_names(self) -> Collection[str]:
        return (*self.items, *self.areas)


class AreaStanding(Record):
    """An area at an instant: the worst of its items; without any it is MISSING."""

    name: str
    title: str
    owner: str | None
    outcome: Outcome
    because: str
    items: tuple[str, ...]


class GateDecision(Assessment):
    """What the gate says: PASS lets the release through, every other outcome blocks it.

    `chain` leads from the gate to the evidence, for every item that blocks. `proven` is how many of the items were seen
    to block the gate when a failure was put in their place; that is all of them, or the gate itself is ERROR.
    """

    template: Literal["release-gate"] = "release-gate"
    release: str | None
    items: tuple[Element, ...]
    areas: tuple[AreaStanding, ...]
    chain: tuple[str, ...]
    proven: int

    @property
    def is_open(self) -> bool:
        """Whether the release may pass."""
        return self.outcome.passes

    @property
    def counted(self) -> Mapping[str, Element]:
        return {item.name: item for item in self.items}

    @property
    def elements(self) -> Mapping[str, Element]:
        items = dict(self.counted)
        return items | {area.name: _as_element(area, items) for area in self.areas}


def decide(gate: ReleaseGate, assessor: Assessor) -> GateDecision:
    """The decision at an instant. Without a release in the demand it is about the version that ran last."""
    release = assessor.demand.release or Release(running_version(assessor.facts), assessor.facts.catalog.environment)
    items = tuple(_item(name, item, assessor, release) for name, item in gate.items.items())
    areas = tuple(_area(name, gate, items) for name in gate.areas)
    found = _outcome([item.outcome for item in items], [area.outcome for area in areas])
    proven = sum(_blocks(len(items), len(areas), number) for number in range(len(items)))
    outcome = found if proven == len(items) else Outcome.ERROR
    blocking = [item for item in items if not item.outcome.passes]
    heading = assessor.heading(gate)
    return GateDecision(
        **heading,
        outcome=outcome,
        sentence=_sentence(release, items, blocking),
        figure=float(len(items) - len(blocking)),
        figure_words=f"{len(items) - len(blocking)} of {len(items)}",
        release=release.version,
        items=items,
        areas=areas,
        chain=tuple(_link(gate.id, item, assessor.facts) for item in blocking),
        proven=proven,
    )


def running_version(facts: Facts) -> str | None:
    """The version that the newest evidence speaks of; `None` where no evidence says one."""
    told = [(slot.at, context.version) for slot, context in facts.contexts.items() if context.version is not None]
    return max(told)[1] if told else None


def _item(name: str, item: GateItem, assessor: Assessor, release: Release) -> Element:
    bound = Demand(assessor.demand.max_age, release if item.about == "the-release" else None)
    return Assessor(assessor.facts, assessor.before, bound).element(name, item)


def _area(name: str, gate: ReleaseGate, items: Sequence[Element]) -> AreaStanding:
    area = gate.areas[name]
    own = [item for item in items if gate.items[item.name].area == name]
    blocking = [item.name for item in own if not item.outcome.passes]
    because = f"{len(own) - len(blocking)} of {len(own)} items pass" if own else "no item is in it"
    return AreaStanding(
        name=name,
        title=area.title,
        owner=area.owner,
        outcome=worst(item.outcome for item in own),
        because=because + (f"; {', '.join(blocking)} does not" if blocking else ""),
        items=tuple(item.name for item in own),
    )


def _outcome(items: Sequence[Outcome], areas: Sequence[Outcome]) -> Outcome:
    """PASS if every item passes, also where some are waived; else the worst of all."""
    found = worst({*items, *areas})
    return Outcome.PASS if found.passes else found


def _blocks(items: int, areas: int, number: int) -> bool:
    """Whether the gate says no when the item of a number fails and all the others pass.

    Only outcomes are injected: of whole items there would be as many copies as the square of their number.
    """
    injected = [Outcome.PASS] * items
    injected[number] = Outcome.FAIL
    return not _outcome(injected, [Outcome.PASS] * areas).passes


def _sentence(release: Release, items: Sequence[Element], blocking: Sequence[Element]) -> str:
    what = f"{release.version or 'a version that no evidence names'} in {release.environment}"
    if not blocking:
        return f"{what} may pass: all {len(items)} items do."
    named = ", ".join(item.name for item in blocking[:3]) + (" and others" if len(blocking) > 3 else "")
    return f"{what} is blocked: {len(blocking)} of {len(items)} items do not pass ({named})."


def _link(gate: str, item: Element, facts: Facts) -> str:
    """gate → item → evidence → age: why one item says no."""
    deciding = item.deciding
    if deciding is None:
        return f"{gate} ← {item.name} is {item.outcome}: {item.because}"
    age = deciding.age(facts.as_of)
    seen = f"{deciding.slot}, {age_words(age)} old" if deciding.slot and age is not None else "never observed"
    return f"{gate} ← {item.name} ← {deciding.reference} is {deciding.outcome}: {deciding.because} [{seen}]"


def _as_element(area: AreaStanding, items: Mapping[str, Element]) -> Element:
    answers = [answer for name in area.items for answer in items[name].answers]
    return Element(
        name=area.name,
        title=area.title,
        owner=area.owner,
        outcome=area.outcome,
        because=area.because,
        answers=tuple(sorted(answers, key=lambda one: -one.outcome.badness)),
    )
