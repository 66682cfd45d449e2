"""What a service scorecard comes to: each service's level, its gaps, what blocks the next level, and who owns what."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from statistics import median
from typing import Literal

from checks.outcome import Outcome, worst
from checks.readiness.assessing import Assessor
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Answer
from checks.readiness.levels import Level, level_number, level_word, next_level, reached
from checks.readiness.requirement import Element
from checks.readiness.service_scorecard import MOST_GAPS, ServiceScorecard
from checks.records import Record

UNASSIGNED = frozenset({"tbd", "nobody", "none", "unknown"})
"""What people write where there is no owner."""


class Cell(Record):
    """One criterion for one service."""

    criterion: str
    level: Level
    dimension: str | None
    part: Element


class Dimension(Record):
    """How many of a service's criteria in one dimension pass."""

    name: str
    passing: int
    total: int


class ServiceRow(Record):
    """One service. `gaps` are at most three, ranked; `gaps_edited` if a person wrote them.

    `evidence` is the one primary link; `blocking` what keeps it from the next level.
    """

    part: Element
    level: str
    target: str
    claimed: str | None
    gaps: tuple[str, ...]
    gaps_edited: bool
    evidence: Answer | None
    blocking: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    cells: tuple[Cell, ...]


class OwnedLevel(Record):
    """A service level of the matrix; `defaulted` where nobody was named and the default owner stands in."""

    part: Element
    slo: str
    trigger: str
    defaulted: bool


class Scorecard(Assessment):
    """Every service's level, the median and the least of them, and what the next level of the whole still needs."""

    template: Literal["service-scorecard"] = "service-scorecard"
    day: int | None
    median: str
    least: str
    services: tuple[ServiceRow, ...]
    matrix: tuple[OwnedLevel, ...]
    conditions: tuple[Element, ...]

    @property
    def counted(self) -> Mapping[str, Element]:
        return {cell.part.name: cell.part for row in self.services for cell in row.cells}

    @property
    def elements(self) -> Mapping[str, Element]:
        rows = {row.part.name: row.part for row in self.services}
        owned = {one.part.name: one.part for one in self.matrix}
        return {**self.counted, **rows, **owned, **{one.name: one for one in self.conditions}}

    @property
    def part_words(self) -> Mapping[str, str]:
        return {row.part.name: row.level for row in self.services}


def scorecard(model: ServiceScorecard, assessor: Assessor) -> Scorecard:
    """The scorecard at an instant."""
    rows = tuple(_row(name, model, assessor) for name in model.services)
    levels = [level_number(row.level) for row in rows]
    matrix = tuple(_owned(name, model, assessor) for name in model.matrix)
    conditions = [assessor.element(name, one, owner=model.owner) for name, one in model.conditions.items()]
    if matrix:
        conditions.append(_ownership(matrix))
    middle, least = level_word(median(levels)), level_word(min(levels))
    below = [row for row in rows if not row.part.outcome.passes]
    outcome = worst([*(row.part.outcome for row in rows), *(one.outcome for one in conditions)])
    return Scorecard(
        **assessor.heading(model),
        outcome=outcome,
        sentence=f"{middle} overall (median), {least} at least; {len(rows) - len(below)} of {len(rows)} are at target.",
        figure=float(median(levels)),
        figure_words=middle,
        day=(assessor.facts.as_of.date() - model.since).days + 1 if model.since else None,
        median=middle,
        least=least,
        services=rows,
        matrix=matrix,
        conditions=tuple(conditions),
    )


def _row(name: str, model: ServiceScorecard, assessor: Assessor) -> ServiceRow:
    card = model.services[name]
    owner = card.owner or model.default_owner
    cells = tuple(_cells(name, model, assessor, owner=owner))
    by_level: dict[Level, list[Outcome]] = {}
    for cell in cells:
        by_level.setdefault(cell.level, []).append(cell.part.outcome)
    level = reached(by_level, half=Fraction(model.half))
    gaps = tuple(f"{one.part.title or one.part.name}: {one.part.because}" for one in _ranked(cells)[:MOST_GAPS])
    primary = assessor.answer(card.evidence, assessor.demand) if card.evidence is not None else None
    following = next_level(level)
    return ServiceRow(
        part=_part(name, model, cells, (level, primary)),
        level=level_word(level),
        target=card.target,
        claimed=card.claimed,
        gaps=card.gaps or gaps,
        gaps_edited=bool(card.gaps),
        evidence=primary,
        blocking=tuple(one.criterion for one in cells if one.level == following and not one.part.outcome.passes),
        dimensions=tuple(_dimensions(cells)),
        cells=cells,
    )


def _cells(name: str, model: ServiceScorecard, assessor: Assessor, *, owner: str | None) -> list[Cell]:
    common = [
        Cell(
            criterion=key,
            level=one.level,
            dimension=one.dimension,
            part=assessor.element(f"{name}/{key}", model.cell(name, key), owner=owner),
        )
        for key, one in model.criteria.items()
    ]
    own = [
        Cell(criterion=key, level=one.level, dimension=None, part=assessor.element(f"{name}/{key}", one, owner=owner))
        for key, one in model.services[name].extra.items()
    ]
    return common + own


def _ranked(cells: Sequence[Cell]) -> list[Cell]:
    """What does not pass: first what the lowest level asks for, then the worst."""
    failing = [cell for cell in cells if not cell.part.outcome.passes]
    return sorted(failing, key=lambda cell: (cell.level, -cell.part.outcome.badness))


def _part(name: str, model: ServiceScorecard, cells: Sequence[Cell], found: tuple[Fraction, Answer | None]) -> Element:
    """The row as a part: PASS at its target, if the evidence that it is known by is good; else its worst blocker."""
    card, (level, primary) = model.services[name], found
    asked = [cell.part for cell in cells if cell.level <= card.target]
    answers = sorted((answer for part in asked for answer in part.answers), key=lambda one: -one.outcome.badness)
    outcome = worst(part.outcome for part in asked)
    because = f"{level_word(level)} of {card.target}"
    if outcome.passes and primary is not None:
        outcome = worst([outcome, primary.outcome])
        because += "" if primary.outcome.passes else f"; its evidence {primary.reference} is {primary.outcome}"
    return Element(
        name=name,
        title=card.title,
        owner=card.owner or model.default_owner,
        outcome=Outcome.PASS if outcome.passes else outcome,
        because=because,
        claimed=card.claimed,
        answers=tuple(answers),
    )


def _dimensions(cells: Sequence[Cell]) -> list[Dimension]:
    names = dict.fromkeys(cell.dimension for cell in cells if cell.dimension is not None)
    return [
        Dimension(
            name=name,
            passing=sum(cell.part.outcome.passes for cell in cells if cell.dimension == name),
            total=sum(cell.dimension == name for cell in cells),
        )
        for name in names
    ]


def _owned(name: str, model: ServiceScorecard, assessor: Assessor) -> OwnedLevel:
    row = model.matrix[name]
    part = assessor.element(f"matrix/{name}", row, owner=model.default_owner)
    return OwnedLevel(part=part, slo=row.slo, trigger=row.trigger, defaulted=row.owner is None)


def _ownership(matrix: Sequence[OwnedLevel]) -> Element:
    """Whether somebody was named for every service level; a default is nobody's decision."""
    nobody = [one.part.name for one in matrix if one.defaulted or (one.part.owner or "tbd").casefold() in UNASSIGNED]
    return Element(
        name="ownership",
        title="Every service level has an owner who was named",
        outcome=Outcome.FAIL if nobody else Outcome.PASS,
        because=f"nobody was named for {', '.join(nobody)}" if nobody else f"all {len(matrix)} have one",
    )
