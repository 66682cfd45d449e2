"""Collects the evidence of rollback drills by carrying them out."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.rollback import RollbackCheck, RollbackRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.drill_rows import drill_captures, drill_columns, read_facts, read_samples, span_columns
from tasks.collectors.drilling import DrillRoom
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import Sources
from tasks.drills.answers import Reading, Sample, first_of_row, read_sample
from tasks.drills.course import DrillFacts, StepFacts
from tasks.drills.rollback import AFTER, BACK, FORWARD, Rollback


class RollbackCollector:
    """Rolls back and forward, one drill at a time; every answer of the system on the way is evidence."""

    kind: ClassVar[str] = "rollback"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._room = DrillRoom(sources, now, http)

    async def collect(self, check: RollbackCheck) -> Evidence:
        back, forward = self._room.triggers.open(check.back), self._room.triggers.open(check.forward)
        watch = Stopwatch(check, self._room.now)
        stage = await self._room.carry_out(check, (BACK, FORWARD), lambda stage: Rollback(check, stage, back, forward))
        captures = drill_captures(stage)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=f"{back.shown}\n{forward.shown}",
            parameters={"to": check.to},
        )

    @staticmethod
    def rows_from(check: RollbackCheck, captures: Sequence[RawCapture]) -> tuple[RollbackRow, ...]:
        """The drill's row, then one for each of its spans."""
        facts, samples = read_facts(captures), read_samples(captures)
        columns = drill_columns(check, facts, samples, after=AFTER)
        columns |= {**_step("back", facts.step(BACK)), **_step("forward", facts.step(FORWARD))}
        columns |= {**_back(check, facts, samples, columns["version_before"])}
        columns |= {**_forward(check, facts, samples, columns["version_before"])}
        spans = (RollbackRow(subject=check.id, **span) for span in span_columns(facts))
        return (RollbackRow(subject=check.id, **columns), *spans)

    async def aclose(self) -> None:
        await self._room.aclose()


def _step(name: str, step: StepFacts | None) -> dict[str, Any]:
    if step is None:
        return {}
    return {f"{name}_ended": step.ended, f"{name}_succeeded": step.succeeded, f"{name}_cause": step.cause}


def _back(check: RollbackCheck, facts: DrillFacts, samples: Sequence[Sample], before: str | None) -> dict[str, Any]:
    """What the system answered from the trigger on, until the drill had seen enough."""
    step = facts.step(BACK)
    readings = _readings(check, samples, BACK)
    if step is None or not readings:
        return {}
    first = first_of_row(check, readings, lambda said: said == check.to if check.to else said != before)
    said = dict.fromkeys(reading.version or "no version" for reading in readings)
    return {
        "disturbed": any(not reading.healthy or reading.version != before for reading in readings),
        "answers": len(readings),
        "version_during": first.version if first else None,
        "rollback_seconds": first.ended - step.began if first else None,
        "rolled_back_cause": None
        if first
        else f"{len(readings)} answers came from {', '.join(said)}, {_last(readings)}",
    }


def _forward(check: RollbackCheck, facts: DrillFacts, samples: Sequence[Sample], before: str | None) -> dict[str, Any]:
    step = facts.step(FORWARD)
    first = first_of_row(check, _readings(check, samples, FORWARD), lambda said: said == before)
    return {"forward_seconds": first.ended - step.began} if step and first else {}


def _readings(check: RollbackCheck, samples: Sequence[Sample], phase: str) -> list[Reading]:
    return [read_sample(check, sample) for sample in samples if sample.phase == phase]


def _last(readings: Sequence[Reading]) -> str:
    return f"the last one: {readings[-1].cause or f'healthy, from {readings[-1].version}'}"
