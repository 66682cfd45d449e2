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

FLOWS = {Cadence.HOURLY: hourly, Cadence.DAILY: daily, Cadence.WEEKLY: weekly}
MOST_ROWS = 60
"""Rows a table in a terminal has at most, the worst first; the report has them all."""


@dataclass(frozen=True, slots=True)
class Times:
    """Which slot to fill, if not the one that is due, and how long a pulse lasts, if not as long as its slot."""

    slot: datetime | None = None
    lasting: timedelta | None = None


class TerminalProgress:
    """Draws a bar for each run on standard error, so that standard output stays for results; keeps what was judged."""

    def __init__(self, progress: Progress) -> None:
        self.judgements: dict[Slot, Sequence[Judgement]] = {}
        self._progress = progress
        self._bars: dict[Slot, TaskID] = {}

    def began(self, slot: Slot, checks: int) -> None:
        self._bars[slot] = self._progress.add_task(slot.label, total=len(STAGES), stage=f"{checks} checks")

    def reached(self, slot: Slot, stage: str, detail: str) -> None:
        text = f"{stage}: {detail}" if detail else stage
        self._progress.update(self._bars[slot], completed=STAGES.index(stage) + 1, stage=text)

    def judged(self, slot: Slot, judgements: Sequence[Judgement]) -> None:
        self.judgements[slot] = judgements


def run_in_one_session(cadences: Sequence[Cadence], settings: Settings, *, times: Times, output: Format) -> None:
    """Runs each cadence's flow; the temporary Prefect server, if one is needed, starts once."""
    logging.captureWarnings(False)  # noqa: FBT003 (Great Expectations turns it on; people read warnings as lines)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[stage]}", markup=False), console=err) as progress:
        session = progress.add_task("Prefect session", total=None, stage="starting; the first time takes longest")
        listener = TerminalProgress(progress)
        with listening(listener):
            summaries = [_run(cadence, settings, times) for cadence in cadences]
        progress.update(session, total=1, completed=1, stage="done")
    if output is Format.JSON:
        print_json([_as_json(summary) for summary in summaries])
        return
    for summary in summaries:
        _print_summary(summary, listener.judgements.get(summary.slot, ()))
    _print_whereabouts(summaries, settings)


def _run(cadence: Cadence, settings: Settings, times: Times) -> RunSummary:
    if cadence is Cadence.PULSE:
        lasting = times.lasting.total_seconds() if times.lasting else None
        return pulse(slot=times.slot, catalog=settings.catalog, lasting=lasting)
    return FLOWS[cadence](slot=times.slot, catalog=settings.catalog)


def _print_summary(summary: RunSummary, judgements: Sequence[Judgement]) -> None:
    if summary.missed:
        out.print(f"{len(summary.missed)} older slots were never filled; they are on record as missed")
    if summary.bundle is None:
        out.print(f"{summary.slot.label} was filled before; nothing was collected")
        return
    ranked = sorted(judgements, key=lambda judgement: -judgement.outcome.badness)
    table = Table(title=summary.slot.label, title_justify="left", header_style="bold")
    for heading in ("check", "outcome", "because"):
        table.add_column(heading, overflow="fold")
    for judgement in ranked[:MOST_ROWS]:
        table.add_row(judgement.check, shown(judgement.outcome), judgement.because)
    out.print(table)
    if len(ranked) > MOST_ROWS:
        out.print(f"and {len(ranked) - MOST_ROWS} more, none of them worse; the report in the bundle has them all")


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
