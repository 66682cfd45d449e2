"""What a use-case register comes to: each row's status by its evidence, with the cause where it is held back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from checks.outcome import Outcome, worst
from checks.readiness.assessing import Assessor
from checks.readiness.assessment import Assessment
from checks.readiness.requirement import Element
from checks.readiness.scorecard import UNASSIGNED
from checks.readiness.use_case_register import LEGAL, Status, UseCase, UseCaseRegister
from checks.records import Instant, Record

_CONTRADICTED = frozenset({Outcome.FAIL, Outcome.ERROR})
_BEGUN = frozenset(Outcome) - {Outcome.MISSING, Outcome.CLAIMED, Outcome.NOT_APPLICABLE}
"""Outcomes of evidence that somebody at least brought."""


class RegisterCell(Record):
    """One piece of evidence that one use case needs."""

    column: str
    part: Element


class RegisterRow(Record):
    """One use case. `updated` is when its newest evidence was looked at; `cause` says what holds it back."""

    part: Element
    code: str
    architecture: str | None
    status: Status
    claimed: str | None
    cause: str
    updated: Instant | None
    is_old: bool
    notes: str | None
    cells: tuple[RegisterCell, ...]

    @property
    def shown(self) -> int:
        """How many cells pass."""
        return sum(cell.part.outcome.passes for cell in self.cells)


class Register(Assessment):
    """Every use case's status, and how much of the matrix is shown."""

    template: Literal["use-case-register"] = "use-case-register"
    columns: tuple[tuple[str, str], ...]
    rows: tuple[RegisterRow, ...]
    shown: int
    total: int
    beside: tuple[Element, ...]

    @property
    def counted(self) -> Mapping[str, Element]:
        return {cell.part.name: cell.part for row in self.rows for cell in row.cells}

    @property
    def elements(self) -> Mapping[str, Element]:
        return {
            **self.counted,
            **{row.part.name: row.part for row in self.rows},
            **{one.name: one for one in self.beside},
        }

    @property
    def part_words(self) -> Mapping[str, str]:
        return {row.part.name: row.status for row in self.rows}

    def remark(self, before: str, now: str) -> str | None:
        if now in LEGAL.get(before, ()):
            return None
        return f"no status goes from {before} to {now}: ask what happened in between"


def register(model: UseCaseRegister, assessor: Assessor) -> Register:
    """The register at an instant. What an architecture document says is shown, and gives nothing."""
    rows = tuple(_row(name, model, assessor) for name in model.use_cases)
    shown, total = sum(row.shown for row in rows), sum(len(row.cells) for row in rows)
    ready = sum(row.status == "READY_FOR_GO_LIVE" for row in rows)
    return Register(
        **assessor.heading(model),
        outcome=worst(row.part.outcome for row in rows),
        sentence=f"{ready} of {len(rows)} use cases are ready; {shown} of {total} pieces of evidence are there.",
        figure=100 * shown / total,
        figure_words=f"{shown} of {total}",
        columns=tuple((key, one.title) for key, one in model.evidence.items()),
        rows=rows,
        shown=shown,
        total=total,
        beside=tuple(assessor.element(name, one, owner=model.owner) for name, one in model.beside.items()),
    )


def _row(name: str, model: UseCaseRegister, assessor: Assessor) -> RegisterRow:
    use_case = model.use_cases[name]
    cells = tuple(_cells(name, model, assessor))
    status, cause = _status(use_case, [cell.part for cell in cells])
    answers = [answer for cell in cells for answer in cell.part.answers]
    updated = max((answer.judged_at for answer in answers if answer.judged_at is not None), default=None)
    outcome = worst(cell.part.outcome for cell in cells)
    if status == "BLOCKED":
        outcome = worst([outcome, Outcome.FAIL])
    elif status != "READY_FOR_GO_LIVE" and outcome.passes:
        outcome = Outcome.MISSING
    part = Element(
        name=name,
        title=use_case.notes,
        owner=use_case.owner,
        outcome=Outcome.PASS if outcome.passes else outcome,
        because=cause,
        claimed=use_case.claimed,
        answers=tuple(sorted(answers, key=lambda one: -one.outcome.badness)),
    )
    return RegisterRow(
        part=part,
        code=model.code(name),
        architecture=use_case.architecture,
        status=status,
        claimed=use_case.claimed,
        cause=cause,
        updated=updated,
        is_old=_is_old(use_case, updated, model, assessor.facts.as_of),
        notes=use_case.notes,
        cells=cells,
    )


def _cells(name: str, model: UseCaseRegister, assessor: Assessor) -> list[RegisterCell]:
    use_case = model.use_cases[name]
    asked = {key: model.cell(name, key) for key in model.evidence}
    if use_case.validation is not None:
        asked["validation"] = use_case.validation
    if (reviewed := model.reviewed(name)) is not None:
        asked["review"] = reviewed
    return [
        RegisterCell(column=key, part=assessor.element(f"{name}/{key}", one, owner=use_case.owner))
        for key, one in asked.items()
    ]


def _status(use_case: UseCase, parts: Sequence[Element]) -> tuple[Status, str]:
    """The status that evidence gives, and why it is no better."""
    if use_case.blocked is not None:
        return "BLOCKED", use_case.blocked
    contradicted = [part for part in parts if part.outcome in _CONTRADICTED]
    if contradicted:
        return "BLOCKED", _said(contradicted)
    open_ones = [part for part in parts if not part.outcome.passes]
    if not open_ones:
        if (use_case.owner or "tbd").casefold() in UNASSIGNED:
            return "IN_PROGRESS", "everything is shown, and nobody owns it"
        return "READY_FOR_GO_LIVE", f"all {len(parts)} pieces of evidence are there"
    if any(part.outcome in _BEGUN for part in parts):
        decayed = [part for part in open_ones if part.outcome is Outcome.STALE]
        return "IN_PROGRESS", _said(decayed or open_ones)
    return "NOT_STARTED", _said(open_ones)


def _said(parts: Sequence[Element]) -> str:
    """The first part that holds it back, and how many more do."""
    first, more = parts[0], len(parts) - 1
    column = first.name.rpartition("/")[2]
    return f"{column} is {first.outcome}: {first.because}" + (f" (and {more} more)" if more else "")


def _is_old(use_case: UseCase, updated: datetime | None, model: UseCaseRegister, as_of: datetime) -> bool:
    """Whether nobody touched the row for too long: no evidence, and no date in the document, is younger."""
    if updated is not None:
        return as_of - updated > model.stale_after
    return use_case.updated is None or (as_of.date() - use_case.updated) > model.stale_after
