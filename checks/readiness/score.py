"""What a weighted score comes to: earned by evidence, beside what was claimed; exact until it is shown."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from checks.outcome import Outcome, worst
from checks.readiness.assessing import Assessor
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Answer
from checks.readiness.requirement import Element
from checks.readiness.weighted_score import STATUSES, Category, ScoreItem, WeightedScore
from checks.records import Record

_SHARES = {"pending": Fraction(0), "partial": Fraction(1, 2), "done": Fraction(1)}
_DECIDED = frozenset({Outcome.PASS, Outcome.WARN, Outcome.FAIL})


class ItemScore(Record):
    """One item: what was claimed, what evidence earned, and per cent of the whole score that it is worth and brings.

    `contradiction` names the items that say otherwise of the same topic.
    """

    part: Element
    claimed: str | None
    earned: str
    worth: float
    points: float
    contradiction: tuple[str, ...] = ()


class CategoryScore(Record):
    """One category; `points` and `claimed_points` are of its `weight`."""

    name: str
    title: str
    owner: str | None
    weight: float
    points: float
    claimed_points: float
    items: tuple[ItemScore, ...]


class StepScore(Record):
    """A step of the roadmap: how many of its items are done, and the points that are still to be had."""

    name: str
    title: str
    items: tuple[str, ...]
    done: int
    points_left: float
    already_claimed: bool


class Score(Assessment):
    """The score. `claimed` is the headline, `claimed_by_items` what the items' own words would add up to."""

    template: Literal["weighted-score"] = "weighted-score"
    computed: float
    claimed: float | None
    claimed_by_items: float
    target: float
    tolerance: float
    measured: int
    total: int
    categories: tuple[CategoryScore, ...]
    roadmap: tuple[StepScore, ...]
    recommended: tuple[Element, ...]
    contradictions: tuple[str, ...]

    @property
    def measured_percent(self) -> int:
        """The share of items that admissible evidence decided, cut to whole per cent."""
        return 100 * self.measured // self.total

    @property
    def counted(self) -> Mapping[str, Element]:
        return {one.part.name: one.part for category in self.categories for one in category.items}

    @property
    def elements(self) -> Mapping[str, Element]:
        summed = {category.name: _category_element(category) for category in self.categories}
        return {**self.counted, **summed, **{one.name: one for one in self.recommended}}

    @property
    def part_words(self) -> Mapping[str, str]:
        return {one.part.name: one.earned for category in self.categories for one in category.items}


@dataclass(frozen=True, slots=True)
class _Rated:
    """One item before anything is rounded; `others` say otherwise of the same topic, and the worse word counts."""

    part: Element
    claimed: str | None
    claim: str
    earned: str
    others: tuple[str, ...]


def score(model: WeightedScore, assessor: Assessor) -> Score:
    """The score at an instant. Points are earned by PASS alone; whatever is not known stays in what it is out of."""
    rated = {name: _rated(name, category, assessor) for name, category in model.categories.items()}
    computed = _cut(sum(_points(model.categories[name], [one.earned for one in own]) for name, own in rated.items()))
    by_items = _cut(sum(_points(model.categories[name], [one.claim for one in own]) for name, own in rated.items()))
    categories = tuple(_category(name, model.categories[name], own) for name, own in rated.items())
    items = {one.part.name: one for category in categories for one in category.items}
    measured = sum(one.part.outcome in _DECIDED for one in items.values())
    return Score(
        **assessor.heading(model),
        outcome=_outcome(model, computed, measured),
        sentence=_sentence(model, computed, measured, len(items)),
        figure=computed,
        figure_words=f"{computed:g} %",
        computed=computed,
        claimed=model.claimed,
        claimed_by_items=by_items,
        target=model.target,
        tolerance=model.tolerance,
        measured=measured,
        total=len(items),
        categories=categories,
        roadmap=tuple(_step(name, model, items) for name in model.roadmap),
        recommended=tuple(assessor.element(name, one, owner=model.owner) for name, one in model.recommended.items()),
        contradictions=tuple(_contradiction(one) for one in items.values() if one.contradiction),
    )


def _rated(name: str, category: Category, assessor: Assessor) -> list[_Rated]:
    parts = {key: assessor.element(f"{name}/{key}", item, owner=category.owner) for key, item in category.items.items()}
    halves = {
        key: [assessor.answer(reference, assessor.demand) for reference in item.halfway]
        for key, item in category.items.items()
    }
    earned = {key: _earned(parts[key], halves[key]) for key in parts}
    parts = {key: _with_half(part, halves[key]) if earned[key] == "partial" else part for key, part in parts.items()}
    claims = {key: item.claimed or STATUSES[0] for key, item in category.items.items()}
    against = dict(_against(category.items, claims))
    return [
        _Rated(
            part=part,
            claimed=category.items[key].claimed,
            claim=_worst_word([claims[key], *(claims[other] for other in against.get(key, ()))]),
            earned=_worst_word([earned[key], *(earned[other] for other in against.get(key, ()))]),
            others=tuple(f"{name}/{other}" for other in against.get(key, ())),
        )
        for key, part in parts.items()
    ]


def _earned(part: Element, half: Sequence[Answer]) -> str:
    """Done only by PASS: a waiver lets a gate pass, and earns nothing."""
    if part.outcome is Outcome.PASS:
        return "done"
    return "partial" if half and worst(one.outcome for one in half) is Outcome.PASS else "pending"


def _with_half(part: Element, half: Sequence[Answer]) -> Element:
    """A part of which half is shown: by what, and what the other half lacks."""
    return part.model_copy(
        update={"because": f"half of it is shown: {half[0].because}; {part.because}", "answers": (*part.answers, *half)}
    )


def _against(items: Mapping[str, ScoreItem], claims: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each item with the others of its topic, where not all of them claim the same."""
    topics: dict[str, list[str]] = defaultdict(list)
    for key, item in items.items():
        if item.topic is not None:
            topics[item.topic.casefold()].append(key)
    for together in topics.values():
        if len({claims[key] for key in together}) > 1:
            yield from ((key, tuple(other for other in together if other != key)) for key in together)


def _worst_word(words: Sequence[str]) -> str:
    return min(words, key=STATUSES.index)


def _points(category: Category, words: Sequence[str]) -> Fraction:
    """Per cent of the whole score that items of a category bring by their words."""
    return Fraction(category.weight) * sum((_SHARES[word] for word in words), Fraction(0)) / len(words)


def _cut(points: Fraction | int, places: int = 1) -> float:
    """Cut and never rounded up: 99.96 is not 100."""
    scale = 10**places
    return float(Fraction(int(points * scale), scale))


def _category(name: str, category: Category, rated: Sequence[_Rated]) -> CategoryScore:
    worth = Fraction(category.weight) / len(rated)
    items = tuple(
        ItemScore(
            part=one.part,
            claimed=one.claimed,
            earned=one.earned,
            worth=_cut(worth, 2),
            points=_cut(worth * _SHARES[one.earned], 2),
            contradiction=one.others,
        )
        for one in rated
    )
    return CategoryScore(
        name=name,
        title=category.title,
        owner=category.owner,
        weight=category.weight,
        points=_cut(_points(category, [one.earned for one in rated])),
        claimed_points=_cut(_points(category, [one.claim for one in rated])),
        items=items,
    )


def _outcome(model: WeightedScore, computed: float, measured: int) -> Outcome:
    if not measured:
        return Outcome.MISSING
    honest = model.claimed is None or abs(model.claimed - computed) <= model.tolerance
    return Outcome.PASS if honest and computed >= model.target else Outcome.FAIL


def _sentence(model: WeightedScore, computed: float, measured: int, total: int) -> str:
    shown = f"{computed:g} % is shown by evidence ({measured} of {total} items measured)"
    if model.claimed is None:
        return f"{shown}; nothing is claimed."
    over = model.claimed - computed
    if abs(over) <= model.tolerance:
        return f"{shown}; the {model.claimed:g} % that are claimed are within {model.tolerance:g} of that."
    return f"{shown}; {model.claimed:g} % are claimed, {abs(over):.3g} too {'many' if over > 0 else 'few'}."


def _step(name: str, model: WeightedScore, items: Mapping[str, ItemScore]) -> StepScore:
    step = model.roadmap[name]
    own = [items[item] for item in step.items]
    return StepScore(
        name=name,
        title=step.title,
        items=step.items,
        done=sum(one.earned == "done" for one in own),
        points_left=_cut(sum((Fraction(one.worth) - Fraction(one.points) for one in own), Fraction(0))),
        already_claimed=all(one.claimed == "done" for one in own),
    )


def _contradiction(one: ItemScore) -> str:
    return f"{one.part.name} is claimed {one.claimed or 'not at all'}; {', '.join(one.contradiction)} says otherwise"


def _category_element(category: CategoryScore) -> Element:
    done = sum(one.earned == "done" for one in category.items)
    answers = [answer for one in category.items for answer in one.part.answers]
    return Element(
        name=category.name,
        title=category.title,
        owner=category.owner,
        outcome=worst(one.part.outcome for one in category.items),
        because=f"{done} of {len(category.items)} items are done",
        answers=tuple(sorted(answers, key=lambda one: -one.outcome.badness)),
    )
