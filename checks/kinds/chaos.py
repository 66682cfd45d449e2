"""Chaos Toolkit experiments as drills: run here, and judged by our own predicate instead of their own status."""

from typing import Literal

from checks.catalog import Name
from checks.durations import Duration
from checks.evidence.records import Record
from checks.kinds.drill import Drill, DrillRow
from checks.places import Place


class ChaosExpectation(Record):
    """The experiment, its rollbacks included, takes at most `within`."""

    within: Duration | None = None


class ChaosCheck(Drill):
    """Runs an experiment of a folder source with Chaos Toolkit, whose program source `chaos` names."""

    kind: Literal["chaos"] = "chaos"
    experiment: Place
    chaos: Name
    expect: ChaosExpectation = ChaosExpectation()

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*super().sources, self.experiment.source, self.chaos)))


class ChaosRow(DrillRow):
    """An experiment as its journal tells it, beside what we saw ourselves.

    `status` and `deviated` are the journal's own summary. `hypothesis` columns are `None` where the journal holds no
    measurement. An activity is done where it was run and said itself that it succeeded: a process by exit code 0, an
    HTTP call by a status under 400.
    """

    exit_code: int | None = None
    journal_cause: str | None = None
    status: str | None = None
    deviated: bool | None = None
    hypothesis_before: bool | None = None
    hypothesis_before_cause: str | None = None
    hypothesis_after: bool | None = None
    hypothesis_after_cause: str | None = None
    activities_declared: int | None = None
    activities_done: int | None = None
    activities_cause: str | None = None
    rollbacks_declared: int | None = None
    rollbacks_done: int | None = None
    rollbacks_cause: str | None = None
    experiment_seconds: float | None = None
