"""The drill page: every drill with its last runs, how long each part took, and what is overdue, first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checks.catalog import Catalog, Check
from checks.findings import Verdict
from checks.outcome import Outcome
from checks.readiness.measures import Measure, measures_of, seconds_words
from checks.readiness.standing import good_for, newest_verdicts, standings
from checks.slots import Cadence, Slot
from reports.drill_charts import SpanChart, TrendChart, span_chart, trend_chart
from reports.outcomes import Tally
from reports.rendering import render
from reports.tracker import Bundles

MOST_RUNS = 8
"""Runs of one drill that the page shows."""
OVERDUE = frozenset({Outcome.STALE, Outcome.MISSING})


@dataclass(frozen=True, slots=True)
class DrillSpan:
    """One part of a drill; seconds, the beginning counted from the declared instant."""

    name: str
    began: float
    seconds: float

    @property
    def words(self) -> str:
        return seconds_words(self.seconds)

    @property
    def began_words(self) -> str:
        return seconds_words(self.began)


@dataclass(frozen=True, slots=True)
class DrillRun:
    """One run of one drill as the evidence has it; without spans where its rows are gone or it never began."""

    verdict: Verdict
    spans: tuple[DrillSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run as the page lists it; `bundle` is the path to the folder its report lies in."""

    slot: Slot
    outcome: Outcome
    because: str
    measures: tuple[Measure, ...]
    bundle: str | None


@dataclass(frozen=True, slots=True)
class DrillRow:
    """One drill: where it stands now, its newest run's spans as a chart, and its runs, newest first."""

    name: str
    title: str | None
    owner: str | None
    kind: str
    cadence: Cadence
    outcome: Outcome
    because: str
    due: datetime | None
    is_overdue: bool
    measures: tuple[Measure, ...]
    spans: tuple[DrillSpan, ...]
    runs: tuple[RunRow, ...]
    chart: SpanChart | None
    trends: tuple[TrendChart, ...]


@dataclass(frozen=True, slots=True)
class DrillPage:
    """Every drill of the catalogue, what is overdue first, then the worst."""

    system: str
    environment: str
    as_of: datetime
    rows: tuple[DrillRow, ...]

    @property
    def tally(self) -> Tally:
        return Tally.of(row.outcome for row in self.rows)

    @property
    def overdue(self) -> int:
        return sum(row.is_overdue for row in self.rows)


def drill_page(
    catalog: Catalog, drills: Iterable[Check], runs: Iterable[DrillRun], *, as_of: datetime, bundles: Bundles
) -> DrillPage:
    """The page as of an instant; runs may be of any drills and slots."""
    known = tuple(runs)
    rows = [_row(catalog, check, known, as_of=as_of, bundles=bundles) for check in drills]
    ranked = sorted(rows, key=lambda row: (not row.is_overdue, -row.outcome.badness))
    return DrillPage(catalog.system, catalog.environment, as_of, tuple(ranked))


def drills_markdown(page: DrillPage) -> str:
    """`drills.md`; its links lead to each bundle's `report.md`."""
    return render("drills.md.j2", page=page)


def drills_html(page: DrillPage) -> str:
    """`drills.html`, self-contained; its links lead to each bundle's `report.html`."""
    return render("drills.html.j2", page=page)


def _row(catalog: Catalog, check: Check, known: tuple[DrillRun, ...], *, as_of: datetime, bundles: Bundles) -> DrillRow:
    own = sorted(
        (run for run in known if run.verdict.check == check.id), key=lambda run: run.verdict.slot, reverse=True
    )
    newest = newest_verdicts(run.verdict for run in own).get(check.id, {})
    standing = standings(check, newest, as_of=as_of)[0]
    shown = tuple(_run_row(run.verdict, bundles) for run in own[:MOST_RUNS])
    latest = own[0] if own else None
    return DrillRow(
        name=check.id,
        title=check.title,
        owner=catalog.owner_of(check),
        kind="restore" if check.kind == "backup" else check.kind,
        cadence=check.every,
        outcome=standing.outcome,
        because=standing.because,
        due=latest.verdict.slot.at + good_for(check.every) if latest else None,
        is_overdue=standing.outcome in OVERDUE,
        measures=shown[0].measures if shown else (),
        spans=latest.spans if latest else (),
        runs=shown,
        chart=span_chart(latest.spans, shown[0].measures) if latest and latest.spans else None,
        trends=_trends(shown),
    )


def _run_row(verdict: Verdict, bundles: Bundles) -> RunRow:
    met = f"all {len(verdict.findings)} expectations are met"
    because = met if verdict.outcome is Outcome.PASS else verdict.because
    return RunRow(verdict.slot, verdict.outcome, because, measures_of(verdict), bundles(verdict.slot))


def _trends(runs: tuple[RunRow, ...]) -> tuple[TrendChart, ...]:
    """For each measured duration its course over the runs, oldest first, where there are two to compare."""
    names = dict.fromkeys(measure.name for run in runs for measure in run.measures)
    found = []
    for name in names:
        course = [measure for run in reversed(runs) for measure in run.measures if measure.name == name]
        if len(course) > 1:
            found.append(trend_chart(name, course))
    return tuple(found)
