"""Collects the evidence of chaos experiments by running them."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.chaos import ChaosCheck, ChaosRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.drill_rows import (
    drill_captures,
    drill_columns,
    read_facts,
    read_samples,
    span_columns,
    version_in,
)
from tasks.collectors.drilling import DrillRoom
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import Sources
from tasks.drills.chaos import AFTER, EXPERIMENT, Chaos, Experiment
from tasks.drills.chaos_journal import NoJournalError, journal_columns, read_journal

JOURNAL = "journal.json"


class ChaosCollector:
    """Runs experiments, one at a time; the journal is evidence beside every answer of the system meanwhile."""

    kind: ClassVar[str] = "chaos"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._room = DrillRoom(sources, now, http)

    async def collect(self, check: ChaosCheck) -> Evidence:
        sources = self._room.sources
        path = sources.folder(check.experiment.source).path(check.experiment.path)
        experiment = Experiment(sources.program(check.chaos), path.resolve())
        watch = Stopwatch(check, self._room.now)
        stage = await self._room.carry_out(check, (EXPERIMENT,), lambda stage: Chaos(check, stage, experiment))
        captures = drill_captures(stage)
        if experiment.journal is not None:
            captures.append(RawCapture(JOURNAL, experiment.journal))
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=experiment.shown,
        )

    @staticmethod
    def rows_from(check: ChaosCheck, captures: Sequence[RawCapture]) -> tuple[ChaosRow, ...]:
        """The drill's row, then one for each of its spans."""
        facts, samples = read_facts(captures), read_samples(captures)
        columns = drill_columns(check, facts, samples, after=AFTER)
        columns["version_during"] = version_in(check, samples, EXPERIMENT)
        if facts.step(EXPERIMENT):
            columns |= _journal(captures)
        spans = (ChaosRow(subject=check.id, **span) for span in span_columns(facts))
        return (ChaosRow(subject=check.id, **columns), *spans)

    async def aclose(self) -> None:
        await self._room.aclose()


def _journal(captures: Sequence[RawCapture]) -> dict[str, Any]:
    body = next((capture.body for capture in captures if capture.item == JOURNAL), None)
    try:
        return journal_columns(read_journal(body))
    except NoJournalError as error:
        return {"journal_cause": str(error)}
