"""Reads the rows of a drill from its captures: what holds for every kind of drill."""

from collections.abc import Mapping, Sequence
from typing import Any

from checks.evidence.records import RawCapture
from checks.kinds.drill import Drill
from tasks.collectors.http_failures import NO_PORT
from tasks.drills.answers import Sample, steadiness
from tasks.drills.course import DrillFacts
from tasks.drills.rehearsal import BEFORE, RESTORED, Stage

FACTS, SAMPLES = "drill.json", "answers.jsonl"


def drill_captures(stage: Stage) -> list[RawCapture]:
    """What a drill leaves: its course, every answer, and every output."""
    facts = stage.course.facts().model_dump_json(indent=2).encode() + b"\n"
    samples = "".join(sample.model_dump_json() + "\n" for sample in stage.watcher.samples).encode()
    return [RawCapture(FACTS, facts), RawCapture(SAMPLES, samples), *stage.outputs]


def read_facts(captures: Sequence[RawCapture]) -> DrillFacts:
    """The course that a drill took."""
    return DrillFacts.model_validate_json(body_of(captures, FACTS))


def read_samples(captures: Sequence[RawCapture]) -> list[Sample]:
    """Every sample that a drill took, in order."""
    return [Sample.model_validate_json(line) for line in body_of(captures, SAMPLES).splitlines()]


def drill_columns(check: Drill, facts: DrillFacts, samples: Sequence[Sample], *, after: str) -> dict[str, Any]:
    """The columns of `DrillRow`; `after` is the phase in which the steady state was measured a second time."""
    columns: dict[str, Any] = facts.model_dump(
        include={"environment", "executor", "declared_at", "abort_condition", "dry_run", "aborted", "interrupted"}
    )
    columns |= {"leftovers": facts.leftovers, "leftovers_cause": facts.leftovers_cause}
    columns["observer_cause"] = NO_PORT if any(map(_without_port, samples)) else None
    columns["steps_declared"] = len(facts.declared)
    columns["steps_run"] = len({step.name for step in facts.steps} & set(facts.declared))
    for name, phase in (("before", BEFORE), ("after", after), ("restored", RESTORED)):
        state = steadiness(check, samples, phase)
        columns |= {f"steady_{name}": state.met, f"steady_{name}_cause": state.cause}
    columns["version_before"] = version_in(check, samples, BEFORE)
    columns["version_after"] = version_in(check, samples, RESTORED)
    return columns


def _without_port(sample: Sample) -> bool:
    return any(answer.no_answer == NO_PORT for answer in sample.answers)


def span_columns(facts: DrillFacts) -> list[Mapping[str, Any]]:
    """The columns of each span's row."""
    return [{"part": "span", "span": part.name, "began": part.began, "seconds": part.seconds} for part in facts.parts]


def version_in(check: Drill, samples: Sequence[Sample], phase: str) -> str | None:
    """The version that answered in a phase."""
    return steadiness(check, samples, phase).version


def body_of(captures: Sequence[RawCapture], item: str) -> bytes:
    """The bytes of one capture."""
    return next(capture.body for capture in captures if capture.item == item)
