"""The drill page of a run: every drill of the catalogue, with its newest runs."""

import json
from collections.abc import Iterator

from checks.catalog import Catalog
from checks.evidence.inputs import EarlierRun, Quoted, Span
from checks.evidence.records import Evidence
from flows.belonging import own_store
from flows.drill_planning import drills_of
from flows.observed import Observed
from flows.quoting import SPANS, earlier_runs, span_rows, spans
from flows.settings import Settings
from flows.wiring import load_catalog, now
from reports.drills import DrillPage, DrillRun, DrillSpan, drill_page, drills_html, drills_markdown
from reports.tracker import Bundles


def drill_pages(catalog: Catalog, observed: Observed, quoted: Quoted, bundles: Bundles) -> dict[str, bytes]:
    """The page in both forms; nothing where the catalogue has no drill."""
    drills = drills_of(catalog)
    if not drills:
        return {}
    names = {check.id for check in drills}
    just_now = [run for run in _runs_now(observed) if run.verdict.check in names]
    runs = [*just_now, *map(_run, quoted.runs)]
    page = drill_page(catalog, drills, runs, as_of=quoted.as_of, bundles=bundles)
    return {"drills.md": drills_markdown(page).encode(), "drills.html": drills_html(page).encode()}


def drills_now(settings: Settings) -> DrillPage:
    """Where every drill stands at this moment, read from the store; nothing is carried out."""
    catalog, _ = load_catalog(settings.catalog)
    drills = drills_of(catalog)
    with own_store(settings, catalog) as store:
        runs = [_run(run) for run in earlier_runs(settings, store, drills)]
    return drill_page(catalog, drills, runs, as_of=now(), bundles=lambda _: None)


def _runs_now(observed: Observed) -> Iterator[DrillRun]:
    evidence = {one.check: one for one in observed.evidence}
    for judgement in observed.judgements:
        for verdict in judgement.verdicts:
            if verdict.subject == verdict.check:
                found = evidence.get(verdict.check)
                yield DrillRun(verdict, _shown(_spans_of(found)) if found else ())


def _spans_of(evidence: Evidence) -> tuple[Span, ...]:
    """The spans of a drill that was just carried out."""
    told = next((capture.body for capture in evidence.captures if capture.item == SPANS), None)
    if told is not None:
        return spans(json.loads(told)["spans"])
    return spans(span_rows(row.model_dump() for row in evidence.rows))


def _run(earlier: EarlierRun) -> DrillRun:
    return DrillRun(earlier.verdict.verdict, _shown(earlier.spans))


def _shown(found: tuple[Span, ...]) -> tuple[DrillSpan, ...]:
    return tuple(DrillSpan(one.name, one.began, one.seconds) for one in found)
