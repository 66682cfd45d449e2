"""One Prefect session for several cadences, with its progress in the terminal and a table at the end."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from checks.findings import Judgement
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from flows.cadence import RunSummary
from flows.cli.terminal import Format, err, out, print_json, shown
from flows.daily import daily
from flows.hourly import hourly
from flows.progress import STAGES, listening
from flows.pulse import pulse
from flows.settings import Settings
from flows.weekly import weekly
from tasks.showing import prefect_asked

FLOWS = {Cadence.HOURLY: hourly, Cadence.DAILY: daily, Cadence.WEEKLY: weekly}
MOST_ROWS = 60
"""Rows a table in a terminal has at most, the worst first; the report has them all."""


@dataclass(frozen=True, slots=True)
class Times:
    """Which slot to fill, if not the one that is due, and how long a pulse lasts, if not as long as its slot."""

    slot: datetime | None = None
    lasting: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """The checks of a run that a table shows, the worst first, each with its outcome and why; and how many more."""

    rows: Sequence[tuple[str, Outcome, str]] = ()
    more: int = 0

    @classmethod
    def of(cls, judgements: Sequence[Judgement]) -> "Ranked":
        ranked = sorted(judgements, key=lambda judgement: -judgement.outcome.badness)
        rows = [(judgement.check, judgement.outcome, judgement.because) for judgement in ranked[:MOST_ROWS]]
        return cls(rows, len(ranked) - len(rows))


class TerminalProgress:
    """Draws a bar for each run on standard error, so that standard output stays for results.

    Of what was judged it keeps what a table shows: a big run's findings must not outlive it.
    """

    def __init__(self, progress: Progress) -> None:
        self.ranked: dict[Slot, Ranked] = {}
        self._progress = progress
        self._bars: dict[Slot, TaskID] = {}

    def began(self, slot: Slot, checks: int) -> None:
        self._bars[slot] = self._progress.add_task(slot.label, total=len(STAGES), stage=f"{checks} checks")

    def reached(self, slot: Slot, stage: str, detail: str) -> None:
        text = f"{stage}: {detail}" if detail else stage
        self._progress.update(self._bars[slot], completed=STAGES.index(stage) + 1, stage=text)

    def judged(self, slot: Slot, judgements: Sequence[Judgement]) -> None:
        self.ranked[slot] = Ranked.of(judgements)


def run_in_one_session(cadences: Sequence[Cadence], settings: Settings, *, times: Times, output: Format) -> None:
    """Runs each cadence's flow; the temporary Prefect server, if one is needed, starts once."""
    logging.captureWarnings(False)  # noqa: FBT003 (Great Expectations turns it on; people read warnings as lines)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[stage]}", markup=False), console=err) as progress:
        session = progress.add_task("Prefect session", total=None, stage="starting; the first time takes longest")
        listener = TerminalProgress(progress)
        with listening(listener), prefect_asked():
            summaries = [_run(cadence, settings, times) for cadence in cadences]
        progress.update(session, total=1, completed=1, stage="done")
    if output is Format.JSON:
        print_json([_as_json(summary) for summary in summaries])
        return
    for summary in summaries:
        _print_summary(summary, listener.ranked.get(summary.slot, Ranked()))
    _print_whereabouts(summaries, settings)


def _run(cadence: Cadence, settings: Settings, times: Times) -> RunSummary:
    if cadence is Cadence.PULSE:
        lasting = times.lasting.total_seconds() if times.lasting else None
        return pulse(slot=times.slot, catalog=settings.catalog, lasting=lasting)
    return FLOWS[cadence](slot=times.slot, catalog=settings.catalog)


def _print_summary(summary: RunSummary, ranked: Ranked) -> None:
    if summary.missed:
        out.print(f"{len(summary.missed)} older slots were never filled; they are on record as missed")
    if summary.bundle is None:
        out.print(f"{summary.slot.label} was filled before; nothing was collected")
        return
    table = Table(title=summary.slot.label, title_justify="left", header_style="bold")
    for heading in ("check", "outcome", "because"):
        table.add_column(heading, overflow="fold")
    for check, outcome, because in ranked.rows:
        table.add_row(check, shown(outcome), because)
    out.print(table)
    if ranked.more:
        out.print(f"and {ranked.more} more, none of them worse; the report in the bundle has them all")


def _print_whereabouts(summaries: Sequence[RunSummary], settings: Settings) -> None:
    """What it all came to, and where everything lies that was written."""
    counted = Counter(outcome for summary in summaries for outcome in summary.outcomes.values())
    words = ", ".join(f"{counted[outcome]} {outcome}" for outcome in Outcome if counted[outcome])
    out.print(f"{counted.total()} checks: {words or 'none'}")
    bundles = [("bundle", summary.bundle) for summary in summaries if summary.bundle]
    for name, path in [*bundles, ("tracker", settings.reports / "tracker.html"), ("store", settings.store_shown)]:
        out.print(f"{name:<8} {path}", soft_wrap=True, highlight=False)
    out.print(f"verify   readiness verify {settings.evidence}", soft_wrap=True, highlight=False)


def _as_json(summary: RunSummary) -> dict[str, object]:
    return {
        "slot": summary.slot.label,
        "bundle": str(summary.bundle) if summary.bundle else None,
        "missed": [slot.label for slot in summary.missed],
        "checks": {check: str(outcome) for check, outcome in summary.outcomes.items()},
    }
