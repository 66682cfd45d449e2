"""Answers of a running system while a drill goes on, and what they show: is it well, and which version is it?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checks.evidence.records import Record
from checks.kinds.drill import Drill
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, at, parse

LONGEST_BODY = 20_000
_LONGEST_WORD = 200


class Answer(Record):
    """One endpoint's answer; `began` counts from the declared instant. `body` is text, cut where it is very long."""

    place: str
    began: float
    seconds: float
    http: int | None = None
    no_answer: str | None = None
    body: str = ""

    @property
    def document(self) -> Json:
        try:
            return parse(self.body.encode())
        except Unreadable:
            return None


class Sample(Record):
    """Every endpoint's answer at one time; `phase` is the part of the drill it belongs to."""

    phase: str
    answers: tuple[Answer, ...]

    @property
    def began(self) -> float:
        return min(answer.began for answer in self.answers)

    @property
    def ended(self) -> float:
        return max(answer.began + answer.seconds for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sample shows; `cause` says why the system is not well, `None` where it is."""

    ended: float
    version: str | None
    cause: str | None

    @property
    def healthy(self) -> bool:
        return self.cause is None


@dataclass(frozen=True, slots=True)
class Steadiness:
    """Whether the steady state was met; `None` where it was not measured."""

    met: bool | None
    version: str | None = None
    cause: str | None = None


def read_sample(check: Drill, sample: Sample) -> Reading:
    """Well means: every endpoint says so, and all that say a version say the same one."""
    versions = {said for answer in sample.answers if (said := _word(answer, check.version.field))}
    by_place = {answer.place: answer for answer in sample.answers}
    causes = [cause for place in check.steady.endpoints if (cause := _unwell(check, by_place[str(place)]))]
    version = _word(by_place[str(check.version.at)], check.version.field)
    if version is None:
        causes.append(f"{check.version.at} does not say the version: {_said(by_place[str(check.version.at)])}")
    elif len(versions) > 1:
        causes.append(f"versions answer side by side: {', '.join(sorted(versions))}")
    return Reading(sample.ended, version, causes[0] if causes else None)


def steadiness(check: Drill, samples: Sequence[Sample], phase: str) -> Steadiness:
    """The steady state is met where enough samples in a row are well, all of one version."""
    readings = [read_sample(check, sample) for sample in samples if sample.phase == phase]
    if not readings:
        return Steadiness(met=None)
    unwell = next((reading.cause for reading in readings if reading.cause), None)
    versions = sorted({reading.version for reading in readings if reading.version})
    if unwell:
        return Steadiness(met=False, version=readings[-1].version, cause=unwell)
    if len(versions) > 1:
        changed = f"the version changed meanwhile: {', '.join(versions)}"
        return Steadiness(met=False, version=readings[-1].version, cause=changed)
    if len(readings) < check.consecutive:
        few = f"only {len(readings)} of {check.consecutive} samples were taken"
        return Steadiness(met=False, version=versions[0], cause=few)
    return Steadiness(met=True, version=versions[0])


def first_of_row(check: Drill, readings: Sequence[Reading], meant: Callable[[str], bool]) -> Reading | None:
    """The first of enough consecutive healthy readings from a version that is meant."""
    row: list[Reading] = []
    for reading in readings:
        fits = reading.healthy and reading.version is not None and meant(reading.version)
        row = [*row, reading] if fits and (not row or row[-1].version == reading.version) else [reading] * fits
        if len(row) == check.consecutive:
            return row[0]
    return None


def _unwell(check: Drill, answer: Answer) -> str | None:
    if answer.no_answer or answer.http not in check.steady.http:
        return f"{answer.place}: {_said(answer)}"
    word = _word(answer, "status")
    return f"{answer.place} says {word!r}" if word and word not in check.steady.status else None


def _said(answer: Answer) -> str:
    return answer.no_answer or f"HTTP {answer.http}"


def _word(answer: Answer, field: str) -> str | None:
    value = at(answer.document, field)
    return printable(value, _LONGEST_WORD) if isinstance(value, str) and value else None
